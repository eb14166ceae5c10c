import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplaces.models import ExportFile
from marketplaces.receipts import explain, find_file


class Command(BaseCommand):
    help = "Explain an exported file from its bytes: photo, recipe, engine, steps, seeds and what the export did to it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="an exported picture, or its SHA-256")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        digest = self._digest(options["file"])
        found = find_file(digest)
        if found is None:
            raise CommandError(f"No export of this installation made a file with SHA-256 {digest}.")
        explained = explain(found)
        if options["json"]:
            self.stdout.write(json.dumps(explained, ensure_ascii=False, default=str))
        else:
            self._tell(found, explained)

    def _digest(self, given: str) -> str:
        if len(given) == 64 and set(given.lower()) <= set("0123456789abcdef"):
            return given.lower()
        try:
            return hashlib.sha256(Path(given).read_bytes()).hexdigest()
        except OSError as error:
            raise CommandError(f"{given} cannot be read: {error.strerror}.") from error

    def _tell(self, found: ExportFile, explained: dict[str, Any]) -> None:
        self.stdout.write(
            f"{found.name}, {found.width} x {found.height} px, {found.bytes:,} bytes, export {found.export_id}"
        )
        for name, value in explained.items():
            if isinstance(value, dict):
                self.stdout.write(f"{name}:")
                for key, inner in value.items():
                    self.stdout.write(f"  {key}: {inner}")
            else:
                self.stdout.write(f"{name}: {value}")
