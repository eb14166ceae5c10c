import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from processing.sweep import sweep


class Command(BaseCommand):
    help = (
        "One pass over what got lost: messages, silent workers, the ends of batches. The scheduler does this by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        report = asdict(sweep())
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(", ".join(f"{number} {what}" for what, number in report.items()) + ".")
