"""The worst place of a doubt in the full resolution of photo and cut-out: proxies hide what a loupe is for."""

import io
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from PIL import Image

from catalog.files import load, store
from processing.imaging.codec import EncodeSettings, decode, encode
from processing.models import Artifact, ArtifactState, RenditionKind
from review.blinds import doubts_shown
from review.models import ReviewTask

# Side of what is cut out, in pixels of the photo; shown at twice that.
CROP_PX = 320
# Photos up to this size are their own proxies.
PROXY_PX = 1600
SHOWN_BY_BROWSERS = ("JPEG", "MPO", "PNG", "WEBP")
ORIGINAL, RESULT = "original", "result"
WHICH = (ORIGINAL, RESULT)


def loupe_of(task: ReviewTask, code: str) -> dict[str, str] | None:
    """Addresses of the two crops of a doubt, {"orig", "result"}; None where the proxies show all there is."""
    source = task.rendition.job.source_image
    if task.rendition.kind != RenditionKind.CUTOUT or source is None or max(source.width, source.height) <= PROXY_PX:
        return None
    if not task.rendition.provenance.get("steps", {}).get("cutout"):
        return None
    original, result = (reverse("review-loupe", args=[task.pk, code, which]) for which in WHICH)
    return {"orig": original, "result": result}


def whole_of(task: ReviewTask) -> dict[str, Any]:
    """What a deep zoom shows instead of the proxies: {"result", "box", "original"}, None where those show all there is.

    `box` is the place of the result in the photo, as shares of it. A picture with a fault put in has no larger file, and browsers
    show no photo that is neither JPEG, PNG nor WebP: there the proxies stay.
    """
    source, nothing = task.rendition.job.source_image, {"result": None, "box": [0, 0, 1, 1], "original": None}
    if source is None or max(source.width, source.height) <= PROXY_PX:
        return nothing
    original = (
        reverse("original", args=[source.pk, source.original_name]) if source.format in SHOWN_BY_BROWSERS else None
    )
    step = task.rendition.provenance.get("steps", {}).get("cutout")
    cut = Artifact.objects.filter(step_key=step, role="cutout", state=ArtifactState.STORED).first() if step else None
    if cut is None or task.known_fault is not None or task.rendition.kind != RenditionKind.CUTOUT:
        return {**nothing, "original": original}
    (left, top, wide, high), (width, height) = cut.meta["box_px"], cut.meta["source_size"]
    box = [left / width, top / height, wide / width, high / height]
    return {
        "result": reverse("media", args=[cut.sha256, f"{task.rendition.job.sku}-cutout.png"]),
        "box": box,
        "original": original,
    }


def crop(task: ReviewTask, *, code: str, which: str) -> bytes:
    """The crop as WebP, the worst place in its middle; cut once and kept. Http404 where there is none."""
    doubt = next((one for one in doubts_shown(task) if one["code"] == code and one["worst"]), None)
    if doubt is None or which not in WHICH:
        raise Http404("There is no such crop.")
    key = _key(task, doubt["worst"], which)
    there = Artifact.objects.filter(step_key=key, role="loupe", state=ArtifactState.STORED).first()
    try:
        if there is not None:
            return load(there.path)
        picture = CUTS[which](task, doubt["worst"])
    except FileNotFoundError as error:
        raise Http404("The file is not kept any more.") from error
    data = encode(picture, EncodeSettings(format="webp", quality=90, effort="fast"))
    _keep(key, data)
    return data


def _key(task: ReviewTask, worst: list[float], which: str) -> str:
    fault = task.known_fault.overlay_sha256 if task.known_fault else ""
    parts = [which, task.rendition.provenance["steps"]["cutout"], fault, *map(str, worst), str(CROP_PX)]
    return sha256("|".join(parts).encode()).hexdigest()


def _keep(key: str, data: bytes) -> None:
    file = store(data, suffix="webp")
    values: dict[str, Any] = {"sha256": file.sha256, "path": file.path, "bytes": file.bytes, "media_type": "image/webp",
                              "width": CROP_PX, "height": CROP_PX, "state": ArtifactState.STORED}  # fmt: skip
    Artifact.objects.update_or_create(step_key=key, role="loupe", defaults=values)


def _around(
    picture: Image.Image, worst: list[float], size: tuple[int, int], *, offset: tuple[int, int] = (0, 0)
) -> Image.Image:
    """The square around a place of a whole of this size, out of a part of it that begins at `offset`."""
    left = round(worst[0] * size[0]) - CROP_PX // 2 - offset[0]
    top = round(worst[1] * size[1]) - CROP_PX // 2 - offset[1]
    return picture.crop((left, top, left + CROP_PX, top + CROP_PX))


def _of_photo(task: ReviewTask, worst: list[float]) -> Image.Image:
    source = task.rendition.job.source_image
    if source is None:
        raise FileNotFoundError
    photo = decode(load(source.path), max_pixels=settings.MAX_PHOTO_PIXELS)
    return _around(photo, worst, photo.size)


def _of_cutout(task: ReviewTask, worst: list[float]) -> Image.Image:
    if task.known_fault is not None:
        return _of_fault(task, worst)
    artifact = _artifact(step_key=task.rendition.provenance["steps"]["cutout"], role="cutout")
    left, top, _, _ = artifact.meta["box_px"]
    width, height = artifact.meta["source_size"]
    picture = Image.open(io.BytesIO(load(artifact.path))).convert("RGBA")
    return _around(picture, worst, (width, height), offset=(left, top))


def _of_fault(task: ReviewTask, worst: list[float]) -> Image.Image:
    """The photo's own pixels under the faulty matte: as sharp as any other result."""
    assert task.known_fault is not None
    source = task.rendition.job.source_image
    overlay = Image.open(io.BytesIO(load(_artifact(sha256=task.known_fault.overlay_sha256).path)))
    picture = _of_photo(task, worst).convert("RGBA")
    if source is None:
        raise FileNotFoundError
    scale = overlay.width / source.width
    side, (x, y) = CROP_PX * scale / 2, (worst[0] * overlay.width, worst[1] * overlay.height)
    box = (round(x - side), round(y - side), round(x + side), round(y + side))
    picture.putalpha(overlay.getchannel("A").crop(box).resize(picture.size, Image.Resampling.BICUBIC))
    return picture


def _artifact(**fields: str) -> Artifact:
    found = Artifact.objects.filter(state=ArtifactState.STORED, **fields).first()
    if found is None:
        raise FileNotFoundError(f"There is no stored artifact {fields}.")
    return found


CUTS: dict[str, Callable[[ReviewTask, list[float]], Image.Image]] = {ORIGINAL: _of_photo, RESULT: _of_cutout}
