"""Which artifacts have had their time: their rows become tombstones, and the answer to their address is 410 from then on.

Kept whatever their age: what a current picture is or shows, what a job that is not over or a picture that is not decided may
read, and what a caller names. Everything else can be made again from the original, which is never removed.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from processing.models import ACTIVE_JOB_STATES, Artifact, ArtifactState, Rendition, RenditionState, Step

CHUNK = 500
_OPEN = (RenditionState.MEASURED, RenditionState.IN_REVIEW, RenditionState.REWORK)
# What a picture's provenance names and pages show beside it.
_SHOWN = ("proxy", "overlay", "thumb", "poster", "strip")


@dataclass(frozen=True)
class Kind:
    """A class of artifacts with a time of its own."""

    name: str
    rows: Q

    def unused(self, *, days: int) -> QuerySet[Artifact]:
        """Stored rows of the kind that nothing needs and nobody has used for so many days."""
        old = Artifact.objects.filter(state=ArtifactState.STORED, used_at__lt=Now() - timedelta(days=days))
        return _classed(old).filter(self.rows, is_live=False)


KINDS = (
    Kind("replaced", Q(is_rendition=True)),
    Kind("paid", Q(is_rendition=False, is_paid=True)),
    Kind("intermediates", Q(is_rendition=False, is_paid=False)),
)


def _classed(rows: QuerySet[Artifact]) -> QuerySet[Any]:
    renditions = Rendition.objects.filter(artifact=OuterRef("pk"))
    steps = Step.objects.filter(key=OuterRef("step_key"))
    undecided = Exists(Rendition.objects.filter(job=OuterRef("job"), is_current=True, state__in=_OPEN))
    needed = [
        renditions.filter(is_current=True),
        # Earlier attempts are shown beside the one that is looked at.
        renditions.filter(undecided),
        steps.filter(Q(job__state__in=ACTIVE_JOB_STATES) | undecided),
    ]
    return rows.annotate(
        is_rendition=Exists(renditions),
        is_paid=Exists(steps.filter(attempts__cost__gt=0)),
        # A photo's thumb stands for it on the pages of its batches; a video, sound or text has no picture that would hold it.
        is_live=Exists(needed[0])
        | Exists(needed[1])
        | Exists(needed[2])
        | Q(role__in=["thumb", "recording"]) & Exists(steps),
    )


def shown_with_pictures() -> set[str]:
    """Content hashes that current pictures name: thumbs, proxies, overlays, and what stands for a video."""
    rows = Rendition.objects.current().values_list(*(f"provenance__{name}" for name in _SHOWN))
    return {sha256 for row in rows.iterator() for sha256 in row if sha256}


def expire(kind: Kind, *, days: int, shown: Collection[str]) -> Iterator[list[Artifact]]:
    """Makes tombstones of what is due, a few hundred at a time, and hands each lot over so that its files can go.

    A job that finds one of these rows done at the same moment either marks it as used first, and it stays, or finds the
    tombstone and makes it again.
    """
    last = 0
    while rows := list(kind.unused(days=days).filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = rows[-1].pk
        due = [row.pk for row in rows if row.sha256 not in shown]
        still_due = Artifact.objects.filter(
            pk__in=due, state=ArtifactState.STORED, used_at__lt=Now() - timedelta(days=days)
        )
        still_due.update(state=ArtifactState.EXPIRING, expired_at=Now())
        yield list(Artifact.objects.filter(pk__in=due, state=ArtifactState.EXPIRING))


def left_expiring() -> Iterator[list[Artifact]]:
    """Tombstones whose files a run that was cut short may have left. Call `finish` for each lot."""
    while rows := list(Artifact.objects.filter(state=ArtifactState.EXPIRING).order_by("pk")[:CHUNK]):
        yield rows


def finish(rows: Collection[Artifact]) -> None:
    """Their files are gone, or belong to somebody else. A row that came back to life meanwhile is left alone."""
    gone = Artifact.objects.filter(pk__in=[row.pk for row in rows], state=ArtifactState.EXPIRING)
    gone.update(state=ArtifactState.EXPIRED)
