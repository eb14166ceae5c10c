import io
import zipfile

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from accounts.access import may, requires, signed_in
from accounts.inputs import row_number
from catalog import files
from catalog.models import Product, Tag, Variant
from insights import comparing, facets, selection_views
from insights import dashboard as kpis
from insights import gallery as shelves
from insights import inbox as inbox_rows
from insights.pictures import file_name
from insights.products import neighbours, product_page
from marketplaces.readiness import readiness_of
from processing.models import Rendition


@require_GET
@requires("view")
def inbox(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("show", "all")
    wanted = wanted if wanted in inbox_rows.FILTERS else "all"
    page = Paginator(inbox_rows.batches(user=signed_in(request), wanted=wanted), inbox_rows.PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "figures": inbox_rows.figures(),
        "rows": inbox_rows.rows(list(page.object_list)),
        "page": page,
        "filters": inbox_rows.FILTERS,
        "wanted": wanted,
    }
    return render(request, "insights/inbox.html", context)


@require_GET
@requires("view")
def gallery(request: HttpRequest) -> HttpResponse:
    page = Paginator(shelves.variants(request.GET), shelves.PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "tiles": shelves.tiles(list(page.object_list)),
        "facets": facets.facets(request.GET),
        "sorts": shelves.SORTS,
        "sorted_by": request.GET.get("sort", "new"),
        "recipes": selection_views.recipes(),
        "may_act": any(may(request.user, ability) for ability in ("export", "review", "submit")),
        "undo": selection_views.undo_offer(request),
        "known_tags": Tag.objects.all()[: facets.MOST_TAGS],
        "widest": None if page.object_list else facets.widest(request.GET),
    }
    return render(request, "insights/gallery.html", context)


@require_GET
@requires("view")
def compare(request: HttpRequest) -> HttpResponse:
    ids = [row_number(one) for one in request.GET.getlist("variant")]
    found = list(Variant.objects.filter(pk__in=ids).select_related("product").prefetch_related("tags").order_by("sku"))
    if not comparing.FEWEST <= len(found) <= comparing.MOST:
        messages.error(request, gettext("Select two to four products to compare them."))
        return redirect("gallery")
    shown = comparing.comparison(found, show=request.GET.get("show", ""))
    return render(request, "insights/compare.html", vars(shown))


@require_GET
@requires("view")
def product(request: HttpRequest, code: str) -> HttpResponse:
    found = get_object_or_404(Product, code=code)
    shown = product_page(found, show=request.GET.get("show", ""))
    context = {
        **vars(shown),
        "readiness": readiness_of(found),
        "neighbours": neighbours(found),
        "tags": Tag.objects.filter(variants__product=found).distinct(),
    }
    return render(request, "insights/product.html", context)


@require_GET
@requires("view")
def product_set(request: HttpRequest, code: str) -> FileResponse:
    """All current pictures of a product that may leave, as a zip."""
    found = get_object_or_404(Product, code=code)
    rows = Rendition.objects.shippable().filter(variant__product=found).select_related("artifact", "job")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for row in rows:
            target.writestr(f"view-{row.job_id}/{file_name(row)}", files.load(row.artifact.path))
        if not rows:
            target.writestr("READ ME.txt", "No picture of this product is approved yet.\n")
    archive.seek(0)
    return FileResponse(archive, as_attachment=True, filename=f"{found.code}.zip")


@require_GET
@requires("view")
def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "insights/dashboard.html", {"report": kpis.report()})
