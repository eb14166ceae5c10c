"""Everything about one product: its photos, what was made of them, how it was judged."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from accounts.inputs import row_number
from catalog.models import Product, SourceImage
from insights.pictures import file_name, file_url, poster_url, thumb_url
from processing.models import Attempt, Check, Job, Rendition
from processing.scoring.limits import LABELS


@dataclass(frozen=True)
class Shown:
    rendition: Rendition
    thumb: str
    url: str
    name: str
    is_clear: bool
    is_selected: bool
    # A video's first frame.
    poster: str = ""


@dataclass(frozen=True)
class PhotoGroup:
    photo: SourceImage | None
    job: Job
    original_url: str
    renditions: list[Shown]


@dataclass(frozen=True)
class CheckRow:
    check: Check
    label: str


@dataclass(frozen=True)
class AttemptRow:
    """A try at a step; `told` says of an automatic repair what it was and what it did."""

    attempt: Attempt
    told: str = ""


@dataclass(frozen=True)
class ProductPage:
    product: Product
    groups: list[PhotoGroup]
    selected: Shown | None
    checks: list[CheckRow] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    history: list[Rendition] = field(default_factory=list)


@dataclass(frozen=True)
class Neighbours:
    """Codes of the products before and after one, as the gallery shows them: the newest first."""

    before: str
    after: str


def neighbours(product: Product) -> Neighbours:
    shown = Product.objects.filter(variants__renditions__is_current=True)
    before = shown.filter(pk__gt=product.pk).order_by("pk").first()
    after = shown.filter(pk__lt=product.pk).order_by("-pk").first()
    return Neighbours(before=before.code if before else "", after=after.code if after else "")


def product_page(product: Product, *, show: str) -> ProductPage:
    """`show` is the id of the rendition on the stage; without one the first that needs a look, else the first main picture."""
    jobs = _latest_jobs(product)
    rows = list(
        Rendition.objects.current()
        .filter(job__in=jobs)
        .select_related("artifact", "job", "job__batch")
        .order_by("job_id", "id")
    )
    chosen = _chosen(rows, show)
    groups = [_group(job, [row for row in rows if row.job_id == job.pk], chosen) for job in jobs]
    selected = next((one for group in groups for one in group.renditions if one.is_selected), None)
    if chosen is None:
        return ProductPage(product=product, groups=groups, selected=None)
    return ProductPage(
        product=product,
        groups=groups,
        selected=selected,
        checks=[
            CheckRow(check=check, label=gettext(LABELS.get(check.code, check.code)))
            for check in chosen.checks.order_by("passed", "id")
        ],
        attempts=_attempts(chosen.job),
        history=list(Rendition.objects.filter(job=chosen.job, name=chosen.name, is_current=False).order_by("-id")),
    )


def _attempts(job: Job) -> list[AttemptRow]:
    rows = Attempt.objects.filter(step__job=job).select_related("step").order_by("-id")[:30]
    return [AttemptRow(row, _told(row.repair) if row.repair else "") for row in rows]


def _told(repair: dict[str, Any]) -> str:
    label = gettext(LABELS.get(repair["doubt"], repair["doubt"]))
    end = "kept" if repair["kept"] else gettext("not better")
    return f"{repair['repair']}: {label} {repair['before']:.2g} → {repair['after']:.2g}, {end}"


def _latest_jobs(product: Product) -> list[Job]:
    """The newest job of every photo and recipe: older ones were made again since."""
    latest: dict[tuple[int | None, str], Job] = {}
    jobs = Job.objects.filter(variant__product=product).select_related(
        "source_image", "batch", "batch__recipe", "variant"
    )
    for job in jobs.order_by("id"):
        latest[(job.source_image_id, job.batch.recipe.name)] = job
    return sorted(latest.values(), key=lambda job: (job.source_image.view if job.source_image else 99, job.pk))


def _chosen(rows: list[Rendition], show: str) -> Rendition | None:
    if found := next((row for row in rows if row.pk == row_number(show)), None):
        return found
    order = {"in_review": 0}
    return min(
        rows, key=lambda row: (order.get(row.state, 1), row.kind != "main", row.kind != "style", row.pk), default=None
    )


def _group(job: Job, rows: list[Rendition], chosen: Rendition | None) -> PhotoGroup:
    photo = job.source_image
    return PhotoGroup(
        photo=photo,
        job=job,
        original_url=reverse("original", args=[photo.pk, photo.original_name.rsplit("/", 1)[-1]]) if photo else "",
        renditions=[
            Shown(
                rendition=row,
                thumb=thumb_url(row),
                url=file_url(row),
                name=file_name(row),
                is_clear=row.artifact.media_type in {"image/png", "image/webp"} and row.kind in {"cutout", "erp"},
                is_selected=chosen is not None and row.pk == chosen.pk,
                poster=poster_url(row),
            )
            for row in rows
        ],
    )
