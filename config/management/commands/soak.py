import json
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.soak.killing import TARGETS
from config.soak.running import Order, soak
from config.soak.weighing import weigh
from processing.models import Batch

A_PRODUCT_S = 15


class Command(BaseCommand):
    help = (
        "Make products while processes are killed, and print an audit. Needs an installation of its own, empty: "
        "`manage.py bench --suite soak` makes one and calls this."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=int, default=200)
        parser.add_argument(
            "--samples", action="store_true", help="the sample photos with the recipe of the demo instead"
        )
        parser.add_argument(
            "--weigh", action="store_true", help="kill nothing; tell what bookkeeping costs beside the pixels"
        )
        parser.add_argument("--photos", type=int, help="with --weigh or --samples: only so many of the samples")
        parser.add_argument("--copies", type=int, default=1, help="with --samples: so many of each photo")
        parser.add_argument("--workers", type=int, help="processes for pictures (default: one a core)")
        parser.add_argument(
            "--every", type=float, default=5.0, metavar="SECONDS", help="between two kills; 0 kills nothing"
        )
        parser.add_argument("--seed", type=int, default=20261121)
        parser.add_argument(
            "--targets", default="", help=f"what to kill, in turn; of {', '.join(dict.fromkeys(TARGETS))}"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if Batch.objects.exists():
            raise CommandError("There are batches here already. The soak needs an empty FIRSTPASS_DATA of its own.")
        if options["weigh"]:
            self._report(weigh(self._say, photos=options["photos"]), as_json=options["json"])
            return
        order = Order(
            products=0 if options["samples"] else options["products"],
            every_s=options["every"],
            seed=options["seed"],
            targets=[name for name in options["targets"].split(",") if name],
            pixel_workers=options["workers"],
            copies=options["copies"],
            photos=options["photos"],
            limit_s=1800 + A_PRODUCT_S * options["products"],
        )
        audit = soak(order, say=self._say)
        self._report(audit, as_json=options["json"])
        if not audit["ok"]:
            raise SystemExit(1)

    def _report(self, found: dict[str, Any], *, as_json: bool) -> None:
        for name, value in found.items():
            self._say(f"  {name}: {value}")
        if as_json:
            self.stdout.write(json.dumps(found))

    def _say(self, line: str) -> None:
        self.stderr.write(line, ending="\n")
        self.stderr.flush()
