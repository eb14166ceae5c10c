"""How a delivery ends: what concerns the whole, what it replaces, its state, and who is told."""

from collections import Counter
from typing import Any

from django.db.models import Q

from accounts.events import record
from marketplaces.deliveries.base import Connector
from marketplaces.deliveries.items import item_of, sent_of
from marketplaces.delivery_models import Delivery, DeliveryFile, DeliveryFileQuerySet, DeliveryState, FileState

_TOLD_FILES = 100


def is_outdated(file: DeliveryFile) -> bool:
    """A later delivery has put another content at this place: it is not to be sent any more."""
    later = _others(file).filter(delivery__gt=file.delivery_id).exclude(sha256=file.sha256)
    may_be_there = Q(state__in=[FileState.SENT, FileState.ARRIVED]) | ~Q(remote_id="")
    return later.filter(may_be_there).exclude(state__in=[FileState.WITHDRAWN, FileState.REPLACED]).exists()


def is_shared(file: DeliveryFile) -> bool:
    """Another delivery has the same place in use, with this content or with a newer one: it must stay."""
    return _others(file).there().filter(Q(sha256=file.sha256) | Q(delivery__gt=file.delivery_id)).exists()


def _others(file: DeliveryFile) -> DeliveryFileQuerySet:
    target = file.delivery.target_id
    return DeliveryFile.objects.filter(key=file.key, delivery__target=target).exclude(delivery=file.delivery_id)


def finish(connector: Connector, delivery: Delivery) -> None:
    """What the connector does for the whole, then the old files of the products that are complete. NotYet, DeliveryError."""
    files = list(delivery.files.select_related("export_file"))
    lacking = {file.sku for file in files if file.is_picture and file.state == FileState.FAILED}
    arrived = [file for file in files if file.state == FileState.ARRIVED and file.sku not in lacking]
    if not arrived or (lacking and not connector.finishes_partly):
        return
    items = [item_of(file) for file in arrived]
    connector.finish(items, {file.name: sent_of(file) for file in arrived})
    if connector.replaces:
        _take_away_replaced(connector, delivery, arrived)


def _take_away_replaced(connector: Connector, delivery: Delivery, arrived: list[DeliveryFile]) -> None:
    """Files of earlier deliveries that the products' new sets do not have."""
    skus = {file.sku for file in arrived}
    old = DeliveryFile.objects.there().filter(
        delivery__target=delivery.target_id, delivery__lt=delivery.pk, sku__in=skus
    )
    for file in old.select_related("export_file", "delivery"):
        if not is_shared(file):
            connector.remove(item_of(file), sent_of(file))
        note = file.noted(f"replaced by delivery {delivery.pk}")
        DeliveryFile.objects.filter(pk=file.pk).update(state=FileState.REPLACED, log=note)


def result_of(delivery: Delivery) -> dict[str, Any]:
    """State and error of a delivery in which nothing moves any more."""
    states = Counter(delivery.files.values_list("state", flat=True))
    held_back = states[FileState.PENDING]
    if failed := states[FileState.FAILED]:
        error = f"{failed} of {sum(states.values())} files failed."
        if held_back:
            error += " Feeds wait until every picture is there."
        return {"state": DeliveryState.FAILED, "error_code": "files", "error": error}
    gone = states[FileState.WITHDRAWN]
    is_recalled = gone > 0 and gone + states[FileState.REPLACED] == sum(states.values())
    return {"state": DeliveryState.RECALLED if is_recalled else DeliveryState.DONE, "error_code": "", "error": ""}


def announce(delivery: Delivery, result: dict[str, Any]) -> None:
    """The event of an end; in the transaction that writes it. Withdrawn files are named, once."""
    data = {
        "delivery": delivery.pk,
        "export": delivery.export_id,
        "target": delivery.target.name,
        "channel": delivery.target.channel.name,
    }
    subject = f"delivery:{delivery.pk}"
    told = delivery.memory.get("withdrawals_told", [])
    withdrawn = delivery.files.filter(state=FileState.WITHDRAWN).exclude(pk__in=told)
    if rows := list(withdrawn):
        files = [{"name": row.name, "sku": row.sku, "sha256": row.sha256} for row in rows[:_TOLD_FILES]]
        record("delivery.recalled", subject=subject, data={**data, "count": len(rows), "files": files})
        delivery.memory["withdrawals_told"] = [*told, *(row.pk for row in rows)]
        Delivery.objects.filter(pk=delivery.pk).update(memory=delivery.memory)
    if result["state"] == DeliveryState.FAILED:
        record("delivery.failed", subject=subject, data={**data, "error": result["error"]}, actor=delivery.owner)
    elif result["state"] == DeliveryState.DONE and not rows:
        count = delivery.files.filter(state=FileState.ARRIVED).count()
        record("delivery.completed", subject=subject, data={**data, "files": count}, actor=delivery.owner)
