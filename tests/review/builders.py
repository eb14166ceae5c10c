"""Rows of the review app for its tests."""

import uuid
from typing import Any

from processing.models import Check, Rendition, RenditionState
from review.models import KnownFault, ReviewTask, Verdict, VerdictOutcome
from review.policies import ensure_policy
from tests import builders

DOUBT = {
    "code": "EDGE_HALO", "label": "Edge halo", "value": 3.8, "unit": "px", "limit": 1.5, "direction": "max",
    "severity": "high", "box": [0.1, 0.2, 0.3, 0.2], "worst": [0.2, 0.3], "backdrop": "black", "detail": "",
}  # fmt: skip


def task(rendition: Rendition | None = None, **fields: Any) -> ReviewTask:
    """An open task of a doubted rendition with its verdict and check."""
    rendition = rendition or builders.rendition(state=RenditionState.IN_REVIEW)
    Verdict.objects.get_or_create(
        rendition=rendition,
        defaults={
            "policy": ensure_policy(), "outcome": VerdictOutcome.IN_REVIEW, "doubts": [dict(DOUBT)], "score": 0.4,
        },
    )  # fmt: skip
    Check.objects.get_or_create(
        rendition=rendition, code="EDGE_HALO", defaults={"value": 3.8, "unit": "px", "passed": False}
    )
    return ReviewTask.objects.create(rendition=rendition, **{"queue": "EDGE_HALO", "rank": 1.0, **fields})


def audit(**fields: Any) -> ReviewTask:
    """An approved picture that is looked at anyway."""
    rendition = builders.rendition()
    rendition.approve()
    return task(rendition, is_audit=True, **fields)


def known_fault(rendition: Rendition | None = None, **fields: Any) -> ReviewTask:
    """A good picture of one's own, shown with a fault put in."""
    rendition = rendition or builders.rendition()
    rendition.approve()
    fault = KnownFault.objects.create(
        defect="halo", strength=3, overlay_sha256="f" * 64, thumb_sha256="e" * 64, score=0.4, doubts=[dict(DOUBT)]
    )
    return ReviewTask.objects.create(
        rendition=rendition, is_known_fault=True, known_fault=fault, **{"queue": "EDGE_HALO", "rank": 1.0, **fields}
    )


def choice_of(of: ReviewTask, verdict: str = "approve", **fields: Any) -> dict[str, Any]:
    """A decision as the page sends it."""
    return {"client_id": str(uuid.uuid4()), "id": of.pk, "version": of.version, "verdict": verdict, **fields}
