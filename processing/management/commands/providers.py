from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from processing.providers import MODULES, provider
from processing.providers.prices import prices


class Command(BaseCommand):
    help = "List the providers: what each does, what it lacks, and what hosted ones cost. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="ask hosted providers whether the key, the model and its inputs are as configured; free of charge",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [fault for name in MODULES for fault in self._one(name, is_asked=options["check"])]
        self.stdout.write("\nPrices of hosted calls, USD:")
        for row in prices():
            old = ", old: look it up again" if row.is_old else ""
            said = f"as of {row.as_of:%Y-%m-%d}{old}, {row.basis}: {row.source}"
            self.stdout.write(f"  {row.provider} {row.model}: {row.usd} per {row.unit} ({said})")
        if faults:
            raise SystemExit(1)

    def _one(self, name: str, *, is_asked: bool) -> list[str]:
        """Writes about one provider; what was found wrong with it by asking."""
        made = provider(name)
        reason = made.unavailable_reason()
        place = "hosted" if made.needs_network else "local"
        self.stdout.write(f"{name} ({place}): {', '.join(sorted(made.capabilities))}. {reason or 'Ready.'}")
        if not is_asked or reason or not hasattr(made, "check"):
            return []
        faults: list[str] = made.check()
        for fault in faults or ["Asked: fits."]:
            self.stdout.write(f"  {fault}")
        return faults
