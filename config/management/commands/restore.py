from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from catalog.files import StorageUnavailable
from config import backups
from config.running import site_is_up
from config.terminal import counter


class Command(BaseCommand):
    help = "Bring database, files and key to the state of a backup. Stop the site and its workers first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--dump", default="", help="one of the folder's dumps; the newest by default")
        parser.add_argument("--replace", action="store_true", help="what the database holds now may be lost")

    def handle(self, *args: Any, **options: Any) -> None:
        if _is_running():
            raise CommandError("The site is running. Stop manage.py up and all workers, then try again.")
        try:
            brought = backups.restore(
                options["folder"],
                dump=options["dump"],
                replace=options["replace"],
                progress=counter("files brought back"),
            )
        except (backups.BackupError, StorageUnavailable, OSError) as error:
            raise CommandError(str(error)) from None
        # The backup may be of an older version.
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(f"Restored: the database, and {brought} files that were missing. Start with manage.py up.")


def _is_running() -> bool:
    try:
        return site_is_up()
    except Error:  # no tables yet
        return False
