import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplaces.packs import PackError
from marketplaces.recheck import FolderReport, NotAnExport, check_folder


class Command(BaseCommand):
    help = "Check an exported folder again from disk: every file's bytes against the manifest and every picture against its pack."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder that `export` wrote")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = check_folder(options["folder"], on=timezone.localdate())
        except (NotAnExport, PackError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False))
        else:
            self._tell(report)
        if not report.is_fine:
            raise SystemExit(1)

    def _grouped(self, report: FolderReport) -> dict[tuple[str, str], list[str]]:
        """The same advice for many files is said once."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for one in report.warnings:
            grouped.setdefault((one["code"], one["detail"]), []).append(one["name"])
        return grouped

    def _tell(self, report: FolderReport) -> None:
        for one in report.problems:
            self.stdout.write(self.style.ERROR(f"{one['name']}: {one['detail']}"))
        for (code, detail), names in self._grouped(report).items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            self.stdout.write(f"note: {names[0]}{more}: {detail or code}")
        what = f"for {report.channel}" if report.channel else "of the plain tree"
        verdict = "all fine" if report.is_fine else f"{len(report.problems)} problems"
        self.stdout.write(f"{report.checked} pictures {what}, {report.files} files in all: {verdict}.")
