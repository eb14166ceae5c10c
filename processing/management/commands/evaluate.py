import io
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from PIL import Image

from processing.errors import StepError
from processing.imaging.codec import DecodeError


class Command(BaseCommand):
    help = (
        "Accuracy of an engine on a folder of photos with true alphas (NAME.jpg + NAME.alpha.png). Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--engine", default="studio", help="auto, studio, rembg or rembg:MODEL (default: studio)")
        parser.add_argument("--no-repair", action="store_true", help="the engine's result as it is")
        parser.add_argument("--worst", type=int, default=8, help="how many of the worst to name")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        from processing.accuracy import cases, summary

        if not options["folder"].is_dir():
            raise CommandError(f"{options['folder']} is no folder.")
        rows = []
        for case in cases(options["folder"]):
            rows.append(self._one(case, options))
            self.stderr.write(f"{case.name}: band {rows[-1]['band']:.2f} %, mae {rows[-1]['mae']:.3f} %")
        if not rows:
            raise CommandError(f"{options['folder']} holds no photo with a NAME.alpha.png beside it.")
        if options["json"]:
            self.stdout.write(json.dumps({"summary": summary(rows), "rows": rows}))
            return
        self.stdout.write(json.dumps(summary(rows), indent=1))
        for row in sorted(rows, key=lambda row: -row["band"])[: options["worst"]]:
            self.stdout.write(f"{row['name']:40} band {row['band']:6.2f}  mae {row['mae']:6.3f}")

    def _one(self, case: Any, options: dict[str, Any]) -> dict[str, Any]:
        from processing.accuracy import errors
        from processing.standalone import cut_out

        try:
            made = cut_out(
                case.photo.read_bytes(), engine=options["engine"], repair=not options["no_repair"], name=case.name
            )
        except (StepError, DecodeError) as error:
            self.stderr.write(f"{case.name}: {error}")
            return errors(case, None)
        with Image.open(io.BytesIO(made.png)) as image:
            return errors(case, image.convert("RGBA"))
