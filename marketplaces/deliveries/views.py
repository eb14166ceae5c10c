"""Pages: a channel's targets, deliveries, and one delivery with each of its files."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.db.models.deletion import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import requires, signed_in
from marketplaces.channels import ensure_channels
from marketplaces.deliveries import start as acts
from marketplaces.deliveries.kinds import KINDS
from marketplaces.deliveries.targets import TargetForm, try_out
from marketplaces.delivery_models import Delivery, DeliveryTarget, FileState
from marketplaces.models import Channel, Export

PER_PAGE = 50
FILES_PER_PAGE = 100


@require_GET
@requires("export")
def deliveries(request: HttpRequest) -> HttpResponse:
    found = _counted()
    if wanted := request.GET.get("target", ""):
        found = found.filter(target__name=wanted)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "wanted": wanted, "targets": DeliveryTarget.objects.select_related("channel")}
    return render(request, "marketplaces/deliveries.html", context)


@require_GET
@requires("export")
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_counted(), pk=pk)
    # What needs a person comes first.
    failed_first = Case(When(state=FileState.FAILED, then=0), default=1)
    files = found.files.select_related("export_file__rendition__artifact").order_by(failed_first, "position")
    page = Paginator(files, FILES_PER_PAGE).get_page(request.GET.get("page"))
    context = {"delivery": found, "page": page, "kind": gettext(KINDS[found.target.kind].label)}
    return render(request, "marketplaces/delivery.html", context)


@require_GET
@requires("export")
def delivery_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """204 while nothing has moved since the watching page asked."""
    found = get_object_or_404(Delivery, pk=pk)
    total = found.files.count()
    done = total - found.files.moving().count()
    if not found.is_over and request.GET.get("since") == str(done):
        return HttpResponse(status=204)
    return JsonResponse({"rev": done, "done": done, "total": total, "state": found.state, "over": found.is_over})


@require_POST
@requires("export")
def export_deliver(request: HttpRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(Export.objects.select_related("channel"), pk=pk)
    target = get_object_or_404(DeliveryTarget, name=request.POST.get("target", ""))
    try:
        return redirect(acts.start(export, target, owner=signed_in(request)))
    except acts.CannotDeliver as error:
        messages.error(request, str(error))
        return redirect(export)


@require_POST
@requires("export")
def delivery_retry(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(acts.retry(get_object_or_404(Delivery, pk=pk)))


@require_POST
@requires("export")
def delivery_check(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Delivery, pk=pk)
    count = acts.look_again(found)
    messages.info(
        request,
        ngettext("%(n)s file is fetched and compared again.", "%(n)s files are fetched and compared again.", count)
        % {"n": count},
    )
    return redirect(found)


@require_POST
@requires("export")
def delivery_recall(request: HttpRequest, pk: int) -> HttpResponse:
    """All files, or those named in the form."""
    found = get_object_or_404(Delivery, pk=pk)
    count = acts.recall(found, names=request.POST.getlist("name") or None)
    messages.info(
        request, ngettext("%(n)s file is being taken back.", "%(n)s files are being taken back.", count) % {"n": count}
    )
    return redirect(found)


@require_http_methods(["GET", "POST"])
@requires("manage")
def target_new(request: HttpRequest, name: str) -> HttpResponse:
    """Without a kind the kinds to choose from; then the kind's form."""
    ensure_channels()
    channel = get_object_or_404(Channel, name=name)
    kind = request.GET.get("kind", "")
    if not kind:
        # Templates call what can be called, and a class can: they are given words alone.
        kinds = [(value, gettext(one.label), gettext(one.about)) for value, one in KINDS.items()]
        return render(request, "marketplaces/target_kinds.html", {"channel": channel, "kinds": kinds})
    if kind not in KINDS:
        raise Http404
    form = TargetForm(request.POST or None, kind=kind, channel=channel)
    return _target_form(request, form, channel=channel, target=None)


@require_http_methods(["GET", "POST"])
@requires("manage")
def target(request: HttpRequest, name: str) -> HttpResponse:
    found = _target(name)
    form = TargetForm(request.POST or None, kind=found.kind, channel=found.channel, target=found)
    return _target_form(request, form, channel=found.channel, target=found)


def _target_form(
    request: HttpRequest, form: TargetForm, *, channel: Channel, target: DeliveryTarget | None
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(
            request,
            gettext("Saved. Test the connection before you rely on it.") if target is None else gettext("Saved."),
        )
        return redirect(saved)
    kind = form.connector
    context: dict[str, Any] = {
        "form": form,
        "channel": channel,
        "target": target,
        "label": gettext(kind.label),
        "about": gettext(kind.about),
    }
    if target is not None:
        context["deliveries"] = _counted().filter(target=target)[:5]
    return render(request, "marketplaces/target.html", context, status=422 if form.errors else 200)


@require_POST
@requires("manage")
def target_test(request: HttpRequest, name: str) -> HttpResponse:
    found = _target(name)
    (messages.success if try_out(found) else messages.error)(request, found.test_result)
    return redirect(found)


@require_POST
@requires("manage")
def target_delete(request: HttpRequest, name: str) -> HttpResponse:
    found = _target(name)
    try:
        found.delete()
    except ProtectedError:
        messages.error(
            request, gettext("Files have been sent there, and their record stays. Switch the target off instead.")
        )
        return redirect(found)
    return redirect(found.channel)


def _target(name: str) -> DeliveryTarget:
    return get_object_or_404(DeliveryTarget.objects.select_related("channel"), name=name)


def _counted() -> QuerySet[Delivery]:
    def of(*states: str) -> Count:
        return Count("files", filter=Q(files__state__in=states))

    found = Delivery.objects.select_related("export__channel", "target__channel", "owner")
    return found.annotate(
        total=Count("files"),
        arrived=of(FileState.ARRIVED),
        failed=of(FileState.FAILED),
        withdrawn=of(FileState.WITHDRAWN),
        settled=of(FileState.ARRIVED, FileState.FAILED, FileState.WITHDRAWN, FileState.REPLACED),
    ).order_by("-pk")
