import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing.errors import StepError
from processing.folders import photos_in
from processing.imaging.codec import DecodeError


class Command(BaseCommand):
    help = "Cut out the product of one photo or of a folder of photos. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, metavar="IN", help="photo or folder")
        parser.add_argument("target", type=Path, metavar="OUT", help="PNG file, or folder for NAME.png")
        parser.add_argument("--engine", default="auto", help="auto, studio, rembg or rembg:MODEL (default: auto)")
        parser.add_argument("--no-repair", action="store_true", help="the engine's result as it is")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        source, target = options["source"], options["target"]
        if not source.exists():
            raise CommandError(f"{source} does not exist.")
        photos = photos_in(source)
        if not photos:
            raise CommandError(f"There are no photos in {source}.")
        rows = [self._one(photo, _target(photo, source, target), options) for photo in photos]
        if options["json"]:
            self.stdout.write(json.dumps({"files": rows}))
        if any(row["error"] for row in rows):
            raise SystemExit(1)

    def _one(self, photo: Path, out: Path, options: dict[str, Any]) -> dict[str, Any]:
        from processing.standalone import cut_out

        began = time.monotonic()
        row: dict[str, Any] = {"in": str(photo), "out": str(out), "engine": "", "megapixels": 0.0, "error": ""}
        try:
            engine, repair = options["engine"], not options["no_repair"]
            made = cut_out(photo.read_bytes(), engine=engine, repair=repair, name=photo.stem)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(made.png)
            row |= {"engine": made.engine, "megapixels": made.megapixels}
        except (StepError, DecodeError, OSError) as error:
            row |= {"out": "", "error": str(error)}
        row["seconds"] = round(time.monotonic() - began, 2)
        said = row["error"] or f"{row['out']} ({row['engine']}, {row['seconds']} s)"
        self.stderr.write(f"{photo}: {said}")
        return row


def _target(photo: Path, source: Path, target: Path) -> Path:
    """OUT itself for one file named as a picture, otherwise NAME.png under it, folders kept."""
    if source.is_file():
        return target if target.suffix.lower() == ".png" else target / f"{photo.stem}.png"
    return target / photo.relative_to(source).with_suffix(".png")
