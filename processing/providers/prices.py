"""What hosted calls cost, as dated rows in prices.json: prices drift, so each says as of when and on whose word."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

# Vendors change their prices every few months.
OLD_DAYS = 90
PATH = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Price:
    """USD per unit of a model. `source` is "provider" for the vendor's own page, or says who else; `failed` is what a call
    costs that fails there: "free" or "charged"."""

    provider: str
    model: str
    unit: str
    usd: Decimal
    as_of: date
    source: str
    failed: str = "free"

    @property
    def is_assumed(self) -> bool:
        """Nobody has said so: it was taken from a like model, or put on the high side."""
        return "assumed" in self.source or "guess" in self.source

    @property
    def basis(self) -> str:
        """On whose word, in a word or two."""
        if self.is_assumed:
            return "assumed"
        return "vendor" if self.source == "provider" else "third party"

    def age_days(self, today: date | None = None) -> int:
        return ((today or date.today()) - self.as_of).days

    @property
    def is_old(self) -> bool:
        """Old enough to be looked up again."""
        return self.age_days() > OLD_DAYS


@cache
def prices() -> tuple[Price, ...]:
    """All rows, in the file's order."""
    rows = json.loads(PATH.read_text())
    return tuple(
        Price(**{**row, "usd": Decimal(row["usd"]), "as_of": date.fromisoformat(row["as_of"])}) for row in rows
    )


def price_of(provider: str, model: str, *, unit: str = "") -> Price | None:
    """The row of a model (for its first unit unless one is named), or None."""
    rows = (row for row in prices() if (row.provider, row.model) == (provider, model) and unit in ("", row.unit))
    return next(rows, None)


def cost_of(provider: str, model: str, *, unit: str = "", units: Decimal | int = 1) -> Decimal:
    """USD for so many units; 0 without a row, which `missing` tells before any call is made."""
    row = price_of(provider, model, unit=unit)
    return row.usd * units if row else Decimal(0)


def missing(provider: str, model: str, *, unit: str = "") -> str:
    """A sentence when a model has no price, else nothing: what has no price must not be spent money on."""
    if price_of(provider, model, unit=unit):
        return ""
    return f"There is no price for {provider} {model}{f' ({unit})' if unit else ''}: add a row to {PATH.name}."
