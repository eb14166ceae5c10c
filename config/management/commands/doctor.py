import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config import doctor


class Command(BaseCommand):
    help = (
        "Look at what the installation needs: database, broker, files, space, tables, work, people, settings. "
        "Exit code 1 when something is broken."
    )
    # The point is to tell all that is wrong, not to end with the first complaint.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for one in doctor.examine():
            findings.append(one)
            if not options["json"]:
                self.stdout.write(f"{one.level.value:8} {one.about:9} {one.text}")
        broken = any(one.level is doctor.Level.BROKEN for one in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"is_fine": not broken, "findings": [one.to_dict() for one in findings]}))
        if broken:
            raise SystemExit(1)
