import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing.providers.model_files import (
    MODELS,
    SOURCE,
    ModelError,
    ModelFile,
    fetch_model,
    free_bytes,
    is_whole,
    model_named,
)

DEFAULT = "isnet-general-use"
TOLD_EVERY_BYTES = 20 * 2**20


class Command(BaseCommand):
    help = (
        "Fetch neural models for local cut-outs (rembg), with their checksums verified. Without names: "
        f"{DEFAULT}. Needs no database; the licences are those of the models' authors."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="MODEL", help=f"out of {', '.join(MODELS)}")
        parser.add_argument("--from", dest="source", default=SOURCE, help="address or folder that holds the files")
        parser.add_argument("--list", action="store_true", help="say which there are and which are here; fetch nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.MODELS_DIR)
        if options["list"]:
            self._list(folder, as_json=options["json"])
            return
        try:
            models = [model_named(name) for name in options["names"] or [DEFAULT]]
            done = [self._one(model, folder, options["source"]) for model in models]
        except ModelError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"models": done}))

    def _one(self, model: ModelFile, folder: Path, source: str) -> dict[str, Any]:
        path = folder / f"{model.name}.onnx"
        if is_whole(model, folder):
            self.stderr.write(f"{model.name} is here and whole: {path}")
            return {"name": model.name, "path": str(path), "fetched": False}
        if free_bytes(folder) < model.megabytes * 2**20 * 1.1:
            raise ModelError(f"There is no room for {model.name} in {folder}: it takes {model.megabytes} MB.")
        self.stderr.write(f"{model.name}: about {model.megabytes} MB from {source}")
        fetch_model(model, folder=folder, source=source, on_bytes=self._teller())
        self.stderr.write(f"{model.name} is checked and here: {path}")
        return {"name": model.name, "path": str(path), "fetched": True}

    def _teller(self) -> Any:
        told = 0

        def tell(total: int) -> None:
            nonlocal told
            if total - told >= TOLD_EVERY_BYTES:
                told = total
                self.stderr.write(f"  {total // 2**20} MB")

        return tell

    def _list(self, folder: Path, *, as_json: bool) -> None:
        rows = [
            {"name": one.name, "megabytes": one.megabytes, "good_for": one.good_for, "is_here": is_whole(one, folder)}
            for one in MODELS.values()
        ]
        if as_json:
            self.stdout.write(json.dumps({"folder": str(folder), "models": rows}))
            return
        for row in rows:
            state = "here" if row["is_here"] else "not here"
            self.stdout.write(f"{row['name']}: {row['megabytes']} MB, {row['good_for']} ({state})")
