import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplaces.models import ExportFile
from marketplaces.receipts import explain, find_file


class Command(BaseCommand):
    help = (
        "Explain an exported file from its bytes: photo, recipe, engine, steps, seeds and what the export did to it; "
        "and make it again to see whether it comes out the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="an exported picture, or its SHA-256")
        parser.add_argument("--remake", action="store_true", help="make the file again from its photo and compare")
        parser.add_argument("--out", type=Path, help="with --remake: where to write the file made again")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        digest = self._digest(options["file"])
        found = find_file(digest)
        if found is None:
            raise CommandError(f"No export of this installation made a file with SHA-256 {digest}.")
        explained = explain(found)
        if options["out"] and not options["remake"]:
            raise CommandError("--out needs --remake.")
        if options["remake"]:
            explained["remade"] = self._remade(found, options["out"])
        if options["json"]:
            self.stdout.write(json.dumps(explained, ensure_ascii=False, default=str))
        else:
            self._tell(found, explained)

    def _remade(self, found: ExportFile, out: Path | None) -> dict[str, Any]:
        # The pipeline itself is loaded only where it is to be run.
        from marketplaces.remaking import CannotRemake, remake

        try:
            made = remake(found)
        except CannotRemake as error:
            raise CommandError(str(error)) from error
        if out is not None:
            out.write_bytes(made.data)
        return made.to_dict()

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
        if remade := explained.get("remade"):
            self.stdout.write(_verdict(remade))


def _verdict(remade: dict[str, Any]) -> str:
    if remade["same"]:
        return "Made again: the same to the byte."
    if "psnr_db" not in remade:
        return "Made again: other bytes."
    return (
        f"Made again: other bytes, {remade['psnr_db']} dB alike, colours {remade['delta_e_mean']} apart on average and "
        f"{remade['delta_e_99']} at most in 99 of 100 pixels (CIEDE2000)."
    )
