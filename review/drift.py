"""Whether a route's scores still come from where its promise came from: pure functions on two lists of scores.

A promise rests on pictures of the past. When new ones score otherwise - another photographer, other lamps, another season's
products - it says nothing about them, however sure it was. The two-sample Kolmogorov-Smirnov test needs no shape of
the distribution and no bins: the largest distance between the two cumulative curves, and how likely chance alone makes one
as large (asymptotic distribution with the correction for small samples of Stephens, "Use of the Kolmogorov-Smirnov,
Cramer-von Mises and related statistics without extensive tables", JRSS B 32, 1970).
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext

from accounts.figures import figure

# The latest pictures that are compared, and the fewest that say anything.
WINDOW = 200
FEWEST = 50
# A route is looked at with every renewed page: one false alarm in a thousand looks is few enough.
CHANCE = 0.001
# With thousands of pictures any trifle is significant; a shift below this leaves the share of faults where it was.
LEAST_DISTANCE = 0.15
_TERMS = 40


@dataclass(frozen=True)
class Drift:
    """Two lists of scores apart by `distance` (0..1), which chance alone reaches in a share `chance` of cases. `shift` is the
    change of the median, below 0 where the newer pictures score worse."""

    distance: float
    chance: float
    reference: int
    latest: int
    shift: float

    @property
    def is_large(self) -> bool:
        return self.chance < CHANCE and self.distance >= LEAST_DISTANCE

    def sentence(self, *, is_promised: bool = True) -> str:
        """`is_promised`: a promise rests on the pictures compared with; otherwise they are those before."""
        way = self._than_promised() if is_promised else self._than_before()
        return way % {
            "latest": self.latest,
            "reference": figure(self.reference),
            "distance": figure(self.distance, 2),
            "chance": number_format(f"{self.chance:.1g}") if "e" not in f"{self.chance:.1g}" else f"{self.chance:.1g}",
        }

    def _than_promised(self) -> str:
        if self.shift < 0:
            return gettext(
                "The last %(latest)s pictures score lower than the %(reference)s that the promise rests on "
                "(distance %(distance)s, chance %(chance)s)."
            )
        if self.shift > 0:
            return gettext(
                "The last %(latest)s pictures score higher than the %(reference)s that the promise rests on "
                "(distance %(distance)s, chance %(chance)s)."
            )
        return gettext(
            "The last %(latest)s pictures score otherwise than the %(reference)s that the promise rests on "
            "(distance %(distance)s, chance %(chance)s)."
        )

    def _than_before(self) -> str:
        if self.shift < 0:
            return gettext(
                "The last %(latest)s pictures score lower than the %(reference)s before them "
                "(distance %(distance)s, chance %(chance)s)."
            )
        if self.shift > 0:
            return gettext(
                "The last %(latest)s pictures score higher than the %(reference)s before them "
                "(distance %(distance)s, chance %(chance)s)."
            )
        return gettext(
            "The last %(latest)s pictures score otherwise than the %(reference)s before them "
            "(distance %(distance)s, chance %(chance)s)."
        )


def distance_of(first: Sequence[float], second: Sequence[float]) -> float:
    """Largest difference 0..1 of the shares of two samples that are at or below any value."""
    one, two = sorted(first), sorted(second)
    return max(abs(bisect_right(one, value) / len(one) - bisect_right(two, value) / len(two)) for value in {*one, *two})


def chance_of(distance: float, first: int, second: int) -> float:
    """How likely two samples of these sizes from one source are at least so far apart."""
    root = math.sqrt(first * second / (first + second))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.3:
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, _TERMS))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def drift_of(reference: Sequence[float], latest: Sequence[float]) -> Drift | None:
    """How far the newest `WINDOW` of the latest scores (newest first) are from the reference; None with too few of either."""
    newest = latest[:WINDOW]
    if len(reference) < FEWEST or len(newest) < FEWEST:
        return None
    distance = distance_of(reference, newest)
    chance = chance_of(distance, len(reference), len(newest))
    return Drift(distance, chance, len(reference), len(newest), _median(newest) - _median(reference))


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
