"""Ghost: the inside view of a garment closes the neck of its front view. Where that does not fit, the front stays as it is
and a person looks."""

from collections.abc import Mapping
from typing import Any

from processing.errors import StepError
from processing.imaging import ghost
from processing.imaging.codec import DecodeError, EncodeSettings, decode
from processing.imaging.cutout import Cutout, cutout_from_matte
from processing.imaging.ghost import SURE, NoOpening, join_neck
from processing.providers import provider
from processing.scoring.measurement import Measurement
from processing.steps.base import Result, Work, flat, picture_file
from processing.steps.checks import kept
from processing.steps.cutout import DEFAULT_ENGINE

VERSION = "2"
ROLES = ("joined",)
PNG = EncodeSettings.named("png")
# A joint's fit is on a scale of its own: one that fits keeps every limit of confidence, an unsure one is below each.
_SURE, _DOUBTED = 1.0, 0.4


def version(params: Mapping[str, Any]) -> str:
    return f"{VERSION}|{ghost.VERSION}|{provider(_engine(params)).version()}"


def _engine(params: Mapping[str, Any]) -> str:
    """Of the inside view; "auto" is the studio engine there."""
    engine = str(params["engine"])
    return DEFAULT_ENGINE if engine == "auto" else engine


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """File "joined": the cut-out with its neck, or without where the views do not fit."""
    try:
        joint = join_neck(work.cutout, _inside(work, params))
    except NoOpening as reason:
        return _kept(work, work.cutout, 0.0, f"No neck joint: {reason}", params)
    except (DecodeError, FileNotFoundError, StepError) as error:
        return _kept(work, work.cutout, 0.0, f"No neck joint, the inside view cannot be used: {error}", params)
    if joint.confidence < SURE:
        note = f"The neck joint is unsure ({joint.confidence:.2f}): front and inside view hardly fit."
    else:
        note = f"Neck joint made of front and inside view ({joint.confidence:.2f})."
    return _kept(work, joint.cutout, joint.confidence, note, params)


def _inside(work: Work, params: Mapping[str, Any]) -> Cutout:
    photo = decode(work.photo_of(str(params["inside"])), max_pixels=work.max_pixels)
    return cutout_from_matte(flat(photo), provider(_engine(params)).matte(photo))


def _kept(work: Work, cutout: Cutout, confidence: float, note: str, params: Mapping[str, Any]) -> Result:
    work.made["joined"] = cutout
    for late in ("finished", "levels"):
        work.__dict__.pop(late, None)
    sure = _SURE if confidence >= SURE else min(confidence, _DOUBTED)
    check = Measurement("CONFIDENCE", sure, "0..1", detail=note)
    meta = {
        "box_px": list(cutout.box_px),
        "source_size": list(cutout.source_size),
        "confidence": float(cutout.confidence),
        "notes": list(cutout.notes),
        "checks": kept([check], category=str(params.get("category", ""))),
    }
    return Result((picture_file("joined", cutout.image, PNG, **meta),), note=note)
