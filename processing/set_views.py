"""Pages of a shop's own sets: bring along, describe, look at, remove."""

from itertools import groupby
from pathlib import PurePath

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires, signed_in
from processing import own_sets, serving
from processing.imaging.codec import DecodeError
from processing.models import OwnBackplate
from processing.set_forms import BackplateForm
from processing.styles import OWN

MOST_AT_ONCE = 40


@require_http_methods(["GET", "POST"])
@requires("submit")
def backplates(request: HttpRequest) -> HttpResponse:
    """The own sets by style, and the form to bring more."""
    if request.method == "POST":
        return _take(request)
    rows = OwnBackplate.objects.order_by("style", "name")
    styles = [(style, f"{OWN}{style}", list(group)) for style, group in groupby(rows, lambda row: row.style)]
    return render(request, "processing/backplates.html", {"styles": styles, "tab": "backplates"})


def _take(request: HttpRequest) -> HttpResponse:
    files = [one for one in request.FILES.getlist("pictures") if isinstance(one, UploadedFile)][:MOST_AT_ONCE]
    taken = []
    for file in files:
        try:
            taken.append(_taken(request, file))
        except (DecodeError, own_sets.SetRefused) as error:
            messages.error(request, f"{file.name}: {error}")
    if not files:
        messages.error(request, gettext("Choose at least one picture."))
    if len(taken) == 1:
        return redirect("own-backplate", taken[0].pk)
    if taken:
        messages.success(
            request, gettext("%(n)s pictures taken in. Look at each and save it: then it is used.") % {"n": len(taken)}
        )
    return redirect("own-backplates")


def _taken(request: HttpRequest, file: UploadedFile) -> OwnBackplate:
    if (file.size or 0) > settings.MAX_PHOTO_BYTES:
        raise own_sets.SetRefused(f"The file has more than {settings.MAX_PHOTO_BYTES // 2**20} MB.")
    name = PurePath(str(file.name or "set")).stem
    return own_sets.take(file.read(), style=request.POST.get("style", ""), name=name, owner=signed_in(request))


@require_http_methods(["GET", "POST"])
@requires("submit")
def backplate(request: HttpRequest, pk: int) -> HttpResponse:
    """One set: the picture with its lines, what is said about it, and the preview."""
    row = get_object_or_404(OwnBackplate, pk=pk)
    form = BackplateForm(request.POST) if request.method == "POST" else BackplateForm.of(row)
    if form.is_bound and form.is_valid():
        try:
            own_sets.describe(row, form.values())
        except own_sets.SetRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, gettext("Saved. Recipes use it as %(own)s%(style)s.") % {"own": OWN, "style": row.style}
            )
            return redirect("own-backplate", row.pk)
    return render(
        request, "processing/backplate.html", {"row": row, "form": form, "tab": "backplates", "lines": _lines(row)}
    )


def _lines(row: OwnBackplate) -> dict[str, float]:
    """Positions on the picture, in thousandths of its side."""
    values = row.values
    shares = {"horizon": values["horizon"], "far": values["ground"][0], "near": values["ground"][1],
              "x": values["stand"][0], "y": values["stand"][1]}  # fmt: skip
    lines = {name: round(1000 * share) for name, share in shares.items()}
    return {**lines, "height": max(0, lines["near"] - lines["far"])}


@require_POST
@requires("submit")
def remove_backplate(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a set out."""
    row = get_object_or_404(OwnBackplate, pk=pk)
    own_sets.remove(row)
    messages.success(request, gettext("%(name)s is removed. Pictures made with it stay.") % {"name": row.name})
    return redirect("own-backplates")


@require_safe
@requires("submit")
def backplate_picture(request: HttpRequest, pk: int, which: str) -> HttpResponseBase:
    """The set's picture, or its preview."""
    row = get_object_or_404(OwnBackplate, pk=pk)
    places = {"picture": (row.path, row.sha256), "preview": (row.preview_path, row.preview_sha256)}
    path, sha256 = places.get(which, ("", ""))
    if not path:
        raise Http404
    return serving.serve(request, path=path, sha256=sha256, media_type=row.media_type)
