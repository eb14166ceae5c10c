"""Prepare: the photo is read once and its proxy and thumb are made."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from processing.errors import PermanentStepError
from processing.imaging.codec import DecodeError, EncodeSettings
from processing.steps.base import PROXY_PX, Result, Work, picture_file, thumb_file

VERSION = "1"
ROLES = ("proxy", "thumb")


def version(params: Mapping[str, Any]) -> str:
    return VERSION


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """Files "proxy" (1600 px long at most) and "thumb" (320 px). PermanentStepError for a photo that cannot be read."""
    try:
        photo = work.photo
    except DecodeError as error:
        raise PermanentStepError(error.code, str(error)) from error
    proxy = photo.copy()
    proxy.thumbnail((PROXY_PX, PROXY_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    source = {"source_size": list(photo.size)}
    files = (
        picture_file("proxy", proxy, EncodeSettings(format="webp", quality=86, effort="fast"), **source),
        thumb_file(proxy),
    )
    return Result(files)
