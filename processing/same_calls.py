"""The same request is paid once, also while it is under way: photos of one product share their sets, and are worked on side by side.

What has been made is found by its step's key. What is being made has no artifact yet: the attempt carries the key.
"""

from importlib import import_module

from django.db import connection
from django.db.models import Q, QuerySet

from processing.errors import SameCallUnderWay
from processing.models import Artifact, ArtifactState, Attempt, Batch, JobState, Outcome, Step

LOOK_EVERY_S = 3.0


def require_first(step: Step) -> None:
    """SameCallUnderWay when another job's call for this step's key is open, or its result has come in since somebody looked."""
    rows = Artifact.objects.filter(step_key=step.key, state=ArtifactState.STORED)
    if rows.count() == len(import_module(f"processing.steps.{step.kind}").ROLES):
        raise SameCallUnderWay(retry_after_s=0)
    if _others(step).exists():
        raise SameCallUnderWay(retry_after_s=LOOK_EVERY_S)


def _others(step: Step) -> QuerySet[Attempt]:
    """Open calls whose results somebody will fetch: not those of jobs that have ended, or lie in a batch that is held."""
    goes_on = Q(step__job__state__in=[JobState.RUNNING, JobState.WAITING]) | Q(
        step__job__state=JobState.QUEUED, step__job__batch__in=Batch.objects.open_now()
    )
    calls = Attempt.objects.filter(goes_on, key=step.key, outcome=Outcome.RUNNING, submitted_at__isnull=False)
    return calls.exclude(step=step)


def lock(key: str) -> None:
    """Until the transaction ends nobody else writes down a call for this key: of two that come at once, one sees the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
