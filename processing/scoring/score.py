"""One number for a picture: how likely a reviewer would ship it as it is."""

import math
from collections.abc import Iterable, Mapping

from processing.scoring.limits import DEFAULT_LIMITS, Limit, excess
from processing.scoring.measurement import Measurement

# First guess, replaced by the fit of the gate bench.
INTERCEPT = 4.0
BY_WORST = -3.0
BY_SUM = -0.5


def combined_score(measurements: Iterable[Measurement], *, limits: Mapping[str, Limit] | None = None) -> float:
    """0..1, higher is better; 0 as soon as a hard rule is broken, 1 - a few parts in a hundred for a faultless picture.

    Every check becomes its way to the limit (`excess`: 0 faultless, 1 at the limit, 4 at most); the worst of them and
    the sum of what lies beyond one half enter a logistic function. Checks without a limit do not count.
    """
    table = DEFAULT_LIMITS if limits is None else limits
    ways = []
    for measurement in measurements:
        limit = table.get(measurement.code)
        if limit is None:
            continue
        way = excess(measurement, limit)
        if measurement.hard and way > 1:
            return 0.0
        ways.append(way)
    if not ways:
        return 1.0
    beyond = sum(max(way - 0.5, 0.0) for way in ways)
    return 1.0 / (1.0 + math.exp(-(INTERCEPT + BY_WORST * max(ways) + BY_SUM * beyond)))
