import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplaces.archive import OutDirError
from marketplaces.channels import TREE, UnknownChannel, ensure_channels
from marketplaces.exports import ExportReport, default_out, run_export
from marketplaces.listings import local_site
from marketplaces.models import Channel
from marketplaces.rulekinds import PackError
from marketplaces.selection import ScopeError

# So many with the same reason have a line each; of more, so many are named.
FEW, MANY = 3, 12


class Command(BaseCommand):
    help = (
        "Write the approved pictures for a channel as a folder: named, encoded and checked as the channel wants them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "channel", nargs="?", default=TREE, help=f'a channel such as amazon; "{TREE}" or nothing for the plain tree'
        )
        parser.add_argument("--all", action="store_true", help="every channel that is switched on, a folder each")
        parser.add_argument("--out", type=Path, help="folder to write to; by default var/exports/CHANNEL")
        parser.add_argument("--batch", type=int, help="only products of this batch")
        parser.add_argument("--sku", action="append", default=[], help="only this SKU; may be given again")
        parser.add_argument(
            "--name-by-sku", action="store_true", help="name files by SKU where the channel's number is missing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            ensure_channels()
            names = list(Channel.objects.active().values_list("name", flat=True))
            out = options["out"] or default_out("")
            reports = [self._run(name, out / name, options) for name in names]
        else:
            reports = [self._run(options["channel"], options["out"] or default_out(options["channel"]), options)]
        if options["json"]:
            told = [report.to_dict() for report in reports]
            self.stdout.write(json.dumps(told if options["all"] else told[0], ensure_ascii=False))

    def _run(self, channel: str, out: Path, options: dict[str, Any]) -> ExportReport:
        scope = {"batch": options["batch"], "skus": options["sku"]}
        progress = self._progress if sys.stderr.isatty() else None
        try:
            report = run_export(channel, out=out, scope=scope, by_sku=options["name_by_sku"], progress=progress)
        except (UnknownChannel, OutDirError, PackError, ScopeError) as error:
            raise CommandError(str(error)) from error
        if not options["json"]:
            self._tell(report)
        return report

    def _progress(self, done: int, total: int) -> None:
        filled = round(30 * done / max(total, 1))
        end = "\n" if done == total else ""
        self.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done} of {total} products", ending=end)
        self.stderr.flush()

    def _tell(self, report: ExportReport) -> None:
        products = len({file["sku"] for file in report.files})
        self.stdout.write(f"{report.channel}: {len(report.files)} files of {products} products in {report.path}")
        if report.blocked:
            self.stdout.write(f"Not exported ({len(report.blocked)}):")
        self._list([(_named(one), one["reason"]) for one in report.blocked], before="")
        self._list([(one.get("sku", report.channel), one["detail"]) for one in report.warnings], before="note: ")
        if (Path(report.path) / "feeds").is_dir() and (site := local_site()):
            self.stdout.write(
                f"  note: links in its feeds lead to {site}, where no marketplace can come: set SITE_URL, export again"
            )

    def _list(self, rows: list[tuple[str, str]], *, before: str) -> None:
        """A line each; what many have in common is said once, or a catalogue half done fills the screen with one sentence."""
        together: dict[str, list[str]] = {}
        for what, why in rows:
            together.setdefault(why, []).append(what)
        for why, whats in together.items():
            if len(whats) <= FEW:
                for what in whats:
                    self.stdout.write(f"  {before}{what}: {why}")
                continue
            more = f" and {len(whats) - MANY} more" if len(whats) > MANY else ""
            self.stdout.write(f"  {before}{len(whats)} x {why.rstrip('.')}: {', '.join(whats[:MANY])}{more}")


def _named(one: dict[str, Any]) -> str:
    return f"{one['sku']} {one['picture']}" if one.get("picture") else str(one["sku"])
