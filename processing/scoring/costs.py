"""What each check costs in CPU time, and all of them on one picture of 1600 px."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from processing.scoring import blotches, leftovers, regions
from processing.scoring.alignment import align
from processing.scoring.composite import WORK_LONG_PX, SetFacts, measure_composite, measure_fidelity
from processing.scoring.contour import profiles, trace
from processing.scoring.cutout import measure_cutout
from processing.scoring.defects import Triple, good
from processing.scoring.drift import measure_drift, measure_exposure
from processing.scoring.edges import measure_edges, read_across
from processing.scoring.light import SetLight, measure_light
from processing.scoring.output_defects import FILL, Output, packshot
from processing.scoring.rendition import Expected, measure_rendition
from processing.scoring.sharpness import SCALE_LONG_PX, measure_sharpness
from processing.scoring.view import CONTOUR_LONG_PX, look_at

Work = Callable[[], object]
PRODUCT = "product: drift, exposure, blur"
WHOLE = ("cut-out", "file", PRODUCT)


@dataclass(frozen=True)
class Costs:
    """Median CPU ms per megapixel by check (shared work under a name in small letters), and of all checks that one packshot gets,
    from a photo of 1600 px, in ms."""

    ms_per_megapixel: dict[str, float]
    picture_ms: float


def costs_of(triples: Sequence[Triple]) -> Costs:
    """Each check timed by itself on the good pictures, brought to 1600 px; about 1 s of CPU for each triple."""
    spent: dict[str, list[float]] = {}
    megapixels: list[float] = []
    for triple in map(_at_1600, triples):
        megapixels.append(triple.photo.width * triple.photo.height / 1e6)
        for name, work in _works(triple).items():
            spent.setdefault(name, []).append(_cpu_ms(work))
    median = {name: float(np.median(np.array(found) / megapixels)) for name, found in spent.items()}
    whole = [sum(spent[name][index] for name in WHOLE) for index in range(len(megapixels))]
    return Costs(median, float(np.median(whole)) if whole else 0.0)


def _at_1600(triple: Triple) -> Triple:
    share = CONTOUR_LONG_PX / max(triple.photo.size)
    size = (round(triple.photo.width * share), round(triple.photo.height * share))
    photo, alpha, foreground = (one.resize(size) for one in (triple.photo, triple.alpha, triple.foreground))
    return Triple(triple.name, triple.product, photo, alpha, foreground, triple.category)


def _cpu_ms(work: Work) -> float:
    """The better of two runs: the first one fills caches."""
    found = []
    for _ in range(2):
        began = time.process_time()
        work()
        found.append(1000 * (time.process_time() - began))
    return min(found)


def _works(triple: Triple) -> dict[str, Work]:
    return {**_on_cutout(triple), **_on_output(triple)}


def _on_cutout(triple: Triple) -> dict[str, Work]:
    case = good(triple)
    view = look_at(case.photo, case.cutout, None)
    outline = trace(view.alpha)
    samples = profiles(view, outline)
    across = read_across(samples)
    area = view.area
    return {
        "cut-out": partial(measure_cutout, case.photo, case.cutout),
        "view and backdrop": partial(look_at, case.photo, case.cutout, None),
        "outline": lambda: read_across(profiles(view, trace(view.alpha))),
        "EDGE_*": partial(measure_edges, outline, across, view.alpha.shape[:2]),
        "HOLE": partial(regions.measure_hole, area),
        "SEE_THROUGH": partial(regions.measure_see_through, area),
        "BLOTCH": partial(blotches.measure_blotch, area),
        "ISLAND": partial(regions.measure_island, area),
        "PART_MISSING": partial(regions.measure_part_missing, area),
        "RESIDUE, SHADOW_LEFT": partial(leftovers.measure_left_in, area),
    }


def _on_output(triple: Triple) -> dict[str, Work]:
    output = packshot(triple)
    encoded, source, canvas = output.encoded(), triple.foreground.convert("RGB"), output.canvas
    expected = Expected(size=canvas.size, format="jpeg", background="white", fill=FILL)
    white = Image.new("RGB", canvas.size, "white")
    # The size at which composites are measured.
    work_px = (WORK_LONG_PX, WORK_LONG_PX)
    rgb, mask, bare = (np.asarray(one.resize(work_px)) for one in (canvas, output.mask, white))
    placed = canvas.convert("RGBA")
    placed.putalpha(output.mask)
    facts = SetFacts((0.6, 0.95), (0.2, 0.9))
    return {
        "file": partial(measure_rendition, encoded, expected=expected, product_mask=output.mask),
        PRODUCT: partial(_product, source, triple.alpha, output),
        "COLOUR_DRIFT": partial(measure_drift, source, triple.alpha, canvas, landing=output.landing),
        "EXPOSURE": partial(measure_exposure, source, triple.alpha, canvas, landing=output.landing),
        "BLUR": partial(measure_sharpness, source, triple.alpha, canvas, landing=output.landing),
        "BG_MATCH, CONTACT, SCALE": partial(
            measure_composite, canvas, output.mask, facts=facts, expected_background=white
        ),
        "LIGHT_SIDE, SHADOW_SIDE": partial(measure_light, rgb, mask, SetLight(180, 30, 0.3), bare),
        "FIDELITY": partial(measure_fidelity, canvas, placed),
    }


def _product(source: Image.Image, alpha: Image.Image, output: Output) -> None:
    """The three together, over pictures that are brought to one size once."""
    pair = align(source, alpha, output.canvas, landing=output.landing, long_px=SCALE_LONG_PX)
    for measure in (measure_drift, measure_exposure, measure_sharpness):
        measure(source, alpha, output.canvas, landing=output.landing, pair=pair)
