import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.worker import set_up_process

# Suite -> the module that has run(folders, say) -> dict.
SUITES = {
    "cutout": "config.bench.cutouts",
    "engine": "config.bench.engine",
    "gate": "config.bench.gate",
    "pipeline": "config.bench.pipeline",
    "review": "config.bench.review",
    "soak": "config.bench.soak",
    "sync": "config.bench.sync",
}
# Only when they are named: they start installations of their own, and the soak takes half an hour.
LONG = {"engine", "soak"}
# Those that take --products.
COUNTED = {"pipeline", "soak"}
Say = Callable[[str], None]


class Command(BaseCommand):
    help = "Measure: accuracy of cut-outs, the gate on injected defects, the cost of a product as a ratio to its floor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folders",
            nargs="*",
            type=Path,
            help="folders with NAME.jpg and NAME.alpha.png, or NAME/raw.jpg and NAME/alpha.png (default: the samples)",
        )
        parser.add_argument("--suite", choices=sorted(SUITES), action="append", help="default: all but engine and soak")
        parser.add_argument(
            "--products", type=int, help="with soak: how many (default: 2000); with pipeline: watch memory over so many"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        # As in a worker. Threads that wait for each other take processor time as well.
        set_up_process()
        report = {}
        for name in options["suite"] or sorted(SUITES.keys() - LONG):
            if not options["json"]:
                self.stdout.write(f"\n== {name}")
            run = importlib.import_module(SUITES[name]).run
            more = {"products": options["products"]} if name in COUNTED else {}
            report[name] = run(options["folders"], self.stderr.write if options["json"] else self.stdout.write, **more)
        if options["json"]:
            self.stdout.write(json.dumps(report))
