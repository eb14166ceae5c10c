from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Firstpass"

    def ready(self) -> None:
        from config import actors, checks  # noqa: F401 - declares and registers them
