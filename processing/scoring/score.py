"""One number for a picture: how likely a reviewer would ship it as it is."""

import math
from collections.abc import Iterable, Mapping

from processing.scoring.limits import DEFAULT_LIMITS, Limit, excess, judge
from processing.scoring.measurement import Measurement

# Logistic fit on the tuning half of the gate bench (15 products, 17 pictures and their defects at strengths 2 and 3,
# both classes weighted alike); see docs/scoring.md for what it reaches on the other half.
INTERCEPT = 2.25
SLOPE = -1.06
# High enough that the worst check rules, low enough that several doubts add up.
NORM = 3.0


def combined_score(measurements: Iterable[Measurement], *, limits: Mapping[str, Limit] | None = None) -> float:
    """0..1, higher is better; 0 as soon as a hard rule is broken.

    Every soft check becomes its way to the limit (`excess`: 0 as in good pictures, 1 at the limit, 4 at most); the
    3-norm of these ways enters a logistic function. About 0.85 for a usual good picture, 0.7 with one
    check at its limit, 0.5 at twice the way, 0.1 far beyond; 1.0 only where nothing was judged. Checks without a limit do not count.
    """
    table = DEFAULT_LIMITS if limits is None else limits
    ways = []
    for measurement in measurements:
        limit = table.get(measurement.code)
        if limit is None:
            continue
        if measurement.hard:
            if not judge(measurement, limit):
                return 0.0
            continue
        ways.append(excess(measurement, limit))
    if not ways:
        return 1.0
    norm = math.pow(sum(way**NORM for way in ways), 1 / NORM)
    return 1.0 / (1.0 + math.exp(-(INTERCEPT + SLOPE * norm)))
