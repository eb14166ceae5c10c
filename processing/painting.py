"""A matte corrected by hand: a person's strokes on a cut-out, saved as a rework that makes everything downstream again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from processing.imaging.strokes import Stroke, strokes_from
from processing.models import Rendition, RenditionKind
from processing.reworks import Rework

BY_HAND = "by-hand"


@dataclass(frozen=True)
class Painting:
    """What somebody painted: on which cut-out is told by the rendition. `ref` finds the decision it came with."""

    strokes: Sequence[Stroke]
    by: str
    ref: str = ""


def painted_rework(rendition: Rendition, painting: Painting) -> Rework:
    """The rework that paints on the rendition's own cut-out. ValueError when it is no cut-out or nothing says which one.

    The strokes lie on the cut-out that was on the screen, repairs and earlier edits included, not on whatever the engine
    would make today: its step's key is kept with them.
    """
    if rendition.kind != RenditionKind.CUTOUT:
        raise ValueError(gettext("Only a cut-out can be painted on; what is made from it follows."))
    key = rendition.provenance.get("steps", {}).get("cutout")
    if not key:
        raise ValueError(gettext("This cut-out was made before paintings were kept: make it again first."))
    painted = {
        "on": key, "by": painting.by, "ref": painting.ref,
        "strokes": [stroke.to_dict() for stroke in painting.strokes],
    }  # fmt: skip
    return Rework(BY_HAND, "Matte fixed by hand", "cutout", {"painted": painted, "edits": []})


def painting_from(rows: Any, *, by: str, ref: str = "") -> Painting:
    """A painting from the strokes a page sends. ValueError says what is wrong with them."""
    return Painting(strokes_from(rows), by, ref)
