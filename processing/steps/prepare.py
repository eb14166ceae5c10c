"""Prepare: the photo is read once and its proxy and thumb are made."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from processing.errors import PermanentStepError
from processing.imaging.codec import DecodeError, EncodeSettings
from processing.steps.base import Result, Work, picture_file, thumb_file

VERSION = "4"
ROLES = ("proxy", "thumb")


def version(params: Mapping[str, Any]) -> str:
    return VERSION


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """Files "proxy" (1600 px long at most) and "thumb" (320 px). PermanentStepError for a photo that cannot be read."""
    try:
        photo = work.photo
    except DecodeError as error:
        raise PermanentStepError(error.code, str(error)) from error
    proxy = Image.fromarray(work.proxy)
    source = {"source_size": list(photo.size)}
    files = (
        picture_file("proxy", proxy, EncodeSettings(format="webp", quality=86, effort="fast"), **source),
        thumb_file(proxy),
    )
    return Result(files)
