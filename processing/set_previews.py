"""A shop's own set shown with a product standing in it. Runs in workers: it loads the imaging libraries."""

import logging

from PIL import Image

from catalog import files
from processing.imaging.backplates import from_json
from processing.imaging.codec import EncodeSettings, decode, encode
from processing.imaging.setpreview import stand_in, standing
from processing.models import Artifact, ArtifactState, OwnBackplate

logger = logging.getLogger(__name__)
PREVIEW_PX = 900


def preview(pk: int) -> None:
    """Draws the set with a product standing in it: the newest cut-out there is, or a plain box."""
    row = OwnBackplate.objects.filter(pk=pk).first()
    if row is None:
        return
    plate = from_json(row.meta, decode(files.load(row.path)).convert("RGB"))
    picture = standing(_newest_cutout() or stand_in(), plate, side_px=PREVIEW_PX)
    stored = files.store(encode(picture, EncodeSettings(format="webp", quality=88)), suffix="setview")
    OwnBackplate.objects.filter(pk=pk, values=row.values).update(preview_sha256=stored.sha256, preview_path=stored.path)


def _newest_cutout() -> Image.Image | None:
    """RGBA picture of the product cut out last; None where there is none any more."""
    row = Artifact.objects.filter(role="cutout", state=ArtifactState.STORED).order_by("-pk").first()
    try:
        return decode(files.load(row.path)).convert("RGBA") if row else None
    except (FileNotFoundError, ValueError) as error:
        logger.info("set preview without artifact=%s: %s", row and row.pk, error)
        return None
