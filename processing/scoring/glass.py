"""Clear glass may count as there or as not there: what is right in either reading is no fault."""

from collections.abc import Sequence

import numpy as np

from processing.scoring.measurement import Measurement
from processing.scoring.view import Bytes

# Just below the coverage of the clearest pane, 0.15.
_GLASS = 0.13


def counted_as_there(alpha: Bytes) -> Bytes:
    """Alpha uint8 of a product of clear glass, with the glass as solid as the rest."""
    solid: Bytes = np.clip(alpha.astype(np.float32) / _GLASS, 0, 255).astype(np.uint8)
    return solid


def kinder(one: Sequence[Measurement], other: Sequence[Measurement]) -> list[Measurement]:
    """Of two readings of one cut-out the lower value of each check; CONFIDENCE, where more is better, is the same in both."""
    values = {measurement.code: measurement for measurement in other}
    return [min(measurement, values[measurement.code], key=lambda read: read.value) for measurement in one]
