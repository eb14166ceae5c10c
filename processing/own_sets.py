"""A shop's own sets: taken in from a photo, described by a person, removed."""

import re
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts.models import User
from catalog import files
from processing import actors
from processing.imaging.backplates import MIN_PLATE_PX, from_json
from processing.imaging.codec import EncodeSettings, decode, encode
from processing.imaging.hints import suggest_values
from processing.models import OwnBackplate

# Larger pictures only make the worker slower: nothing that is made is wider.
MAX_PLATE_PX = 2560
# Not the ending of the artifacts made from it: retention removes those, and the path is made of content and ending.
_ENDING = "set"


class SetRefused(ValueError):
    """A picture or a value that cannot be a set's; the message says why."""


def take(data: bytes, *, style: str, name: str, owner: User | None) -> OwnBackplate:
    """A set out of a photo, cut to its middle square, with suggested values; it is used once somebody has saved those.

    The same picture again gives the set that is there. Raises DecodeError or SetRefused.
    """
    style, name = slug(style, most=32), slug(name, most=60)
    if not style:
        raise SetRefused(gettext("Give the style a name: letters, digits and hyphens, for example shop-window."))
    picture = decode(data, max_pixels=settings.MAX_PHOTO_PIXELS).convert("RGB")
    side = min(picture.size)
    if side < MIN_PLATE_PX:
        raise SetRefused(
            f"The picture is {picture.width} x {picture.height} px; its shorter side must have {MIN_PLATE_PX}."
        )
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    square.thumbnail((MAX_PLATE_PX, MAX_PLATE_PX), reducing_gap=2.0)
    stored = files.store(encode(square, EncodeSettings(format="webp", quality=93)), suffix=_ENDING)
    there = OwnBackplate.objects.filter(style=style, sha256=stored.sha256).first()
    if there is not None:
        return there
    return _named(
        style, name or "set", sha256=stored.sha256, path=stored.path, media_type="image/webp", side_px=square.width,
        values=suggest_values(square), created_by=owner,
    )  # fmt: skip


def slug(text: str, *, most: int) -> str:
    """Small letters, digits and hyphens of a text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:most].strip("-")


def _named(style: str, name: str, **values: Any) -> OwnBackplate:
    """The row under the first free name."""
    for number in range(1, 1000):
        tried = name if number == 1 else f"{name[:55]}-{number}"
        try:
            with transaction.atomic():
                return OwnBackplate.objects.create(style=style, name=tried, **values)
        except IntegrityError:
            if not OwnBackplate.objects.filter(style=style, name=tried).exists():
                raise
    raise SetRefused(f"There are too many sets named {name} in {style}.")


def describe(row: OwnBackplate, values: dict[str, Any]) -> None:
    """Keeps the values that a person has checked; the set is used from now on. SetRefused says which value is wrong."""
    try:
        from_json({**row.meta, **values}, decode(files.load(row.path)).convert("RGB"))
    except ValueError as error:
        raise SetRefused(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    row.values, row.is_ready, row.preview_sha256, row.preview_path = {**row.values, **values}, True, "", ""
    with transaction.atomic():
        row.save(update_fields=["values", "is_ready", "preview_sha256", "preview_path"])
        transaction.on_commit(partial(actors.draw_set.send, row.pk), robust=True)


def remove(row: OwnBackplate) -> None:
    """Takes the set out. Pictures made with it stay; a batch that has not come to it yet takes another of its style."""
    row.delete()
    for path in (row.path, row.preview_path):
        if path and not OwnBackplate.objects.filter(path=path).exists():
            files.remove(path)
