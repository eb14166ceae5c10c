from django.apps import AppConfig


class MarketplacesConfig(AppConfig):
    name = "marketplaces"

    def ready(self) -> None:
        from marketplaces import actors, checks  # noqa: F401 - declares and registers them
