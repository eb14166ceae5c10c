"""What the export pages show, gathered in few queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from catalog.models import Category, Variant
from marketplaces.breaches import Breach, breaches_of
from marketplaces.channels import TREE
from marketplaces.models import Channel, Export, ExportFile, FileKind
from marketplaces.naming import Identity, NameProblem, identifier_of, picture_name
from marketplaces.packfile import load_pack
from marketplaces.packs import Pack, Rule
from marketplaces.rulekinds import RULE_KINDS, text_of
from marketplaces.selection import variants_in
from processing.models import Batch, Rendition, RenditionKind

EXAMPLES = 3
RUNS_PER_PAGE = 30
PRODUCTS_PER_PAGE = 40
MOST_LOOKED_OVER = 5000
BREACHES_SHOWN = 100


@dataclass(frozen=True)
class NameExample:
    sku: str
    names: list[str]
    problem: str = ""


@dataclass
class Preview:
    """What an export of this scope to this channel would be, without making a picture."""

    products: int = 0
    ready: int = 0
    # Ready, but without the number the channel names files by.
    nameless: int = 0
    pack: Pack | None = None
    examples: list[NameExample] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        return self.products - self.ready


@dataclass
class BlockedGroup:
    """All that is not exported for the same kind of reason."""

    code: str
    label: str
    link: str
    link_label: str
    rows: list[dict[str, Any]] = field(default_factory=list)


LABELS = {
    "in-review": _("Waiting for review"),
    "not-judged": _("Not judged yet"),
    "grace": _("Just approved"),
    "rework": _("Being made again"),
    "rejected": _("Rejected"),
    "recalled": _("Recalled"),
    "too-small": _("Needs a new photo"),
    "missing-id": _("Number missing"),
    "asin": _("ASIN wrong"),
    "gtin": _("GTIN wrong"),
    "collision": _("Name taken"),
    "name": _("Name not allowed"),
    "shape": _("Scene does not fit the shape"),
    "bytes": _("File too large"),
    "breaks-rule": _("Breaks a rule"),
    "failed": _("Processing failed"),
    "running": _("Still processing"),
    "expired": _("File removed"),
}


def runs() -> QuerySet[Export]:
    """Newest first, with counts of pictures, products and bytes."""
    pictures = Q(files__kind=FileKind.PICTURE)
    counted = Export.objects.select_related("channel", "owner").annotate(
        pictures=Count("files", filter=pictures),
        products=Count("files__sku", filter=pictures, distinct=True),
        size=Sum("files__bytes", filter=pictures),
    )
    return counted.order_by("-pk")


def channel_cards() -> QuerySet[Channel]:
    """Channels with the day of their last export and how many listings they show."""
    return Channel.objects.annotate(
        last_export=Max("exports__finished_at"),
        live=Count("listings", filter=Q(listings__is_withdrawn=False), distinct=True),
    )


def usual_channel(user: Any) -> str:
    """Where the user exported to last; the plain tree, which asks for nothing, at first."""
    last = Export.objects.filter(owner=user).select_related("channel").order_by("-pk").first()
    return last.channel.name if last and last.channel and last.channel.is_active else TREE


def preview(channel: Channel | None, scope: dict[str, Any]) -> Preview:
    variants = variants_in(scope)
    mains = Rendition.objects.shippable().filter(kind=RenditionKind.MAIN)
    ready = variants.filter(pk__in=mains.values("variant"))
    made = Preview(products=variants.count(), ready=ready.count(), pack=channel.rules() if channel else None)
    if channel is None or made.pack is None:
        made.examples = [
            NameExample(variant.sku, [f"{variant.sku}/cutout.png", f"{variant.sku}/sizes/hero.webp"])
            for variant in ready[:EXAMPLES]
        ]
        return made
    by_sku = bool(channel.settings.get("name_by_sku"))
    if not by_sku and "sku" not in made.pack.identifiers:
        made.nameless = ready.filter(**dict.fromkeys(made.pack.identifiers, "")).count()
    made.examples = [_example(made.pack, variant, by_sku=by_sku) for variant in ready[:EXAMPLES]]
    return made


def _example(pack: Pack, variant: Any, *, by_sku: bool) -> NameExample:
    identity = Identity(variant.sku, variant.asin, variant.gtin)
    names: list[str] = []
    try:
        identifier = identifier_of(pack, identity, by_sku=by_sku)
        for position, role in enumerate(pack.roles, start=1):
            ext = role.encode.suffix.lstrip(".")
            names.append(
                picture_name(
                    role.name,
                    identity=identity,
                    identifier=identifier,
                    role=role.role,
                    number=1,
                    position=position,
                    ext=ext,
                )
            )
    except NameProblem as problem:
        return NameExample(variant.sku, [], str(problem))
    return NameExample(variant.sku, names)


def blocked_groups(export: Export) -> list[BlockedGroup]:
    """Most frequent reason first; each row with the page of its product."""
    blocked = export.report.get("blocked", [])
    codes = product_codes(row["sku"] for row in blocked)
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in blocked:
        grouped[row["code"]].append({**row, "product": codes.get(row["sku"], "")})
    groups = []
    for code, rows in sorted(grouped.items(), key=lambda pair: -len(pair[1])):
        is_review = code == "in-review"
        link = reverse("review-queue") if is_review else ""
        groups.append(
            BlockedGroup(
                code,
                gettext(LABELS.get(code, code.capitalize())),
                link,
                gettext("Review these") if is_review else "",
                rows,
            )
        )
    return groups


def product_codes(skus: Iterable[str]) -> dict[str, str]:
    """SKU: code of its product, which its page is found by."""
    return dict(Variant.objects.filter(sku__in=set(skus)).values_list("sku", "product__code"))


@dataclass(frozen=True)
class ShownFile:
    file: ExportFile
    thumb: str
    warnings: list[str]
    quality: int | None


@dataclass(frozen=True)
class ShownProduct:
    sku: str
    code: str
    files: list[ShownFile]


def shown_products(export: Export, skus: list[str]) -> list[ShownProduct]:
    """Some products with their pictures, each with a small picture to show."""
    codes, files = product_codes(skus), _shown_files(export, skus)
    return [ShownProduct(sku, codes.get(sku, ""), files[sku]) for sku in skus]


def _shown_files(export: Export, skus: list[str]) -> dict[str, list[ShownFile]]:
    files = export.files.filter(kind=FileKind.PICTURE, sku__in=skus).select_related("rendition__artifact")
    grouped: dict[str, list[ShownFile]] = {sku: [] for sku in skus}
    for file in files:
        made = file.receipt.get("made", {})
        grouped[file.sku].append(ShownFile(file, _thumb(file), made.get("warnings", []), made.get("quality")))
    return grouped


def _thumb(file: ExportFile) -> str:
    rendition = file.rendition
    if rendition is None:
        return ""
    small = rendition.provenance.get("thumb")
    if small:
        return reverse("media", args=[small, "thumb.webp"])
    return reverse("media", args=[rendition.artifact.sha256, rendition.artifact.path.rsplit("/", 1)[-1]])


def scope_text(scope: dict[str, Any]) -> str:
    """The scope in words."""
    parts = []
    if "batch" in scope and (batch := Batch.objects.filter(pk=scope["batch"]).first()):
        parts.append(gettext("batch %(batch)s") % {"batch": batch.name})
    if category := scope.get("category"):
        parts.append(str(Category(category).label).lower())
    if skus := scope.get("skus"):
        parts.append(
            ", ".join(skus[:3]) + (" " + gettext("and %(n)s more") % {"n": len(skus) - 3} if len(skus) > 3 else "")
        )
    return ", ".join(parts) or gettext("everything approved")


# The letters of confidence in a pack.
BASES = {
    "A": _("the platform's own page"), "B": _("a copy of its page"), "C": _("from third parties"), "U": _("unconfirmed"),
    "J": _("our judgement"), "M": _("measured"),
}  # fmt: skip


@dataclass(frozen=True)
class RuleRow:
    """A rule with the operator's value beside the pack's."""

    rule: Rule
    override: str
    error: str
    # Host of the page it was read on; empty where the source is no page.
    host: str
    state: str
    # How sure its value is, in words.
    basis: str


def rule_rows(channel: Channel, *, errors: dict[str, str], posted: Any) -> list[RuleRow]:
    today = timezone.localdate()
    rows = []
    for rule in load_pack(channel.pack).rules:
        own = channel.overrides.get(rule.key)
        text = posted.get(f"rule:{rule.key}", "") if posted else "" if own is None else text_of(_tupled(own))
        later = rule.valid_from is not None and rule.valid_from > today
        state = "" if rule.in_force(today) else "later" if later else "over"
        host = urlsplit(rule.source).hostname or ""
        rows.append(RuleRow(rule, text, errors.get(rule.key, ""), host, state, gettext(BASES[rule.confidence])))
    return rows


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def breaches_page(channel: Channel, *, on: str) -> dict[str, Any]:
    """`on` is a day such as 2027-01-31; anything else means today. Days on which rules begin are offered."""
    today = timezone.localdate()
    try:
        day = date.fromisoformat(on)
    except ValueError:
        day = today
    report = breaches_of(channel, on=day, at_most=MOST_LOOKED_OVER)
    by_export: dict[int, list[Breach]] = defaultdict(list)
    for one in sorted(report.breaches, key=lambda one: one.severity):
        by_export[one.export].append(one)
    starts = {rule.valid_from for rule in load_pack(channel.pack).rules if rule.valid_from and rule.valid_from > today}
    return {
        "channel": channel,
        "report": report,
        "day": day,
        "days": [today, *sorted(starts)],
        "groups": [
            (export, rows[:BREACHES_SHOWN], len(rows)) for export, rows in sorted(by_export.items(), reverse=True)
        ],
        "is_cut": report.files == MOST_LOOKED_OVER,
        "untold": ", ".join(RULE_KINDS[code].label for code in sorted(report.untold)),
    }


def older_runs(channel: Channel) -> int:
    """Exports that made pictures still out there by another version of the rules."""
    version = load_pack(channel.pack).version
    shown = Export.objects.filter(channel=channel, files__listing_images__isnull=False).exclude(pack_version=version)
    return shown.distinct().count()


def is_due(channel: Channel) -> bool:
    return load_pack(channel.pack).is_due(timezone.localdate())
