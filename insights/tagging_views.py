"""Tags on what is selected in the gallery: put on, taken off, and that taken back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from accounts.access import requires
from catalog import tags
from catalog.models import Tag, Variant
from insights.selection_views import back, offer_undo, on_selection, taken_undo

UNDO = "gallery-tag-undo"


@require_POST
@requires("submit")
@on_selection
def tag(request: HttpRequest, found: list[Variant]) -> HttpResponse:
    """Puts the tag `tag` on the products, or takes it off with `off`."""
    try:
        name = tags.clean(request.POST.get("tag", ""))
    except ValueError as error:
        messages.error(request, str(error))
        return back(request)
    ids = [one.pk for one in found]
    return _taken_off(request, name, ids) if request.POST.get("off") else _put_on(request, name, ids)


def _put_on(request: HttpRequest, name: str, ids: list[int]) -> HttpResponse:
    made = tags.make(name)
    changed = tags.add(made, ids)
    said = ngettext("%(n)s product has the tag %(tag)s now.", "%(n)s products have the tag %(tag)s now.", len(changed))
    return _tell(request, made, changed, said, otherwise=gettext("They have this tag already."), was_on=False)


def _taken_off(request: HttpRequest, name: str, ids: list[int]) -> HttpResponse:
    known = tags.named(name).first()
    changed = tags.remove(known, ids) if known else []
    said = ngettext(
        "The tag %(tag)s is off %(n)s product.", "The tag %(tag)s is off %(n)s products.", len(changed)
    )  # fmt: skip
    return _tell(request, known, changed, said, otherwise=gettext("None of them has this tag."), was_on=True)


def _tell(
    request: HttpRequest, made: Tag | None, changed: list[int], said: str, *, otherwise: str, was_on: bool
) -> HttpResponse:
    if made and changed:
        rows = {"tag": made.pk, "variants": changed, "was_on": was_on}
        offer_undo(request, said % {"n": len(changed), "tag": made.name}, rows, by=UNDO)
    else:
        messages.warning(request, otherwise)
    return back(request)


@require_POST
@requires("submit")
def undo(request: HttpRequest) -> HttpResponse:
    """Takes back what was changed by the last tagging, and no more."""
    rows = taken_undo(request, by=UNDO)
    made = Tag.objects.filter(pk=rows["tag"]).first() if rows else None
    if made is None:
        return back(request)
    changed = (tags.add if rows["was_on"] else tags.remove)(made, rows["variants"])
    said = ngettext("%(n)s product is as it was.", "%(n)s products are as they were.", len(changed))
    messages.success(request, said % {"n": len(changed)})
    return back(request)
