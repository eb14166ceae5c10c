from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.words.files import stale, update, write_pseudo


class Command(BaseCommand):
    help = "Bring locale/ in line with the sentences of the product, and compile it. See docs/translations.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("languages", nargs="*", help="codes, for example de; all by default, a new one is begun")
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail where something is missing or old"
        )
        parser.add_argument("--pseudo", action="store_true", help="make the two made-up languages for looking at pages")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        codes = options["languages"] or [code for code, _ in settings.LANGUAGES if code not in ("en", "xx", "xr")]
        if options["pseudo"]:
            write_pseudo(root, settings.PSEUDO_LOCALES)
            self.stdout.write(f"Made under {settings.PSEUDO_LOCALES}; offered with FIRSTPASS_DEBUG=yes.")
        elif options["check"]:
            self._check(root, codes)
        else:
            self._update(root, codes)

    def _check(self, root: Path, codes: list[str]) -> None:
        if wrong := [line for code in codes for line in stale(root, code)]:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"All is translated: {', '.join(codes)}.")

    def _update(self, root: Path, codes: list[str]) -> None:
        for code in codes:
            entries = update(root, code)
            missing = sum(not all(said) for said in entries.values())
            self.stdout.write(f"{code}: {len(entries)} sentences, {missing} to be translated.")
