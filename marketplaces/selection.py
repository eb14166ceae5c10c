"""What may leave: for each product its approved pictures, and for everything else the reason why not."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Min, QuerySet
from django.utils import timezone

from catalog.models import Category, IntakeItem, Variant
from marketplaces.packs import RoleSpec
from processing.models import (
    ACTIVE_JOB_STATES,
    ArtifactState,
    Job,
    JobState,
    Rendition,
    RenditionKind,
    RenditionState,
)

CHUNK = 100
STUDIO_STYLE = "studio-white"
CUTOUT, MAIN, SWATCH = "cutout", "main", "size-swatch"
# Two shapes closer than this are the same: nothing is cut for a rounding of pixels.
SAME_RATIO = 0.01
SCOPE_FIELDS = {"batch", "skus", "category"}
_SCENES = (RenditionKind.STYLE, RenditionKind.CAMPAIGN)
# What will be decided yet.
_PENDING = ("not-judged", "in-review", "rework", "grace", "made-again")
_DOING = {"running": "processed", "fetching": "fetched"}
_STATE_CODES = {
    RenditionState.MEASURED: ("not-judged", "has not been judged yet"),
    RenditionState.IN_REVIEW: ("in-review", "waits for a person's look"),
    RenditionState.REWORK: ("rework", "is being made again"),
    RenditionState.REJECTED: ("rejected", "was rejected"),
    RenditionState.RECALLED: ("recalled", "was recalled"),
}


@dataclass(frozen=True)
class Blocked:
    """Why a product, or one of its pictures (`picture` names it), does not leave."""

    sku: str
    code: str
    reason: str
    picture: str = ""
    rendition: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value not in ("", None)}


@dataclass
class ProductSet:
    """One variant with the renditions that may leave, by view, and what is held back.

    `mains` holds the main picture of each view, or its cut-out where no recipe asked for a main picture: white pictures
    are laid out from the cut-out in any case.
    """

    variant: Variant
    mains: list[Rendition] = field(default_factory=list)
    scenes: list[Rendition] = field(default_factory=list)
    others: list[Rendition] = field(default_factory=list)
    # Main pictures and scenes that may not leave; the rest, which no channel shows, apart.
    held: list[Blocked] = field(default_factory=list)
    held_others: list[Blocked] = field(default_factory=list)
    # An earlier view than those of `mains` is undecided or still being made: a side view must not stand in for a front that
    # comes tomorrow.
    first_waits: bool = False

    @property
    def sku(self) -> str:
        return self.variant.sku

    @property
    def title(self) -> str:
        return self.variant.product.name or self.sku

    @property
    def lifestyle(self) -> list[Rendition]:
        styles = (scene for scene in self.scenes if scene.kind == RenditionKind.STYLE)
        return [scene for scene in styles if scene.style != STUDIO_STYLE][:1]

    def candidates(self, role: RoleSpec) -> list[Rendition]:
        """Renditions that may fill a role, best first, each once."""
        found: dict[int, Rendition] = {}
        styles = sorted((one for one in self.scenes if _suits(one, role)), key=lambda one: not _same_shape(one, role))
        offers = {
            "main": [] if self.first_waits else self.mains[:1], "views": self.mains[1:], "lifestyle": self.lifestyle, "styles": styles,
            "swatch": [one for one in self.others if one.name == SWATCH][:1],
        }  # fmt: skip
        for source in role.sources:
            found.update({one.pk: one for one in offers[source]})
        return list(found.values())

    def why_empty(self) -> Blocked:
        """Why there is no picture that a required role could show."""
        held = sorted(
            [*self.held, *self.held_others],
            key=lambda one: (one.picture not in (CUTOUT, MAIN), one.code != "in-review"),
        )
        return replace(held[0], picture="") if held else _unprocessed(self.variant)


def _same_shape(rendition: Rendition, role: RoleSpec) -> bool:
    artifact = rendition.artifact
    return (
        bool(artifact.height) and abs(artifact.width / artifact.height * role.size[1] / role.size[0] - 1) < SAME_RATIO
    )


def _suits(rendition: Rendition, role: RoleSpec) -> bool:
    """A campaign picture was composed for its own shape and is not cut to another."""
    return rendition.kind == RenditionKind.STYLE or _same_shape(rendition, role)


class ScopeError(ValueError):
    """A scope that cannot be read; the message says what is wrong."""


def check_scope(scope: dict[str, Any]) -> dict[str, Any]:
    """The scope without its empty parts. ScopeError for an unknown field or a value of a wrong type."""
    given = {key: value for key, value in scope.items() if value not in (None, [], "")}
    unknown = set(given) - SCOPE_FIELDS
    if unknown:
        raise ScopeError(f"unknown scope: {', '.join(sorted(unknown))}; known are {', '.join(sorted(SCOPE_FIELDS))}")
    skus = given.get("skus", [])
    if not isinstance(skus, list) or not all(isinstance(sku, str) for sku in skus):
        raise ScopeError("scope: skus is a list of SKUs")
    if type(given.get("batch", 0)) is not int:
        raise ScopeError("scope: batch is the number of a batch")
    if given.get("category", Category.DEFAULT) not in Category.values:
        raise ScopeError(f"scope: category is one of {', '.join(Category.values)}")
    return given


def variants_in(scope: dict[str, Any]) -> QuerySet[Variant]:
    """Variants of a scope, in the order of their SKUs; without a scope those that have ever been processed."""
    found = Variant.objects.select_related("product").order_by("sku")
    if "skus" in scope:
        found = found.filter(sku__in=scope["skus"])
    elif "batch" not in scope:
        found = found.filter(jobs__isnull=False)
    if "batch" in scope:
        found = found.filter(jobs__batch=scope["batch"])
    if scope.get("category"):
        found = found.filter(product__category=scope["category"])
    return found.distinct()


def unknown_skus(scope: dict[str, Any]) -> list[Blocked]:
    """SKUs that were asked for by name and are not there: a typing error must not look like an export of everything."""
    asked = list(dict.fromkeys(scope.get("skus", [])))
    known = set(Variant.objects.filter(sku__in=asked).values_list("sku", flat=True))
    return [Blocked(sku, "unknown", "There is no product with this SKU.") for sku in asked if sku not in known]


def product_sets(scope: dict[str, Any]) -> Iterator[ProductSet]:
    """A set for each variant of the scope, also those from which nothing may leave."""
    ids = list(variants_in(scope).values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        yield from _sets_of(ids[start : start + CHUNK])


def _sets_of(ids: list[int]) -> list[ProductSet]:
    variants = Variant.objects.select_related("product").filter(pk__in=ids).order_by("sku")
    current = (
        Rendition.objects.current()
        .filter(variant__in=ids)
        .select_related("artifact", "job__source_image", "parent__artifact")
        .order_by("id")
    )
    shippable = set(Rendition.objects.shippable().filter(variant__in=ids).values_list("pk", flat=True))
    by_variant: dict[int, list[Rendition]] = defaultdict(list)
    for rendition in current:
        by_variant[rendition.variant_id or 0].append(rendition)
    made = [_set_of(variant, by_variant[variant.pk], shippable) for variant in variants]
    _wait_for_first_views(made)
    return made


def _wait_for_first_views(sets: list[ProductSet]) -> None:
    """Holds main pictures back while an earlier photo of the same product is still worked on, or fetched."""
    variants = [made.variant for made in sets if made.mains]
    coming, failed = _views_coming(variants), _views_failed(variants)
    for made in (one for one in sets if one.mains):
        first = _order(made.mains[0])[0]
        code, view = coming.get(made.sku, ("", first))
        if view < first:
            made.first_waits = True
            reason = f"The photo of view {view}, which comes first, is still being {_DOING[code]}."
            made.held.insert(0, Blocked(made.sku, code, reason, picture=MAIN))
        elif (view := failed.get(made.sku, first)) < first:
            made.held.append(
                Blocked(made.sku, "failed", f"The photo of view {view} failed, so view {first} comes first.")
            )


def _views_coming(variants: list[Variant]) -> dict[str, tuple[str, int]]:
    """For each SKU the first view that is not there yet, and whether it is processed or fetched."""
    skus = [variant.sku for variant in variants]
    under_way = Job.objects.filter(variant__in=variants, source_image__isnull=False, state__in=ACTIVE_JOB_STATES)
    fetched = IntakeItem.objects.to_fetch().filter(sku__in=skus, intake__batch__is_filling=True)
    found = [("running", *row) for row in under_way.values_list("variant__sku", "source_image__view")]
    found += [("fetching", *row) for row in fetched.values_list("sku", "view")]
    return {sku: (code, view) for code, sku, view in sorted(found, key=lambda one: -one[2])}


def _views_failed(variants: list[Variant]) -> dict[str, int]:
    """For each SKU the first view of which a photo failed."""
    jobs = Job.objects.filter(variant__in=variants, source_image__isnull=False, state=JobState.FAILED)
    return dict(jobs.order_by().values_list("variant__sku").annotate(first=Min("source_image__view")))


def _set_of(variant: Variant, renditions: list[Rendition], shippable: set[int]) -> ProductSet:
    """Of several batches over the same photo the newest approved picture of each name counts."""
    made = ProductSet(variant)
    newest: dict[tuple[int, str], Rendition] = {}
    doubtful: dict[tuple[int, str], Rendition] = {}
    for rendition in renditions:
        place = (rendition.job.source_image_id or -rendition.job_id, rendition.name)
        may_leave = rendition.pk in shippable and rendition.artifact.state == ArtifactState.STORED
        (newest if may_leave else doubtful)[place] = rendition
    for (photo, name), rendition in sorted(newest.items(), key=lambda pair: _order(pair[1])):
        _shelf(made, rendition).append(rendition)
        if name == CUTOUT and (photo, MAIN) not in newest and (photo, MAIN) not in doubtful:
            made.mains.append(rendition)
    held = [rendition for place, rendition in doubtful.items() if place not in newest]
    for rendition in sorted(held, key=_order):
        is_shown = rendition.kind in (RenditionKind.MAIN, *_SCENES)
        why = _why(variant.sku, rendition)
        (made.held if is_shown else made.held_others).append(why)
        if why.code in _PENDING and rendition.kind in (RenditionKind.CUTOUT, RenditionKind.MAIN):
            made.first_waits |= bool(made.mains) and _order(rendition)[0] < _order(made.mains[0])[0]
    return made


def _order(rendition: Rendition) -> tuple[int, int, bool, int]:
    """By view; the main picture before scenes; scenes with surroundings before the plain studio."""
    image = rendition.job.source_image
    rank = {RenditionKind.CUTOUT: 0, RenditionKind.MAIN: 1}.get(RenditionKind(rendition.kind), 2)
    return (image.view if image else 99), rank, rendition.style == STUDIO_STYLE, rendition.pk


def _shelf(made: ProductSet, rendition: Rendition) -> list[Rendition]:
    if rendition.kind == RenditionKind.MAIN:
        return made.mains
    return made.scenes if rendition.kind in _SCENES else made.others


def _why(sku: str, rendition: Rendition) -> Blocked:
    parent = rendition.parent
    culprit = rendition
    if rendition.state == RenditionState.APPROVED and parent and parent.state != RenditionState.APPROVED:
        culprit = parent
    code, words = _STATE_CODES.get(RenditionState(culprit.state), ("", ""))
    if not code and rendition.artifact.state != ArtifactState.STORED:
        code, words = "expired", "was removed by the retention rule: process the photo again"
    elif not code:
        code, words = _not_in_effect(culprit)
    return Blocked(sku, code, f"The {_called(culprit)} {words}.", picture=rendition.name, rendition=culprit.pk)


def _called(rendition: Rendition) -> str:
    """As people call it: "cut-out", "main picture", "scene lifestyle-home", "size hero"."""
    if rendition.kind == RenditionKind.STYLE:
        return f"scene {rendition.style}"
    if rendition.kind in (RenditionKind.CUTOUT, RenditionKind.MAIN):
        return rendition.get_kind_display().lower()
    return f"{rendition.kind} {rendition.name.removeprefix(f'{rendition.kind}-')}"


def _not_in_effect(rendition: Rendition) -> tuple[str, str]:
    """Approved, but the grace of the decision still runs, for itself or for what it is made from."""
    late = [
        one for one in (rendition, rendition.parent) if one and one.effective_at and one.effective_at > timezone.now()
    ]
    if late:
        return "grace", "is approved and may leave in a few seconds"
    return "made-again", "belongs to an earlier cut-out: what it is made from has been made again"


def _unprocessed(variant: Variant) -> Blocked:
    job = Job.objects.filter(variant=variant).order_by("-pk").first()
    if job is None:
        return Blocked(variant.sku, "no-photo", "None of its photos has been processed.")
    if job.state in ACTIVE_JOB_STATES:
        return Blocked(variant.sku, "running", "Its photos are still being processed.")
    if job.state == JobState.FAILED:
        return Blocked(variant.sku, "failed", f"Its job failed at {job.stage}: {job.error}"[:400])
    return Blocked(variant.sku, "no-picture", "No recipe has made a picture of it that this channel can show.")
