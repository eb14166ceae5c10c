"""Strokes of a brush as data: read from what a page sends, checked, kept. No imaging library is loaded for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOOLS = ("keep", "remove", "soften")
MAX_STROKES = 500
MAX_POINTS = 40_000
MAX_RADIUS = 0.25


@dataclass(frozen=True)
class Stroke:
    """One pull of the brush. `radius` is a share of the picture's long side, `points` (x, y) are shares of width and height."""

    tool: str
    radius: float
    points: tuple[tuple[float, float], ...]

    def to_dict(self) -> dict[str, Any]:
        return {"tool": self.tool, "radius": self.radius, "points": [list(point) for point in self.points]}


def strokes_from(rows: Any) -> tuple[Stroke, ...]:
    """Strokes as they come from a page: [{"tool", "radius", "points": [[x, y], ...]}, ...]. ValueError says what is wrong."""
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes) or not rows:
        raise ValueError("There are no strokes.")
    if len(rows) > MAX_STROKES:
        raise ValueError(f"There are {len(rows)} strokes, at most {MAX_STROKES} can be saved at once.")
    strokes = tuple(_stroke(row) for row in rows)
    points = sum(len(stroke.points) for stroke in strokes)
    if points > MAX_POINTS:
        raise ValueError(f"The strokes have {points} points, at most {MAX_POINTS} can be saved at once.")
    return strokes


def _stroke(row: Any) -> Stroke:
    if not isinstance(row, Mapping) or row.get("tool") not in TOOLS:
        raise ValueError(f"A stroke's tool is one of {', '.join(TOOLS)}.")
    try:
        radius = float(row["radius"])
        points = tuple((round(float(x), 5), round(float(y), 5)) for x, y in row["points"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError('A stroke is {"tool", "radius", "points": [[x, y], ...]} with numbers in 0..1.') from error
    # Not a number fails every comparison, so it is refused here, too.
    if not 0 < radius <= MAX_RADIUS:
        raise ValueError(
            f"A stroke's radius is above 0 and at most {MAX_RADIUS} of the long side, not {row['radius']}."
        )
    if not points or not all(-1 <= number <= 2 for point in points for number in point):
        raise ValueError("A stroke has points, and they lie in the picture or near it.")
    return Stroke(str(row["tool"]), round(radius, 5), points)
