"""What of an export goes where at a target; and what has to be sent again when something of it was taken back."""

from dataclasses import replace

from django.utils import timezone

from marketplaces.deliveries.base import Connector
from marketplaces.deliveries.kinds import KINDS
from marketplaces.delivery_models import Delivery, DeliveryFile, FileState
from marketplaces.documents import corrected_documents, feed_entries
from marketplaces.feeds import FEEDS
from marketplaces.listings import link_to
from marketplaces.models import Export, ExportFile, FileKind
from marketplaces.outfiles import OutFile, stored
from marketplaces.packfile import load_pack

_TAKEN_BACK = (FileState.WITHDRAWING, FileState.WITHDRAWN, FileState.REPLACED)


def plan(delivery: Delivery) -> None:
    """A row for every file, pictures before the documents that speak of them."""
    connector = _connector(delivery)
    files = delivery.export.files.filter(withdrawn_at=None, kind=FileKind.PICTURE).order_by("sku", "position", "name")
    rows = [_row(delivery, file, connector) for file in files]
    rows += _documents(delivery, connector)
    known = _known_places(delivery, [row.key for row in rows])
    for position, row in enumerate(rows):
        row.position = position
        if there := known.get((row.key, row.sha256)):
            # Sent by an earlier delivery: only looked at, and sent again if it is not there.
            row.state, (row.remote_id, row.remote_url) = FileState.SENT, there
            row.log = row.noted("was sent by an earlier delivery")
    DeliveryFile.objects.bulk_create(rows, batch_size=500)


def correct(delivery: Delivery) -> int:
    """Lets the documents that still speak of what was taken back be sent again without it. How many. Call with the delivery
    locked, after its files were marked."""
    left = delivery.files.filter(is_picture=False).exclude(state__in=_TAKEN_BACK)
    known = {file.name: file for file in left}
    if not known:
        return 0
    gone = set(delivery.files.filter(is_picture=True, state__in=_TAKEN_BACK).values_list("name", flat=True))
    wanted = [row for row in _documents(delivery, _connector(delivery), without=gone) if _is_news(row, known)]
    last = max(file.position for file in known.values())
    for row in wanted:
        note = known.get(row.name, row).noted("corrected: it spoke of a picture that was taken back")
        if row.name not in known:
            row.position, row.log = last + 1, note
            row.save()
            continue
        content = {name: getattr(row, name) for name in ("sha256", "path", "bytes", "export_file")}
        again = {"state": FileState.PENDING, "attempt_count": 0, "next_at": timezone.now(), "arrival": {}}
        fine = {"error": "", "error_code": "", "log": note}
        DeliveryFile.objects.filter(pk=known[row.name].pk).update(**content, **again, **fine)
    return len(wanted)


def _is_news(row: DeliveryFile, known: dict[str, DeliveryFile]) -> bool:
    return row.name not in known or known[row.name].sha256 != row.sha256


def _connector(delivery: Delivery) -> Connector:
    """Without secrets: it only says where things go."""
    return KINDS[delivery.target.kind](delivery.target.config, {}, delivery.export.stem)


def _known_places(delivery: Delivery, keys: list[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """(id, address) by place and content of what earlier deliveries have put at the target."""
    there = DeliveryFile.objects.there().filter(delivery__target=delivery.target_id, key__in=keys).order_by("pk")
    rows = there.values_list("key", "sha256", "remote_id", "remote_url")
    return {(key, sha256): (remote_id, url) for key, sha256, remote_id, url in rows if remote_id}


def _row(delivery: Delivery, file: ExportFile | OutFile, connector: Connector) -> DeliveryFile:
    is_picture = file.kind == FileKind.PICTURE
    return DeliveryFile(
        delivery=delivery,
        export_file=file if isinstance(file, ExportFile) else None,
        name=file.name,
        key=connector.key_of(file.name, file.sha256, is_picture=is_picture),
        sku=file.sku,
        is_picture=is_picture,
        sha256=file.sha256,
        path=file.path,
        media_type=file.media_type,
        bytes=file.bytes,
    )


def _documents(delivery: Delivery, connector: Connector, *, without: set[str] | None = None) -> list[DeliveryFile]:
    """The export's own documents, or feeds with the target's addresses; written anew where something was taken back."""
    if not connector.takes_documents:
        return []
    export, channel = delivery.export, delivery.target.channel
    is_outdated = without is not None or Export.objects.filter(pk=export.pk, is_outdated=True).exists()
    if not connector.by_links and not is_outdated:
        own = export.files.exclude(kind=FileKind.PICTURE).order_by("kind", "sku", "position", "name")
        return [_row(delivery, file, connector) for file in own]
    documents, pictures = corrected_documents(export, channel, without=without or ())
    found = _feeds_with_links(delivery, pictures, connector) if connector.by_links else documents
    return [_row(delivery, file, connector) for file in found]


def _feeds_with_links(delivery: Delivery, pictures: list[ExportFile], connector: Connector) -> list[OutFile]:
    """The channel's feeds with the target's own addresses in place of ours; as they are where it has none."""
    channel = delivery.target.channel
    links = {
        link_to(file.public_path): connector.url_of(connector.key_of(file.name, file.sha256, is_picture=True))
        for file in pictures
    }
    entries = [
        replace(entry, images=tuple(replace(image, url=links.get(image.url) or image.url) for image in entry.images))
        for entry in feed_entries(pictures)
    ]
    feeds = [FEEDS[name] for name in load_pack(channel.pack).feeds]
    return [
        stored(
            f"feeds/{feed.file}", feed.build(entries, channel.settings), media_type=feed.media_type, kind=FileKind.FEED
        )
        for feed in feeds
    ]
