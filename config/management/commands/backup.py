import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.files import StorageUnavailable
from config import backups
from config.terminal import counter


class Command(BaseCommand):
    help = (
        "Back up database, files and key into a folder, while the site works. Again into the same folder copies only "
        "what is new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--keep", type=int, default=backups.KEEP, help="dumps of the database that stay (default: 7)"
        )
        parser.add_argument(
            "--no-files", action="store_true", help="the database alone: the bucket has a backup of its own"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] < 1:
            raise CommandError("--keep is at least 1.")
        try:
            report = backups.back_up(
                options["folder"],
                keep=options["keep"],
                with_files=not options["no_files"],
                progress=counter("files copied"),
            )
        except (backups.BackupError, StorageUnavailable, OSError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict()))
            return
        self.stdout.write(
            f"{options['folder'] / report.dump}: database {report.database_bytes / 1e6:.1f} MB, "
            f"{report.files} files {report.file_bytes / 1e6:.0f} MB, {report.copied} of them new."
        )
