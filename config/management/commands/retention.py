import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat

from config import retention

WORDS = {
    "orphans": "files that no row names",
    "replaced": "pictures that were made again",
    "paid": "paid results behind finished pictures",
    "intermediates": "cut-outs and other files between photo and picture",
    "uploads": "photos never submitted (their files follow in the next run)",
    "prompt_files": "files given to Generate (their files follow in the next run)",
    "channel": "channel pictures in no export (their files follow in the next run)",
}


class Command(BaseCommand):
    help = "Remove files and rows whose time is over. The scheduler does this daily by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go and remove nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        report = retention.run(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict()))
            return
        self.stdout.write("Would go:" if report.is_dry_run else "Gone:")
        for name, count in report.kinds.items():
            size = filesizeformat(count.bytes).replace("\xa0", " ")
            self.stdout.write(f"  {WORDS[name]}: {count.rows} rows, {count.files} files, {size}")
