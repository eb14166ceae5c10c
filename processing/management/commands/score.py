import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing.folders import pairs


class Command(BaseCommand):
    help = "Measure a cut-out against its photo, or a folder of them paired by file name. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("photo", type=Path, metavar="PHOTO", help="photo or folder")
        parser.add_argument("cutout", type=Path, metavar="CUTOUT", help="RGBA PNG of the photo's size, or folder")
        parser.add_argument("--category", default="", help="limits of this product category")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        from processing.standalone import score

        for path in (options["photo"], options["cutout"]):
            if not path.exists():
                raise CommandError(f"{path} does not exist.")
        rows = []
        try:
            for photo, cutout in pairs(options["photo"], options["cutout"]):
                found = score(photo.read_bytes(), cutout.read_bytes(), category=options["category"])
                rows.append({"file": photo.name, **found})
        except ValueError as error:
            raise CommandError(str(error)) from error
        self._say(rows, is_folder=options["photo"].is_dir(), as_json=options["json"])

    def _say(self, rows: list[dict[str, Any]], *, is_folder: bool, as_json: bool) -> None:
        if as_json:
            single = {name: value for name, value in rows[0].items() if name != "file"}
            self.stdout.write(json.dumps(rows if is_folder else single))
            return
        for row in rows:
            failed = [f"{one['code']} {one['value']:.3g}" for one in row["checks"] if not one["passed"]]
            self.stdout.write(f"{row['file']}: {row['verdict']}, score {row['score']:.2f} {', '.join(failed)}".rstrip())
