"""Products over the API: what is sold and which photos there are of it."""

from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field, TypeAdapter

from accounts.access import scoped
from accounts.models import Scope
from accounts.schemas import ProblemOut
from catalog import tags
from catalog.models import Category, SourceImage, Variant
from catalog.schemas import ProductOut, ProductsOut

router = Router(tags=["catalog"])
MAX_LIMIT = 500
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
Text = Annotated[str, Field(max_length=80, pattern="^[^\0]*$")]
_PAGE: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@router.get(
    "/products", auth=scoped(Scope.READ), response={200: ProductsOut, 401: ProblemOut, 403: ProblemOut, 422: ProblemOut}
)
def list_products(
    request: HttpRequest,
    prefix: Text = "",
    category: Category | None = None,
    tag: Text = "",
    cursor: Text = "",
    limit: Limit = 100,
) -> HttpResponse:
    """Products by their code (SKU), from `cursor` on. `prefix` narrows to codes that start with it, `tag` to those that have it."""
    variants = Variant.objects.select_related("product").prefetch_related("source_images", "tags").order_by("sku")
    if prefix:
        variants = variants.filter(sku__startswith=prefix)
    if category:
        variants = variants.filter(product__category=category)
    if tag:
        variants = variants.filter(tags__in=tags.named(tag))
    if cursor:
        variants = variants.filter(sku__gt=cursor)
    found = list(variants[: limit + 1])
    shown = found[:limit]
    page = {"items": [_product(one) for one in shown], "next": shown[-1].sku if len(found) > limit else None}
    return _answer(page)


# Codes may hold dots and blanks, but never a slash.
@router.get(
    "/products/{sku}",
    auth=scoped(Scope.READ),
    response={200: ProductOut, 401: ProblemOut, 403: ProblemOut, 404: ProblemOut},
)
def get_product(request: HttpRequest, sku: str) -> HttpResponse:
    """One product with its photos."""
    if "\0" in sku:
        raise Http404
    variants = Variant.objects.select_related("product").prefetch_related("source_images", "tags")
    return _answer(_product(get_object_or_404(variants, sku=sku)))


def _product(variant: Variant) -> dict[str, Any]:
    product = variant.product
    return {
        "sku": variant.sku,
        "product": product.code,
        "name": product.name,
        "category": product.category,
        "asin": variant.asin,
        "gtin": variant.gtin,
        "tags": [tag.name for tag in variant.tags.all()],
        "photos": [_photo(image) for image in variant.source_images.all()],
    }


def _photo(image: SourceImage) -> dict[str, Any]:
    return {
        "id": image.pk,
        "view": image.view,
        "file": image.original_name,
        "sha256": image.sha256,
        "width": image.width,
        "height": image.height,
        "bytes": image.bytes,
    }


def _answer(page: dict[str, Any]) -> HttpResponse:
    """Written straight from plain values: checking our own rows against the schema again would cost most of the time."""
    return HttpResponse(_PAGE.dump_json(page), content_type="application/json")
