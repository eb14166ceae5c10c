"""What a channel shows now, and the feed of its changes: each exactly once, in order, also under concurrent writes."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from marketplaces.models import ChangeKind, Channel, ExportFile, Listing, ListingChange, ListingImage
from marketplaces.packs import Pack
from marketplaces.recalls import LATELY, WITHDRAWING, mark, with_what_is_made_from
from processing.models import Rendition

# A swatch is made from a main picture, that from a cut-out.
MOST_LEVELS = 3
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class BadCursor(ValueError):
    """A cursor this service never gave out."""


@dataclass(frozen=True)
class ChangePage:
    changes: list[ListingChange]
    next_cursor: str
    has_more: bool


def publish(channel: Channel, *, pack: Pack, files: list[ExportFile], variant: Any) -> ListingChange | None:
    """Makes the files the picture set of their product on the channel. Call inside the transaction that writes the files.

    None when the set is what it was: nothing is announced twice.
    """
    listing, _ = Listing.objects.get_or_create(channel=channel, sku=variant.sku, defaults={"variant": variant})
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    digest = _content_hash(files)
    if listing.content_hash == digest and not listing.is_withdrawn:
        _point_to(listing, files)
        return None
    listing.variant, listing.content_hash, listing.is_withdrawn = variant, digest, False
    listing.set_version += 1
    listing.save(update_fields=["variant", "content_hash", "is_withdrawn", "set_version", "updated_at"])
    _point_to(listing, files)
    payload = {
        "asin": variant.asin,
        "gtin": variant.gtin,
        "title": variant.product.name or variant.sku,
        "rule_pack": {"name": pack.name, "version": pack.version},
        "images": [_image(file, variant) for file in files],
    }
    return _announce(listing, ChangeKind.UPSERT, payload)


def withdraw_recalled() -> int:
    """Takes back what was recalled or rejected after it had gone out, and tells the channel. For the scheduler, once an hour:
    it looks at every picture that is listed."""
    gone, place = Q(), "images__rendition__"
    for _ in range(MOST_LEVELS):
        gone |= Q((f"{place}state__in", WITHDRAWING))
        place += "parent__"
    return sum(_withdraw_from(pk) for pk in list(Listing.objects.filter(gone).distinct().values_list("pk", flat=True)))


def withdraw_recalled_lately() -> int:
    """The same for what was taken back in the last minutes. For the scheduler, every few seconds."""
    taken = Rendition.objects.filter(state__in=WITHDRAWING, decided_at__gte=timezone.now() - LATELY)
    ids = with_what_is_made_from(set(taken.values_list("pk", flat=True)))
    shown = ListingImage.objects.filter(rendition__in=ids).order_by().values_list("listing", flat=True).distinct()
    return sum(_withdraw_from(pk) for pk in list(shown)) if ids else 0


@transaction.atomic
def _withdraw_from(pk: int) -> int:
    listing = Listing.objects.select_for_update().select_related("channel").get(pk=pk)
    images = list(listing.images.select_related("file", "rendition__parent__parent"))
    gone = [image for image in images if image.rendition is not None and _is_gone(image)]
    if not gone:
        return 0
    reason = "; ".join(sorted({_reason(image) for image in gone}))
    # Without its main picture a listing has no set that could be shown: all of it goes.
    listing.is_withdrawn = len(gone) == len(images) or any(image.position == images[0].position for image in gone)
    gone = images if listing.is_withdrawn else gone
    ListingImage.objects.filter(pk__in=[image.pk for image in gone]).delete()
    _unpublish(listing, gone)
    rest = [image.file for image in images if image not in gone]
    listing.set_version += 1
    listing.content_hash = "" if listing.is_withdrawn else _content_hash(rest)
    listing.save(update_fields=["set_version", "is_withdrawn", "content_hash", "updated_at"])
    if listing.is_withdrawn:
        _announce(listing, ChangeKind.WITHDRAWN, {"reason": reason, "images": []})
    else:
        last = listing.changes.filter(kind=ChangeKind.UPSERT).order_by("-id").first()
        before = last.payload if last else {}
        kept = {file.pk for file in rest}
        images_left = [image for image in before.get("images", []) if image["id"] in kept]
        _announce(listing, ChangeKind.UPSERT, {**before, "reason": reason, "images": images_left})
    return 1


def _unpublish(listing: Listing, images: list[ListingImage]) -> None:
    """The links of all exports that carried these pictures of the product to the channel answer 410 from now on, and their
    feeds are written anew without them."""
    bytes_ = Q(sha256__in=[image.file.sha256 for image in images])
    made_of = Q(rendition__in=[image.rendition_id for image in images if image.rendition_id])
    mark(ExportFile.objects.filter(bytes_ | made_of, export__channel=listing.channel, sku=listing.sku))


def _is_gone(image: ListingImage) -> bool:
    """It was taken back itself, or what it is made from was."""
    rendition: Rendition | None = image.rendition
    while rendition is not None and rendition.state not in WITHDRAWING:
        rendition = rendition.parent
    return rendition is not None


def _reason(image: ListingImage) -> str:
    state = image.rendition.get_state_display().lower() if image.rendition else "removed"
    return f"{image.file.name} {state}"


def _point_to(listing: Listing, files: list[ExportFile]) -> None:
    listing.images.all().delete()
    ListingImage.objects.bulk_create(
        [
            ListingImage(listing=listing, file=file, rendition_id=file.rendition_id, position=place)
            for place, file in enumerate(files, start=1)
        ]
    )


def _image(file: ExportFile, variant: Any) -> dict[str, Any]:
    made = file.receipt.get("made", {})
    return {
        "id": file.pk,
        "role": file.role,
        "position": file.position,
        "name": file.name,
        "path": file.public_path,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "width": file.width,
        "height": file.height,
        "mime": file.media_type,
        "alt_text": variant.product.name or variant.sku,
        "digital_source_type": made.get("source_type", ""),
    }


def _content_hash(files: list[ExportFile]) -> str:
    parts = [[file.role, file.name, file.sha256] for file in files]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _announce(listing: Listing, kind: str, payload: dict[str, Any]) -> ListingChange:
    """Writes the change with the channel locked until the transaction ends.

    The next writer gets its id only after this one can be seen: no reader ever passes an id that shows up later. A
    bound by running transactions would do the same without a lock, but any forgotten transaction on the server, even in
    another database, would hold the whole feed back. The lock is held for the few milliseconds to the commit.
    """
    channel = Channel.objects.select_for_update(no_key=True).get(pk=listing.channel_id)
    return ListingChange.objects.create(
        channel=channel,
        listing=listing,
        kind=kind,
        payload={**payload, "sku": listing.sku, "set_version": listing.set_version},
    )


# ---------------------------------------------------------------- reading the feed


def page(channel: Channel, *, cursor: str, limit: int) -> ChangePage:
    """The changes after a cursor, oldest first; an empty cursor starts at the beginning. Raises BadCursor.

    Cost does not depend on how many changes there are: one index range of `limit` rows.
    """
    after = read_cursor(cursor)
    rows = list(ListingChange.objects.filter(channel=channel, pk__gt=after).order_by("pk")[: limit + 1])
    shown = rows[:limit]
    return ChangePage(shown, cursor_of(shown[-1]) if shown else cursor, has_more=len(rows) > limit)


def cursor_of(change: ListingChange) -> str:
    """Opaque to readers, so that it may change its form."""
    return base64.urlsafe_b64encode(f"1:{change.pk}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int:
    """The place a cursor stands for, 0 for an empty one."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        form, place = text.split(":")
        if form != "1" or not 0 <= int(place) < 2**63:
            raise ValueError(cursor)
        return int(place)
    except (ValueError, binascii.Error) as error:
        raise BadCursor("This cursor is not one of ours. Leave it out to start from the beginning.") from error


def shown(change: ListingChange) -> dict[str, Any]:
    """A change as integrators read it, with whole links."""
    images = [
        {**{key: value for key, value in image.items() if key != "path"}, "url": link_to(image["path"])}
        for image in change.payload.get("images", [])
    ]
    return {
        **change.payload,
        "id": change.pk,
        "kind": change.kind,
        "at": change.created_at,
        "images": images,
    }


def link_to(path: str) -> str:
    return f"{settings.SITE_URL}{path}" if path else ""


def local_site() -> str:
    """The address that links begin with when nobody else can come there; empty when others can."""
    return settings.SITE_URL if urlsplit(settings.SITE_URL).hostname in LOCAL_HOSTS else ""


def forget_old(*, days: int = 400) -> int:
    """Removes changes that a later change of the same listing made meaningless and that are older than `days`."""
    before = timezone.now() - timedelta(days=days)
    old = ListingChange.objects.filter(created_at__lt=before)
    newest = {row["listing"]: row["id"] for row in old.order_by("listing", "id").values("listing", "id")}
    deleted, _ = old.exclude(pk__in=newest.values()).delete()
    return deleted
