"""Addresses of small pictures for lists, found without a query per row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from processing.models import Rendition, RenditionKind

LEADS = (
    RenditionKind.MAIN,
    RenditionKind.STYLE,
    RenditionKind.CUTOUT,
    RenditionKind.CAMPAIGN,
    RenditionKind.VIDEO,
    RenditionKind.ERP,
)


@dataclass(frozen=True)
class Picture:
    url: str
    alt: str


def thumb_url(rendition: Rendition) -> str:
    """The small version where there is one, else the file itself."""
    small = rendition.provenance.get("thumb")
    return reverse("media", args=[small or rendition.artifact.sha256, "thumb.webp" if small else file_name(rendition)])


def poster_url(rendition: Rendition) -> str:
    """The first frame of a video; empty for a picture."""
    first = rendition.provenance.get("poster")
    return reverse("media", args=[first, "poster.jpg"]) if first else ""


def file_url(rendition: Rendition) -> str:
    return reverse("media", args=[rendition.artifact.sha256, file_name(rendition)])


def file_name(rendition: Rendition) -> str:
    suffix = rendition.artifact.path.rsplit(".", 1)[-1]
    return f"{rendition.job.sku}-{rendition.name}.{suffix}"


def picture(rendition: Rendition) -> Picture:
    return Picture(
        url=thumb_url(rendition), alt=f"{rendition.job.sku}, {rendition.name}, {rendition.get_state_display()}"
    )


def job_pictures(batch_ids: Iterable[int], *, per_batch: int) -> dict[int, list[Picture]]:
    """The first few main pictures of each batch."""
    ranked = (
        Rendition.objects.current()
        .filter(
            job__batch__in=list(batch_ids), kind__in=[RenditionKind.MAIN, RenditionKind.STYLE, RenditionKind.CUTOUT]
        )
        .annotate(
            first_of_job=Window(RowNumber(), partition_by=F("job"), order_by=[F("kind").desc(), F("id")]),
        )
        .filter(first_of_job=1)
        .select_related("artifact", "job")
        .order_by("job_id")
    )
    found: dict[int, list[Picture]] = defaultdict(list)
    for row in ranked[: per_batch * 200]:
        if len(found[row.job.batch_id]) < per_batch:
            found[row.job.batch_id].append(picture(row))
    return found
