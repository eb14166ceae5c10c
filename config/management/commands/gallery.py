from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

ROWS = 4


class Command(BaseCommand):
    help = "Write contact sheets: each photo, its cut-out on magenta, white and black, a composite of each style, every size."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folders", nargs="*", type=Path, help="folders of photos (default: the samples)")
        parser.add_argument("--out", type=Path, default=settings.DATA_DIR / "gallery")

    def handle(self, *args: Any, **options: Any) -> None:
        from config import contact_sheets

        folders = options["folders"] or [settings.BASE_DIR / "samples" / "photos"]
        for folder in folders:
            photos = contact_sheets.photos_in(folder)
            if not photos:
                raise CommandError(f"There are no photos in {folder}.")
            options["out"].mkdir(parents=True, exist_ok=True)
            names = contact_sheets.names_of(folder)
            for start in range(0, len(photos), ROWS):
                chosen = photos[start : start + ROWS]
                rows = [list(contact_sheets.cells_of(path, names.get(path.name))) for path in chosen]
                target = options["out"] / f"{folder.name}-{start // ROWS + 1}.jpg"
                contact_sheets.sheet(rows).save(target, quality=88)
                self.stdout.write(str(target))
