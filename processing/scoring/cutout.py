"""All checks of one cut-out against its photo."""

from typing import Any

from numpy.typing import NDArray
from PIL import Image

from processing.scoring.blotches import measure_blotch
from processing.scoring.contour import profiles, trace
from processing.scoring.edges import measure_edges, read_across
from processing.scoring.leftovers import measure_left_in
from processing.scoring.measurement import Measurement
from processing.scoring.regions import (
    measure_frame_contact,
    measure_hole,
    measure_island,
    measure_part_missing,
    measure_see_through,
)
from processing.scoring.showing import with_backdrops
from processing.scoring.view import View, look_at


def measure_cutout(
    photo: Image.Image,
    cutout: Image.Image,
    *,
    backdrop: NDArray[Any] | None = None,
    confidence: float | None = None,
) -> list[Measurement]:
    """EDGE_*, HOLE, SEE_THROUGH, BLOTCH, ISLAND, PART_MISSING, RESIDUE, SHADOW_LEFT, FRAME_CONTACT and CONFIDENCE of a cut-out.

    photo       the oriented source (converted to RGB); cutout RGBA, straight colour, of the same size
    backdrop    the engine's own prediction, uint8 (h / k, w / k, 3); without it one is estimated from the photo
    confidence  the engine's own 0..1; without it CONFIDENCE is left out

    Outline checks work at a long side of 1600 px at most, area checks at 400 px, so values do not depend on the
    picture's size. ValueError when the sizes differ.
    """
    return measured(look_at(photo, cutout, backdrop), confidence=confidence)


def measured(view: View, *, confidence: float | None = None) -> list[Measurement]:
    """The same of both pictures as they are seen at the scale of the outline."""
    outline = trace(view.alpha)
    height, width = view.alpha.shape
    results = measure_edges(outline, read_across(profiles(view, outline)), (height, width))
    results += [measure_hole(view.area), measure_island(view.area), measure_part_missing(view.area)]
    results += [measure_see_through(view.area), measure_blotch(view.area)]
    results += measure_left_in(view.area)
    results.append(measure_frame_contact(view.alpha, frame_px=outline.frame_px, length_px=outline.length_px))
    if confidence is not None:
        results.append(Measurement("CONFIDENCE", float(confidence), "0..1"))
    return with_backdrops(results, view)
