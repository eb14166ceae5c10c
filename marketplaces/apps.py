from django.apps import AppConfig


class MarketplacesConfig(AppConfig):
    name = "marketplaces"

    def ready(self) -> None:
        from marketplaces import actors  # noqa: F401 - declares them
