from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Firstpass"

    def ready(self) -> None:
        from config import actors  # noqa: F401 - declares them
