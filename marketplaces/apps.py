from django.apps import AppConfig


class MarketplacesConfig(AppConfig):
    name = "marketplaces"

    def ready(self) -> None:
        from marketplaces import actors, checks  # noqa: F401 - declares and registers them
        from marketplaces.deliveries import actors as delivery_actors  # noqa: F401 - declares them
