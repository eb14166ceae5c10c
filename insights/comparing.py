"""Two to four products side by side: the same picture of each, and what was measured on it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from catalog.models import Variant
from insights.pictures import LEADS, file_url
from processing.models import Rendition, RenditionKind
from processing.scoring.limits import LABELS

FEWEST, MOST = 2, 4


@dataclass(frozen=True)
class Column:
    """A product and its picture of the name that is compared; none where there is no such picture of it."""

    variant: Variant
    picture: Rendition | None = None
    url: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def is_clear(self) -> bool:
        return self.picture is not None and self.picture.kind == RenditionKind.CUTOUT


@dataclass(frozen=True)
class Comparison:
    columns: list[Column]
    # Names of pictures that at least two of the products have, the most telling first.
    names: list[str]
    shown: str


def comparison(found: Sequence[Variant], *, show: str) -> Comparison:
    """`show` names the picture; without one that there is, the first name is taken."""
    pictures = _pictures(found)
    rank = {kind: number for number, kind in enumerate(LEADS)}
    kinds = {row.name: rank.get(RenditionKind(row.kind), len(rank)) for row in pictures.values()}
    counts = Counter(name for _, name in pictures)
    names = sorted((name for name, n in counts.items() if n >= FEWEST), key=lambda name: (kinds[name], name))
    shown = show if show in names else next(iter(names), "")
    return Comparison([_column(one, pictures.get((one.pk, shown))) for one in found], names, shown)


def _pictures(found: Sequence[Variant]) -> dict[tuple[int, str], Rendition]:
    """By variant and name; of several photos the latest made counts."""
    rows = (
        Rendition.objects.current()
        .filter(variant__in=found)
        .exclude(kind=RenditionKind.VIDEO)
        .select_related("artifact", "job")
        .prefetch_related("checks")
        .order_by("job_id", "id")
    )
    return {(row.variant_id or 0, row.name): row for row in rows}


def _column(variant: Variant, picture: Rendition | None) -> Column:
    if picture is None:
        return Column(variant)
    failed = [check.code for check in picture.checks.all() if not check.passed]
    return Column(variant, picture, file_url(picture), tuple(gettext(LABELS.get(code, code)) for code in failed))
