"""The cut-out and its scores on files alone, with no database: what the commands cutout, score and evaluate do."""

from dataclasses import dataclass
from typing import Any

from processing.imaging.codec import MAX_PIXELS, EncodeSettings, decode, encode
from processing.imaging.cutout import full_size
from processing.materials import seen_through
from processing.scoring.cutout import measure_cutout
from processing.steps.base import Work, flat
from processing.steps.checks import doubts, kept, score_of
from processing.steps.cutout import run


@dataclass(frozen=True)
class MadeCutout:
    """RGBA PNG of the upright photo's full size, straight alpha."""

    png: bytes
    engine: str
    megapixels: float
    note: str


def cut_out(data: bytes, *, engine: str = "auto", repair: bool = True, name: str = "") -> MadeCutout:
    """Cut-out of a photo's file by the same step as in a batch; its `name` may say that it shows glass or eyewear. Raises DecodeError and
    StepError."""
    work = Work(photo_bytes=lambda: data, stored=_nothing, load=_nothing, max_pixels=MAX_PIXELS)
    params = {"engine": engine, "repair": repair, "category": "", "see_through": seen_through(name, "")}
    result = run(work, params)
    meta = next(file.meta for file in result.files if file.role == "cutout")
    whole = full_size(work.cutout)
    megapixels = round(whole.width * whole.height / 1e6, 3)
    return MadeCutout(encode(whole, EncodeSettings.named("png")), meta["engine"], megapixels, result.note)


def score(photo: bytes, cutout: bytes, *, category: str = "") -> dict[str, Any]:
    """{"score", "verdict", "checks"} of a cut-out of the photo's size. ValueError when the sizes differ."""
    source = flat(decode(photo))
    made = decode(cutout).convert("RGBA")
    if made.size != source.size:
        sizes = f"{made.width}x{made.height}, the photo {source.width}x{source.height}"
        raise ValueError(f"the cut-out is {sizes}: they must be of one size")
    measurements = measure_cutout(source, made)
    rows = kept(measurements, category=category)
    names = ("code", "value", "unit", "limit", "passed", "box", "worst")
    return {
        "score": round(score_of(measurements, category=category), 4),
        "verdict": "review" if doubts(measurements, category=category) else "ship",
        "checks": [{name: row[name] for name in names} for row in rows],
    }


def _nothing(step: str, role: str) -> Any:
    raise LookupError(f"{step} {role} is not kept here")
