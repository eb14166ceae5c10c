"""An intake as the upload page shows it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count
from django.urls import reverse

from catalog.models import Intake, IntakeItem, ItemState


def row(item: IntakeItem) -> dict[str, Any]:
    """One row of the list, with everything the page needs to draw it."""
    shown: dict[str, Any] = {
        "id": item.pk,
        "path": item.path,
        "sku": item.sku,
        "view": item.view,
        "state": item.state,
        "code": item.reason_code,
        "reason": item.reason,
        "note": item.note,
        "bytes": item.bytes,
        "link": bool(item.url),
    }
    if item.photo:
        shown |= {"width": item.photo["width"], "height": item.photo["height"]}
        shown["thumb"] = reverse("intake-thumb", args=[item.intake_id, item.pk]) + f"?v={item.sha256[:12]}"
    if item.reason_code == "columns":
        shown |= {"header": item.fields.get("header", []), "suggested": item.fields.get("suggested", {})}
    return shown


def rows(items: Iterable[IntakeItem]) -> list[dict[str, Any]]:
    return [row(item) for item in items]


def counts(intake: Intake) -> dict[str, int]:
    """How many rows are in each state."""
    found = dict.fromkeys(ItemState.values, 0)
    for state, count in intake.items.order_by().values_list("state").annotate(count=Count("id")):
        found[state] = count
    return found
