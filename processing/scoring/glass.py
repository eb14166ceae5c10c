"""Clear glass may count as there or as not there: what is right in either reading is no fault."""

from collections.abc import Sequence

import numpy as np

from processing.imaging.matting.matte import CLEAREST_PANE
from processing.scoring.measurement import Measurement
from processing.scoring.view import Bytes

# Just below the coverage of the clearest pane, so that its noise counts as there, too.
_GLASS = CLEAREST_PANE - 0.02
# From this alpha on a pixel is no glass.
_SOLID = 242
# Glass on paper looks like paper in shade: only what is solid can be backdrop or shadow that was left in.
LEFT_IN = frozenset({"RESIDUE", "SHADOW_LEFT"})


def counted_as_there(alpha: Bytes) -> Bytes:
    """Alpha uint8 of a product of clear glass, with the glass as solid as the rest."""
    solid: Bytes = np.clip(alpha.astype(np.float32) / _GLASS, 0, 255).astype(np.uint8)
    return solid


def without_glass(alpha: Bytes) -> Bytes:
    """Alpha uint8 of what is solid alone."""
    return np.where(alpha >= _SOLID, alpha, 0).astype(np.uint8)


def kinder(one: Sequence[Measurement], other: Sequence[Measurement]) -> list[Measurement]:
    """Of two readings of one cut-out the lower value of each check that the second has, too; CONFIDENCE, where more is better, is
    the same in both."""
    values = {measurement.code: measurement for measurement in other}
    return [min(read, values.get(read.code, read), key=lambda either: either.value) for read in one]
