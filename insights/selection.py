"""What is selected in the gallery: the ticked products, or everything that fits its filters."""

from django.db.models import QuerySet
from django.http import QueryDict

from accounts.inputs import row_number
from catalog.models import SourceImage, Variant
from insights import gallery
from processing.models import Rendition, RenditionState

# Acts run while somebody waits for the page.
MOST = 5000


def filters(posted: QueryDict) -> QueryDict:
    """The query of the gallery page that was acted on."""
    return QueryDict(posted.get("filter", ""))


def chosen(posted: QueryDict) -> list[Variant]:
    """Products named by `variant`, or with `all` those that fit `filter` now, one more than allowed at most."""
    fitting = gallery.variants(filters(posted))
    if not posted.get("all"):
        ids = [row_number(one) for one in posted.getlist("variant")]
        fitting = Variant.objects.filter(pk__in=ids).select_related("product").order_by("sku")
    return list(fitting[: MOST + 1])


def shown_pictures(found: list[Variant]) -> list[int]:
    """Ids of the pictures on the tiles of these products."""
    return [tile.lead.pk for tile in gallery.tiles(found)]


def approved_pictures(found: list[Variant], *, query: QueryDict) -> list[int]:
    """Ids of their approved pictures that fit the filters."""
    rows = _pictures(found, query).filter(state=RenditionState.APPROVED)
    return list(rows.values_list("pk", flat=True))


def photos(found: list[Variant], *, query: QueryDict) -> list[SourceImage]:
    """The photos that their pictures were made from."""
    made = _pictures(found, query).exclude(job__source_image=None).values("job__source_image")
    return list(SourceImage.objects.filter(pk__in=made).order_by("pk"))


def _pictures(found: list[Variant], query: QueryDict) -> QuerySet[Rendition]:
    return gallery.matching(query).filter(variant__in=[one.pk for one in found])
