import pytest
from django.utils import timezone

from processing.models import Rendition, RenditionState
from review.models import Decision, ReviewTask, Verdict, VerdictOutcome
from review.policies import ensure_policy
from review.promises import promises, renewal_count
from tests import builders

pytestmark = pytest.mark.django_db


def shipped(number: int, *, audited: int = 0, faulty: int = 0, engine: str = "studio") -> None:
    """Pictures that shipped unseen; people looked at the first `audited` and found fault with the first `faulty`."""
    job, artifact, now = builders.job(), builders.artifact(), timezone.now()
    rows = Rendition.objects.bulk_create(
        Rendition(
            job=job, variant=job.variant, name=f"{engine}-{n}", kind="main", artifact=artifact,
            state=RenditionState.APPROVED, score=0.8, provenance={"engine": engine},
        )
        for n in range(number)
    )  # fmt: skip
    policy = ensure_policy()
    Verdict.objects.bulk_create(
        Verdict(rendition=row, policy=policy, outcome=VerdictOutcome.AUTO_APPROVED, score=0.8) for row in rows
    )
    tasks = ReviewTask.objects.bulk_create(
        ReviewTask(rendition=row, queue="BLUR", is_audit=True, state="decided") for row in rows[:audited]
    )
    Decision.objects.bulk_create(
        Decision(task=task, verdict="reject" if n < faulty else "approve", effective_at=now)
        for n, task in enumerate(tasks)
    )


def test_no_promise_before_enough_audits():
    shipped(200, audited=40)
    (route,) = promises()
    assert route.sentence() == "Nothing can be promised yet: 40 audits, 110 more without a fault are needed."


def test_promise_says_what_it_rests_on():
    shipped(200, audited=150)
    (route,) = promises()
    assert route.label == "Other · Main picture"
    assert route.sentence() == "At most 2 % faulty, 95 % sure, from 150 audited pictures."


def test_faults_found_by_audits_stop_the_promise():
    shipped(400, audited=300, faulty=12)
    (route,) = promises()
    assert route.promise is None
    assert route.sentence().startswith("Nothing can be promised")


def test_new_engine_voids_what_was_promised_before():
    shipped(200, audited=150)
    shipped(5, engine="rembg")
    (route,) = promises()
    assert (route.audits, route.promise) == (0, None)


def test_promise_is_renewed_by_schedule_not_by_luck():
    assert [renewal_count(n) for n in (149, 150, 224, 225, 338)] == [0, 150, 150, 225, 337]


def test_promises_need_the_same_queries_for_any_number(django_assert_num_queries):
    shipped(30, audited=10)
    with django_assert_num_queries(2):
        promises()
