"""Acts on what is selected in the gallery: export, send to review, recall, make again, and taking back."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from accounts.access import requires, signed_in
from accounts.inputs import row_number
from catalog.models import Variant
from insights import selection
from marketplaces import pages
from marketplaces.channels import ensure_channels
from marketplaces.forms import ExportForm
from marketplaces.models import Channel
from processing.backpressure import Overloaded
from processing.models import Recipe
from processing.starting import start_batch
from review import recalling

UNDO, UNDO_FOR_S = "gallery_undo", 300
Act = Callable[[HttpRequest, list[Variant]], HttpResponse]


def on_selection(act: Act) -> Callable[[HttpRequest], HttpResponse]:
    """An act with the products that are selected; none, or too many, lead back with a sentence."""

    @wraps(act)
    def view(request: HttpRequest) -> HttpResponse:
        found = selection.chosen(request.POST)
        if 0 < len(found) <= selection.MOST:
            return act(request, found)
        most = gettext("At most %(n)s products can be selected at once: narrow the filters.") % {"n": selection.MOST}
        messages.error(request, most if found else gettext("Nothing is selected."))
        return back(request)

    return view


def back(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('gallery')}?{selection.filters(request.POST).urlencode()}")


@require_POST
@requires("export")
@on_selection
def export(request: HttpRequest, found: list[Variant]) -> HttpResponse:
    """The page of a new export with these products filled in."""
    ensure_channels()
    usual = pages.usual_channel(request.user)
    form = ExportForm({"channel": usual, "skus": "\n".join(one.sku for one in found)})
    channel = Channel.objects.filter(name=usual).first()
    preview = pages.preview(channel, form.scope) if form.is_valid() else None
    return render(request, "marketplaces/export_new.html", {"form": form, "preview": preview, "channel": channel})


@require_POST
@requires("review")
@on_selection
def review(request: HttpRequest, found: list[Variant]) -> HttpResponse:
    done = recalling.ask_all(selection.shown_pictures(found), by=signed_in(request))
    said = ngettext(
        "%(n)s picture waits in the review queue.", "%(n)s pictures wait in the review queue.", len(done)
    ) % {"n": len(done)}  # fmt: skip
    return _tell(
        request, done, said, otherwise=gettext("All of them wait for a look already, or are being made again.")
    )


@require_POST
@requires("review")
@on_selection
def recall(request: HttpRequest, found: list[Variant]) -> HttpResponse:
    ids = selection.approved_pictures(found, query=selection.filters(request.POST))
    done = recalling.recall_all(ids, by=signed_in(request))
    said = ngettext(
        "%(n)s approved picture is recalled. Where it has been sent it is taken back.",
        "%(n)s approved pictures are recalled. Where they have been sent they are taken back.",
        len(done),
    ) % {"n": len(done)}  # fmt: skip
    return _tell(request, done, said, otherwise=gettext("None of them is approved, so there is nothing to recall."))


def _tell(request: HttpRequest, done: recalling.Changes, said: str, *, otherwise: str) -> HttpResponse:
    if done:
        offer_undo(request, said, done, by="gallery-undo")
    else:
        messages.warning(request, otherwise)
    return back(request)


def recipes() -> list[tuple[int, str]]:
    """What can be made of the selection: id and title."""
    current = Recipe.objects.filter(is_current=True).order_by("pk")
    return [(one.pk, gettext(one.label).partition(": ")[0]) for one in current]


def offer_undo(request: HttpRequest, said: str, rows: Any, *, by: str) -> None:
    """What was done in words, what the page named `by` needs to take it back, and where to find that page."""
    request.session[UNDO] = {"said": said, "rows": rows, "by": by, "until": time.time() + UNDO_FOR_S}


def undo_offer(request: HttpRequest) -> dict[str, str] | None:
    """What was done lately and can be taken back: in words, and where; None when there is nothing."""
    offer = request.session.get(UNDO)
    return {"said": offer["said"], "url": reverse(offer["by"])} if offer and offer["until"] > time.time() else None


def taken_undo(request: HttpRequest, *, by: str) -> Any:
    """The rows of the last offer, if the page named `by` is the one to take it back; it is offered no more."""
    offer = request.session.pop(UNDO, None)
    if offer and offer["by"] == by:
        return offer["rows"]
    messages.error(request, gettext("There is nothing to take back."))
    return None


@require_POST
@requires("review")
def undo(request: HttpRequest) -> HttpResponse:
    """Takes back what the user did last to a selection, as far as nobody has touched the pictures since."""
    rows = taken_undo(request, by="gallery-undo")
    if rows is None:
        return back(request)
    count = recalling.take_back(rows, by=signed_in(request))
    said = ngettext("%(n)s picture is as it was.", "%(n)s pictures are as they were.", count) % {"n": count}
    left = len(rows) - count
    if left:
        more = ngettext("%(n)s was changed since and stays.", "%(n)s were changed since and stay.", left) % {"n": left}
        said = f"{said} {more}"
    messages.success(request, said)
    return back(request)


@require_POST
@requires("submit")
@on_selection
def again(request: HttpRequest, found: list[Variant]) -> HttpResponse:
    """A new batch of their photos with another recipe."""
    recipe = Recipe.objects.filter(is_current=True, pk=row_number(request.POST.get("recipe", ""))).first()
    if recipe is None:
        messages.error(request, gettext("Choose what is to be made."))
        return back(request)
    name = ngettext("Again: %(n)s product", "Again: %(n)s products", len(found)) % {"n": len(found)}
    images = selection.photos(found, query=selection.filters(request.POST))
    try:
        batch = start_batch(owner=signed_in(request), images=images, recipe=recipe, name=name)
    except (ValueError, Overloaded) as error:
        messages.error(request, str(error))
        return back(request)
    return redirect(batch)
