import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplaces.recheck import FolderReport, NotAnExport, check_folder
from marketplaces.rulekinds import PackError


class Command(BaseCommand):
    help = (
        "Check exported folders again from disk: every file's bytes against the manifest, every picture against its pack, "
        "every feed against the columns its importer documents."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, nargs="+", help="a folder that `export` wrote; several are checked in turn"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reports = [check_folder(folder, on=timezone.localdate()) for folder in options["folder"]]
        except (NotAnExport, PackError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            told = [report.to_dict() for report in reports]
            self.stdout.write(json.dumps(told if len(told) > 1 else told[0], ensure_ascii=False))
        else:
            for report in reports:
                self._tell(report)
        if not all(report.is_fine for report in reports):
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
