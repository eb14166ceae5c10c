"""How far a product is for each channel: which of its pictures it takes, and what is missing. Nothing is rendered for it.

A listing that is out counts its pictures, all checked on their bytes. Otherwise the sizes are foretold from what is stored.
"""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count
from django.utils import timezone

from catalog.models import Product
from marketplaces.facts import FileFacts
from marketplaces.models import Channel, Listing
from marketplaces.naming import Identity, NameProblem, identifier_of
from marketplaces.packs import Pack, RoleSpec
from marketplaces.rulekinds import PackError
from marketplaces.selection import SAME_RATIO, ProductSet, product_sets
from marketplaces.verify import blocking, check_facts
from processing.imaging.sizes import contain_scale
from processing.models import Rendition, RenditionKind

FORETOLD = {"MIN_LONG_SIDE", "MIN_SHORT_SIDE", "MIN_WIDTH", "MIN_HEIGHT", "ASPECT"}
# Rows around a stored cut-out that hold nothing, or only its soft edge.
CUTOUT_MARGIN_PX = 4


@dataclass
class Readiness:
    """One product on one channel. `accepted` of `wanted` pictures; `missing` in words. State: live, ready or blocked."""

    channel: Channel
    accepted: int = 0
    wanted: int = 0
    state: str = "blocked"
    missing: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return self.accepted >= self.wanted and not self.missing


@dataclass(frozen=True)
class VariantReadiness:
    sku: str
    # Those that have been exported to at least once, and the others.
    used: list[Readiness]
    others: list[Readiness]


def readiness_of(product: Product) -> list[VariantReadiness]:
    """For each variant of a product all channels that are switched on, with few queries."""
    skus = list(product.variants.values_list("sku", flat=True))
    channels = list(Channel.objects.active().filter(is_sandbox=False).annotate(runs=Count("exports")).order_by("pk"))
    listed = Listing.objects.filter(sku__in=skus, is_withdrawn=False).annotate(shown=Count("images"))
    live = {(one.channel_id, one.sku): one.shown for one in listed}
    today = timezone.localdate()
    found = []
    for made in product_sets({"skus": skus}) if skus else []:
        rows = [
            (channel, _of_channel(channel, made, live.get((channel.pk, made.sku), 0), on=today)) for channel in channels
        ]
        used = [row for channel, row in rows if getattr(channel, "runs", 0)]
        found.append(VariantReadiness(made.sku, used, [row for _, row in rows if row not in used]))
    return found


def _of_channel(channel: Channel, made: ProductSet, live: int, *, on: date) -> Readiness:
    ready = Readiness(channel)
    try:
        pack = channel.rules()
    except PackError as error:
        ready.missing.append(str(error))
        return ready
    taken = _taken(pack, made, ready, on=on)
    counts = [rule.value for rule in pack.rules if rule.code == "MIN_COUNT" and rule.in_force(on)]
    advised = max((value for value in counts if isinstance(value, int)), default=1)
    ready.accepted = live or taken
    ready.wanted = max(advised, ready.accepted)
    if name := _name_problem(channel, pack, made):
        ready.missing.append(name)
    ready.missing += [one.reason for one in made.held if one.reason not in ready.missing]
    if 0 < ready.accepted < advised:
        more = advised - ready.accepted
        ready.missing.append(
            f"{more} more picture{'s' if more > 1 else ''} advised: add photos of other views, or scenes."
        )
    ready.state = "live" if live else "ready" if taken and not name else "blocked"
    return ready


def _taken(pack: Pack, made: ProductSet, ready: Readiness, *, on: date) -> int:
    """How many pictures the roles would take; 0 where a required one has none. What is too small is told."""
    chosen: set[int] = set()
    for role in (one for one in pack.roles if not one.is_swatch):
        faults: list[str] = []
        count = 0
        for rendition in made.candidates(role):
            if count == role.count or rendition.pk in chosen:
                continue
            if fault := _fault(pack, role, rendition, made, on=on):
                faults.append(fault)
            else:
                chosen.add(rendition.pk)
                count += 1
        if not count and role.is_required:
            ready.missing.append(faults[0] if faults else made.why_empty().reason)
            return 0
    return len(chosen)


def _fault(pack: Pack, role: RoleSpec, rendition: Rendition, made: ProductSet, *, on: date) -> str:
    facts = _Foretold(_size(role, rendition))
    category = made.variant.product.category
    faults = blocking(check_facts(pack, role.role, facts, on=on, category=category))
    return f"Needs a new photo: {faults[0].detail}." if faults else ""


def _size(role: RoleSpec, rendition: Rendition) -> tuple[int, int]:
    """Pixels the picture would have, never enlarged (see rendering)."""
    cutout = rendition.parent if rendition.kind == RenditionKind.MAIN else rendition
    file = rendition.artifact
    if cutout is not None and cutout.kind == RenditionKind.CUTOUT:
        product = cutout.artifact.width - 2 * CUTOUT_MARGIN_PX, cutout.artifact.height - 2 * CUTOUT_MARGIN_PX
        enlargement = max(1.0, contain_scale(product, (role.size[0] * role.fill, role.size[1] * role.fill)))
        return int(role.size[0] / enlargement), int(role.size[1] / enlargement)
    ratio = role.size[0] / role.size[1]
    width, height = file.width, file.height
    if abs(width / height / ratio - 1) >= SAME_RATIO:
        width, height = min(width, round(height * ratio)), min(height, round(width / ratio))
    scale = min(1.0, role.size[0] / width)
    return round(width * scale), round(height * scale)


class _Foretold(FileFacts):
    """A file that does not exist yet: its size is all that is known."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.name, self._size = "", size

    def knows(self, code: str) -> bool:
        return code in FORETOLD

    @property
    def width(self) -> int:
        return self._size[0]

    @property
    def height(self) -> int:
        return self._size[1]


def _name_problem(channel: Channel, pack: Pack, made: ProductSet) -> str:
    identity = Identity(made.sku, made.variant.asin.strip().upper(), made.variant.gtin)
    try:
        identifier_of(pack, identity, by_sku=bool(channel.settings.get("name_by_sku")))
    except NameProblem as problem:
        return str(problem)
    return ""
