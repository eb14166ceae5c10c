import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplaces.breaches import BreachReport, breaches_of
from marketplaces.channels import UnknownChannel, channel_named
from marketplaces.packfile import read_pack
from marketplaces.rulekinds import PackError

SHOWN = 20


class Command(BaseCommand):
    help = "List which exported pictures break a channel's rules: today's, those of a coming day, or a new version of its pack."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("channel", help="a channel such as google")
        parser.add_argument("--on", type=date.fromisoformat, help="a day such as 2027-01-31; today without it")
        parser.add_argument(
            "--pack", type=Path, help="a pack's JSON file to try, before it takes the place of the present one"
        )
        parser.add_argument("--all", action="store_true", help="all that ever left, not only what is out there now")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            channel = channel_named(options["channel"])
            pack = read_pack(options["pack"]) if options["pack"] else None
            day = options["on"] or timezone.localdate()
            report = breaches_of(channel, on=day, pack=pack, everything=options["all"])
        except (UnknownChannel, PackError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False))
        else:
            self._tell(report)

    def _tell(self, report: BreachReport) -> None:
        for severity, style in (("block", self.style.ERROR), ("warn", self.style.WARNING)):
            found = [one for one in report.breaches if one.severity == severity]
            for one in found[:SHOWN]:
                self.stdout.write(style(f"export {one.export}: {one.name or one.sku}: {one.detail}"))
            if len(found) > SHOWN:
                self.stdout.write(f"and {len(found) - SHOWN} more; --json lists all")
        if report.untold:
            self.stdout.write(
                f"Not told from what is kept: {', '.join(sorted(report.untold))}. `verify` tells, from a folder."
            )
        numbers = ", ".join(map(str, report.exports))
        broken = f"breaks exports {numbers}" if report.exports else "breaks none of them"
        self.stdout.write(
            f"{report.files} pictures of {report.channel}; version {report.version} on {report.on} {broken}."
        )
