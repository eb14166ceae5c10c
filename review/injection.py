"""Faults put into a good cut-out and measured: the pixels behind known faults and practice items."""

import base64
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from processing.imaging.cutout import product_box
from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import CUTOUT_DEFECTS, Triple, inject
from processing.steps.checks import kept, score_of

THUMB_PX = 320


@dataclass(frozen=True)
class Faulty:
    """A cut-out with a fault in it. `overlay` has the photo's frame; `checks` are the fields of Check rows."""

    defect: str
    strength: int
    photo: Image.Image
    overlay: Image.Image
    thumb: Image.Image
    checks: list[dict[str, Any]]
    score: float


def faulty(
    photo: Image.Image, overlay: Image.Image, *, category: str, strength: int, defect: str = "", name: str = ""
) -> Faulty:
    """A photo's good cut-out, RGBA of the same size, with one fault of the given strength; any where none is named."""
    if photo.size != overlay.size:
        raise ValueError(f"the cut-out is {overlay.width}x{overlay.height}, the photo {photo.width}x{photo.height}")
    # Shadows would have to be in the photo, too, and what is shown beside the result is the photo as it is.
    defect = defect or random.choice([one for one in CUTOUT_DEFECTS if one != "leftover shadow"])
    bands = overlay.convert("RGBA").split()
    name = name or f"{random.getrandbits(64):x}"
    triple = Triple(name, name, photo.convert("RGB"), bands[3], Image.merge("RGB", bands[:3]), category)
    case = inject(triple, defect, strength)
    return measured(case.photo, case.cutout, defect=defect, strength=strength, category=category)


def measured(
    photo: Image.Image, cutout: Image.Image, *, defect: str = "", strength: int = 0, category: str = ""
) -> Faulty:
    """A cut-out in its photo's frame with what the gate would measure."""
    found = measure_cutout(photo, cutout)
    alpha = np.asarray(cutout.getchannel("A"))
    thumb = cutout.crop(product_box(alpha))
    thumb.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.LANCZOS)
    checks = [_row(values) for values in kept(found, category=category)]
    return Faulty(defect, strength, photo, cutout, thumb, checks, float(score_of(found, category=category)))


def _row(values: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in values.items() if name not in ("hard", "heat")}
    return {**row, "is_hard": values["hard"], "heat": base64.b64decode(values["heat"]) if values["heat"] else None}
