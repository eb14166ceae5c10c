from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # First of our apps: the broker must stand before the others declare their actors.
        from accounts.broker import configure

        configure()
        from accounts import actors  # noqa: F401  (declares them to the broker)
