"""Limits a measurement is held against, and the plain words and backdrop a reviewer sees it with.

The values are the versioned default policy. They were set with the gate bench (docs/scoring.md) so that about one correct
cut-out in fifteen is stopped; a shop's own policy overrides them by code.
"""

from dataclasses import dataclass
from typing import Literal

from processing.scoring.measurement import Measurement

LIMITS_VERSION = "2026.11-9"

Direction = Literal["max", "min"]
Severity = Literal["none", "low", "high", "block"]
Show = Literal["black", "white", "grey", "spec"]


@dataclass(frozen=True)
class Limit:
    """A bound of one check. `direction` "max": the value may not be above it; "min": not below it."""

    code: str
    limit: float
    direction: Direction = "max"


@dataclass(frozen=True)
class Presentation:
    """How a check is shown: its short plain name and the backdrop on which its defect is easiest to see."""

    label: str
    backdrop: Show


PRESENTATION: dict[str, Presentation] = {
    "EDGE_HALO": Presentation("Edge halo", "black"),
    "EDGE_COLOUR": Presentation("Wrong colour along the edge", "white"),
    "EDGE_TIGHT": Presentation("Edge cut too tight", "white"),
    "EDGE_ROUGH": Presentation("Jagged edge", "black"),
    "EDGE_SOFT": Presentation("Edge too soft", "black"),
    "EDGE_SMUDGE": Presentation("Smudged stretch of the edge", "white"),
    "EDGE_LOST": Presentation("Edge follows nothing in the photo", "black"),
    "HOLE": Presentation("Hole in the product", "black"),
    "SEE_THROUGH": Presentation("Product partly see-through", "white"),
    "BLOTCH": Presentation("Blotches in the product", "white"),
    "ISLAND": Presentation("Stray island", "black"),
    "PART_MISSING": Presentation("Part missing", "white"),
    "FRAME_CONTACT": Presentation("Product touches the frame", "white"),
    "RESIDUE": Presentation("Backdrop left in", "black"),
    "SHADOW_LEFT": Presentation("Shadow left in", "white"),
    "CONFIDENCE": Presentation("Engine was unsure", "grey"),
    "REPAIRED": Presentation("Repaired, have a look", "grey"),
    "COLOUR_DRIFT": Presentation("Colour drift", "grey"),
    "EXPOSURE": Presentation("Exposure drift", "spec"),
    "BLUR": Presentation("Softer than the photo", "spec"),
    "COMPRESSION": Presentation("Compression blocks", "spec"),
    "FIDELITY": Presentation("Product changed", "grey"),
    "BG_NOT_WHITE": Presentation("Background not white", "white"),
    "BG_MATCH": Presentation("Background differs", "spec"),
    "SIZE": Presentation("Wrong size", "spec"),
    "FORMAT": Presentation("Wrong file format", "spec"),
    "BYTES": Presentation("File too large", "spec"),
    "FILL": Presentation("Product too small in the frame", "spec"),
    "CENTRE": Presentation("Product off centre", "spec"),
    "MARGIN": Presentation("Margin too narrow", "spec"),
    "SCALE": Presentation("Product out of scale", "spec"),
    "CONTACT": Presentation("Product does not stand on the ground", "spec"),
    "LIGHT_SIDE": Presentation("Lit from the wrong side", "spec"),
    "SHADOW_SIDE": Presentation("Shadow on the lamp's side", "spec"),
    "FLICKER": Presentation("Video flickers", "spec"),
    "FROZEN": Presentation("Video stands still", "spec"),
}
LABELS: dict[str, str] = {code: shown.label for code, shown in PRESENTATION.items()}
BACKDROPS: dict[str, Show] = {code: shown.backdrop for code, shown in PRESENTATION.items()}


def _table(*limits: Limit) -> dict[str, Limit]:
    return {limit.code: limit for limit in limits}


DEFAULT_LIMITS: dict[str, Limit] = _table(
    Limit("EDGE_HALO", 0.7),
    Limit("EDGE_COLOUR", 0.9),
    Limit("EDGE_TIGHT", 1.1),
    Limit("EDGE_ROUGH", 0.75),
    Limit("EDGE_SOFT", 1.8),
    Limit("EDGE_SMUDGE", 0.8),
    Limit("EDGE_LOST", 0.07),
    Limit("HOLE", 0.0003),
    Limit("SEE_THROUGH", 0.012),
    Limit("BLOTCH", 0.0004),
    Limit("ISLAND", 0.0005),
    Limit("PART_MISSING", 0.015),
    Limit("FRAME_CONTACT", 0.01),
    Limit("RESIDUE", 0.0026),
    Limit("SHADOW_LEFT", 0.004),
    Limit("CONFIDENCE", 0.8, "min"),
    Limit("REPAIRED", 0.95, "min"),
    Limit("COLOUR_DRIFT", 2.0),
    Limit("EXPOSURE", 0.35),
    Limit("BLUR", 0.75, "min"),
    Limit("COMPRESSION", 1.8),
    Limit("FIDELITY", 0.9, "min"),
    Limit("BG_NOT_WHITE", 0.0),
    Limit("BG_MATCH", 2.0),
    Limit("SIZE", 0.0),
    Limit("FORMAT", 0.0),
    Limit("BYTES", 1.0),
    Limit("FILL", 0.95, "min"),
    Limit("CENTRE", 0.03),
    Limit("MARGIN", 0.01, "min"),
    Limit("SCALE", 1.35),
    Limit("CONTACT", 0.02),
    Limit("LIGHT_SIDE", 0.6),
    Limit("SHADOW_SIDE", 0.25),
    Limit("FLICKER", 0.6),
    Limit("FROZEN", 0.1),
)

# What good pictures of the tuning half have in three cases of four, where that is not 0.
USUAL: dict[str, float] = {
    "EDGE_HALO": 0.05,
    "EDGE_COLOUR": 0.05,
    "EDGE_TIGHT": 0.5,
    "EDGE_ROUGH": 0.2,
    "CONFIDENCE": 1.0,
    "COLOUR_DRIFT": 0.2,
    "BLUR": 0.95,
    "COMPRESSION": 1.55,
    "FIDELITY": 1.0,
    "FILL": 1.0,
    "MARGIN": 0.05,
    "SCALE": 1.0,
    "FLICKER": 0.15,
    "FROZEN": 0.01,
}

# Glass, lenses and hair are see-through by nature; boxes and appliances have straight, hard edges and no excuse.
CATEGORY_LIMITS: dict[str, dict[str, Limit]] = {
    "eyewear": _table(Limit("SEE_THROUGH", 0.10), Limit("RESIDUE", 0.005)),
    # Brushes: their bristles fade all along.
    "beauty": _table(Limit("SEE_THROUGH", 0.08), Limit("EDGE_SMUDGE", 2.5)),
    "food": _table(Limit("SEE_THROUGH", 0.08)),
    "jewellery": _table(Limit("SEE_THROUGH", 0.05)),
    "toys": _table(Limit("SEE_THROUGH", 0.03), Limit("EDGE_SOFT", 3.0), Limit("PART_MISSING", 0.02)),
    "home-goods": _table(Limit("SEE_THROUGH", 0.03)),
    "fashion": _table(Limit("SEE_THROUGH", 0.005), Limit("EDGE_SOFT", 2.2)),
    "electronics": _table(Limit("EDGE_ROUGH", 0.65)),
}


def limits_for(category: str | None = None) -> dict[str, Limit]:
    """Default limits with the overrides of a product category; an unknown category gets the defaults."""
    return DEFAULT_LIMITS | CATEGORY_LIMITS.get(category or "", {})


def judge(measurement: Measurement, limit: Limit | None) -> bool:
    """True when the measurement keeps its limit. No limit in the policy means the check is not judged."""
    if limit is None:
        return True
    if measurement.code != limit.code:
        raise ValueError(f"limit is for {limit.code}, measurement is {measurement.code}")
    if limit.direction == "min":
        return measurement.value >= limit.limit
    return measurement.value <= limit.limit


def excess(measurement: Measurement, limit: Limit, *, cap: float = 4.0) -> float:
    """How far a value is on the way from what good pictures have to its limit: 0 there, 1 at the limit, `cap` at most."""
    if judge(measurement, limit) and limit.limit == 0:
        return 0.0
    usual = _usual(limit)
    way = (measurement.value - usual) / (limit.limit - usual) if limit.limit != usual else cap
    return float(min(max(way, 0.0), cap))


def _usual(limit: Limit) -> float:
    """The level of good pictures, kept on the good side of a limit that is stricter than usual."""
    usual = USUAL.get(limit.code, 0.0)
    if limit.direction == "min":
        return usual if usual > 1.02 * limit.limit else limit.limit + 0.1 * abs(limit.limit)
    return usual if usual < 0.95 * limit.limit else 0.5 * limit.limit


def severity(measurement: Measurement, limit: Limit | None) -> Severity:
    """ "block" for a broken hard rule, "high" beyond twice the way to the limit, "low" for other doubts."""
    if limit is None or judge(measurement, limit):
        return "none"
    if measurement.hard:
        return "block"
    return "high" if excess(measurement, limit) >= 2 else "low"
