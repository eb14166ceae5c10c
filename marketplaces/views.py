"""Pages: exports, one export, a channel; and the public links of exported files."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.access import may, requires, signed_in
from catalog.files import load
from marketplaces import pages
from marketplaces.api import zip_response
from marketplaces.channels import TREE, UnknownChannel, ensure_channels
from marketplaces.forms import ExportForm, SettingsForm, read_overrides
from marketplaces.listings import local_site
from marketplaces.models import Channel, Export, ExportFile, ExportState, FileKind
from marketplaces.packfile import load_pack
from marketplaces.selection import ScopeError
from marketplaces.starting import start_export
from processing.serving import gone, serve

PUBLIC_CACHE = "public, max-age=31536000, immutable"


@require_GET
@requires("export")
def exports(request: HttpRequest) -> HttpResponse:
    ensure_channels()
    runs = pages.runs()
    if wanted := request.GET.get("channel", ""):
        runs = runs.filter(channel=None) if wanted == TREE else runs.filter(channel__name=wanted)
    page = Paginator(runs, pages.RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "marketplaces/exports.html", {"page": page, "channels": pages.channel_cards(), "wanted": wanted}
    )


@require_http_methods(["GET", "POST"])
@requires("export")
def export_new(request: HttpRequest) -> HttpResponse:
    """GET shows what would leave for the query's choice, POST starts it. A part of the page is asked for by POST as well, because
    a list of SKUs may be longer than an address."""
    ensure_channels()
    is_part = request.headers.get("HX-Request") == "true"
    usual = pages.usual_channel(request.user)
    data = request.POST if request.method == "POST" else {"channel": usual, **request.GET.dict()}
    form = ExportForm(data)
    if not form.is_valid():
        return render(
            request, "marketplaces/export_new.html", {"form": form}, status=200 if request.method == "GET" else 422
        )
    if request.method == "POST" and not is_part:
        return _start(request, form)
    channel = Channel.objects.filter(name=form.cleaned_data["channel"]).first()
    shown = pages.preview(channel, form.scope)
    context = {"form": form, "preview": shown, "channel": channel}
    return render(request, "marketplaces/_preview.html" if is_part else "marketplaces/export_new.html", context)


def _start(request: HttpRequest, form: ExportForm) -> HttpResponse:
    try:
        export = start_export(form.cleaned_data["channel"], scope=form.scope, owner=signed_in(request))
    except (UnknownChannel, ScopeError) as error:
        messages.error(request, str(error))
        return redirect("export-new")
    return redirect(export)


@require_GET
@requires("export")
def export(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(pages.runs(), pk=pk)
    skus = found.files.filter(kind=FileKind.PICTURE).order_by("sku").values_list("sku", flat=True).distinct()
    page = Paginator(skus, pages.PRODUCTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "export": found,
        "page": page,
        "products": pages.shown_products(found, list(page.object_list)),
        "groups": pages.blocked_groups(found),
        "documents": found.files.exclude(kind=FileKind.PICTURE).exclude(name__endswith="/metadata.json"),
        "scope_text": pages.scope_text(found.scope),
        "local_site": local_site() if found.files.filter(kind=FileKind.FEED).exists() else "",
        "taken_back": found.files.filter(kind=FileKind.PICTURE).exclude(withdrawn_at=None).count(),
    }
    return render(request, "marketplaces/export.html", context)


@require_GET
@requires("export")
def export_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """204 while nothing has moved since the watching page asked."""
    found = get_object_or_404(Export, pk=pk)
    if not found.is_over and request.GET.get("since") == str(found.done_count):
        return HttpResponse(status=204)
    return JsonResponse(
        {
            "rev": found.done_count,
            "done": found.done_count,
            "total": found.total_count,
            "state": found.state,
            "over": found.is_over,
        }
    )


@require_POST
@requires("export")
def export_again(request: HttpRequest, pk: int) -> HttpResponse:
    """The same scope once more: what is made already is not made again."""
    found = get_object_or_404(Export.objects.select_related("channel"), pk=pk)
    try:
        fresh = start_export(found.channel.name if found.channel else TREE, scope=found.scope, owner=signed_in(request))
    except (UnknownChannel, ScopeError) as error:
        messages.error(request, str(error))
        return redirect(found)
    return redirect(fresh)


@require_GET
@requires("export")
def export_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = get_object_or_404(Export.objects.select_related("channel"), pk=pk)
    if found.state != ExportState.DONE:
        messages.warning(request, gettext("This export is not finished yet."))
        return redirect(found)
    return zip_response(found)


@require_GET
@requires("export")
def export_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One file of an export: a feed, the manifest, a picture."""
    file = get_object_or_404(ExportFile, export=pk, name=name)
    try:
        data = load(file.path)
    except FileNotFoundError:
        return gone()
    response = HttpResponse(data, content_type=file.media_type)
    response["Content-Disposition"] = content_disposition_header(True, file.name.rpartition("/")[2]) or "attachment"
    return response


@require_GET
@requires("export")
def channel(request: HttpRequest, name: str) -> HttpResponse:
    found = _channel(name)
    return _channel_page(request, found, SettingsForm(channel=found), errors={}, posted={})


@require_GET
@requires("export")
def channel_breaches(request: HttpRequest, name: str) -> HttpResponse:
    """Which pictures that are out there break the rules of today, or of a coming day."""
    found = _channel(name)
    return render(request, "marketplaces/breaches.html", pages.breaches_page(found, on=request.GET.get("on", "")))


@require_POST
@requires("manage")
def channel_settings(request: HttpRequest, name: str) -> HttpResponse:
    found = _channel(name)
    form = SettingsForm(request.POST, channel=found)
    if not form.is_valid():
        return _channel_page(request, found, form, errors={}, posted={}, status=422)
    form.save()
    messages.success(request, gettext("Settings saved. They hold from the next export on."))
    return redirect(found)


@require_POST
@requires("manage")
def channel_rules(request: HttpRequest, name: str) -> HttpResponse:
    found = _channel(name)
    overrides, errors = read_overrides(load_pack(found.pack), request.POST)
    if errors:
        return _channel_page(
            request, found, SettingsForm(channel=found), errors=errors, posted=request.POST, status=422
        )
    found.overrides = overrides
    found.save(update_fields=["overrides"])
    count = len(overrides)
    said = ngettext(
        "%(n)s rule changed for this channel. It holds from the next export on.",
        "%(n)s rules changed for this channel. They hold from the next export on.",
        count,
    )
    messages.success(request, said % {"n": count})
    return redirect(found)


def _channel(name: str) -> Channel:
    ensure_channels()
    return get_object_or_404(Channel, name=name)


def _channel_page(
    request: HttpRequest, found: Channel, form: SettingsForm, *, errors: dict[str, str], posted: Any, status: int = 200
) -> HttpResponse:
    context = {
        "channel": found,
        "form": form,
        "pack": load_pack(found.pack),
        "rules": pages.rule_rows(found, errors=errors, posted=posted),
        "errors": errors,
        "is_due": pages.is_due(found),
        "live": found.listings.filter(is_withdrawn=False).count(),
        "older_runs": pages.older_runs(found),
        "runs": pages.runs().filter(channel=found)[:5],
        "may_manage": may(request.user, "manage"),
    }
    return render(request, "marketplaces/channel.html", context, status=status)


@require_safe
def public_file(request: HttpRequest, key: str, name: str) -> HttpResponseBase:
    """What a marketplace fetches: no sign-in, no cookies, no redirect; the address changes when the bytes do."""
    files = ExportFile.objects.filter(public_key=key, name=name, export__channel__is_active=True)
    file = files.order_by("withdrawn_at").first() if key else None
    if file is None:
        raise Http404
    shown = files.filter(withdrawn_at=None).first()
    if shown is None:
        return gone()
    response = serve(request, path=shown.path, sha256=shown.sha256, media_type=shown.media_type)
    if response.status_code != 410:
        response["Cache-Control"] = PUBLIC_CACHE
    return response
