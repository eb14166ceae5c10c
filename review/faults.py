"""Known faults: a share of what waits is a good picture of one's own with a fault put in on purpose, unmarked like the audits.

How many of them people find says what their other decisions are worth. Nothing about a known fault ever ships or is counted.
"""

import base64
import io
import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext
from PIL import Image

from accounts.figures import figure
from catalog.files import load, store
from processing.models import Artifact, ArtifactState, Check, Rendition, RenditionKind, RenditionState
from review.blinds import hide_among_doubted
from review.certificate import lower_bound
from review.gate import find_doubts
from review.items import passed_row
from review.models import Decision, DecisionVerdict, KnownFault, ReviewTask, VerdictOutcome
from review.policies import RuleBook, ensure_policy

if TYPE_CHECKING:
    from review.injection import Faulty

logger = logging.getLogger(__name__)
WINDOW = timedelta(days=7)
# Fewer pictures than these hide nothing.
LEAST_WAITING = 5
AT_ONCE = 3
CHOSEN_FROM = 300
TRIES = 4
# Plain to see for whoever looks: known faults measure attention, not eyesight.
STRENGTHS = (2, 3)


@dataclass(frozen=True)
class HitRate:
    """How many of the known faults shown were found. `least`: with 95 % confidence the true share is above it."""

    shown: int
    found: int
    least: float

    def sentence(self) -> str:
        if not self.shown:
            return gettext("No known fault has been judged yet.")
        said = gettext("%(found)s of %(shown)s known faults were found; 95 %% sure, that is at least %(least)s %%.")
        return said % {"found": self.found, "shown": self.shown, "least": figure(100 * self.least)}


def missing() -> int:
    """How many known faults the queue lacks: their share of what came into it within the last week, less those put in since."""
    rate = ensure_policy().fault_rate
    since = timezone.now() - WINDOW
    counts = ReviewTask.objects.filter(created_at__gte=since).aggregate(
        real=Count("pk", filter=Q(is_known_fault=False)), put_in=Count("pk", filter=Q(is_known_fault=True))
    )
    waiting = ReviewTask.objects.open().real().count()
    if not rate or waiting < LEAST_WAITING:
        return 0
    wanted = int(rate * int(counts["real"])) - int(counts["put_in"])
    return max(0, min(AT_ONCE, wanted))


def mix_in(count: int) -> int:
    """Makes known faults from pictures that shipped and puts them into the queue. Returns how many could be made."""
    return sum(_make_one() for _ in range(count))


def _make_one() -> bool:
    base = _base()
    if base is None:
        return False
    # Here and not above: pages ask for hit rates, and must not load the imaging libraries for it.
    from review.injection import faulty

    book = RuleBook(ensure_policy())
    category = base.variant.product.category if base.variant else ""
    try:
        photo, overlay = _picture(base.provenance["proxy"]), _picture(base.provenance["overlay"])
    except FileNotFoundError as reason:
        logger.info("rendition=%s serves for no known fault: %s", base.pk, reason)
        return False
    for _ in range(TRIES):
        made = faulty(photo, overlay, category=category, strength=random.choice(STRENGTHS))
        checks = [Check(**values) for values in made.checks]
        doubts = find_doubts(checks, book.rules(base))
        if doubts:
            _keep(base, made, checks, doubts)
            return True
    return False


def _base() -> Rendition | None:
    """A cut-out that shipped unseen, is nowhere in the queue and has not served before."""
    shipped = Rendition.objects.current().filter(
        kind=RenditionKind.CUTOUT, state=RenditionState.APPROVED, verdict__outcome=VerdictOutcome.AUTO_APPROVED,
        review_tasks=None, provenance__overlay__gt="", provenance__proxy__gt="",
    )  # fmt: skip
    rows = list(shipped.select_related("job", "variant__product").order_by("-pk")[:CHOSEN_FROM])
    return random.choice(rows) if rows else None


def _picture(sha256: str) -> Image.Image:
    artifact = Artifact.objects.filter(sha256=sha256, state=ArtifactState.STORED).first()
    if artifact is None:
        raise FileNotFoundError(f"There is no stored picture {sha256}.")
    return Image.open(io.BytesIO(load(artifact.path)))


@transaction.atomic
def _keep(base: Rendition, made: "Faulty", checks: list[Check], doubts: list[dict[str, Any]]) -> None:
    doubted = {doubt["code"] for doubt in doubts}
    fault = KnownFault.objects.create(
        defect=made.defect, strength=made.strength, score=made.score, doubts=doubts,
        overlay_sha256=_stored(base, "overlay", made.overlay), thumb_sha256=_stored(base, "thumb", made.thumb),
        passed=[passed_row(check) for check in checks if check.code not in doubted],
        heats={check.code: base64.b64encode(check.heat).decode() for check in checks if check.heat},
    )  # fmt: skip
    task = ReviewTask.objects.create(
        rendition=base, queue=str(doubts[0]["code"]), is_known_fault=True, known_fault=fault
    )
    hide_among_doubted(task)


def _stored(base: Rendition, role: str, picture: Image.Image) -> str:
    """Kept like any picture that a step made, so that its address looks like any other."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=86, method=2)
    file = store(buffer.getvalue(), suffix="webp")
    Artifact.objects.get_or_create(
        step_key=file.sha256, role=role,
        defaults={"sha256": file.sha256, "path": file.path, "bytes": file.bytes, "media_type": "image/webp",
                  "width": picture.width, "height": picture.height},
    )  # fmt: skip
    return file.sha256


# ---------------------------------------------------------------------------------------------- what people made of them


def hit_rate(*, by: int | None = None) -> HitRate:
    """Of everybody, or of the user with this key."""
    said = Decision.objects.standing().filter(task__is_known_fault=True)
    if by is not None:
        said = said.filter(by=by)
    counts = said.aggregate(shown=Count("pk"), found=Count("pk", filter=~Q(verdict=DecisionVerdict.APPROVE)))
    return HitRate(counts["shown"], counts["found"], lower_bound(counts["found"], counts["shown"]))


def misses_by_defect() -> list[tuple[str, int, int]]:
    """(kind of fault, shown, found), the least found first."""
    said = Decision.objects.standing().filter(task__is_known_fault=True).order_by()
    rows = said.values_list("task__known_fault__defect").annotate(
        shown=Count("pk"), found=Count("pk", filter=~Q(verdict=DecisionVerdict.APPROVE))
    )
    return sorted(rows, key=lambda row: row[2] / row[1])
