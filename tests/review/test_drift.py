"""Drift of scores between what a promise rests on and what is made now."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from processing.models import Check, Rendition, RenditionState
from review import audit_rates, gate, watch
from review.drift import CHANCE, FEWEST, WINDOW, chance_of, distance_of, drift_of
from review.models import Decision, ReviewTask, RouteDoubt, Verdict, VerdictOutcome
from review.policies import ensure_policy
from review.promises import promises
from tests import builders


def test_distance_is_that_of_the_cumulative_curves():
    assert distance_of([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5
    assert distance_of([1, 2, 3], [1, 2, 3]) == 0
    assert distance_of([0, 0, 0], [1, 1]) == 1


@pytest.mark.parametrize(
    ("sizes", "shift"), [((400, 200), 0.0), ((400, 200), 0.3), ((90, 60), 0.5), ((3000, 200), 0.2)]
)
def test_chance_agrees_with_scipy(sizes, shift):
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(5)
    first, second = rng.normal(0, 1, sizes[0]).tolist(), rng.normal(shift, 1, sizes[1]).tolist()
    reference = ks_2samp(first, second, method="asymp")
    distance = distance_of(first, second)
    assert distance == pytest.approx(reference.statistic)
    # Stephens' correction is on the safe side of the plain asymptotic value that scipy gives.
    assert chance_of(distance, *sizes) == pytest.approx(reference.pvalue, rel=0.25, abs=1e-3)


def test_same_source_is_hardly_ever_called_drift():
    rng = np.random.default_rng(7)
    alarms = sum(
        bool(found := drift_of(rng.beta(8, 2, 1000).tolist(), rng.beta(8, 2, 200).tolist())) and found.is_large
        for _ in range(1000)
    )
    assert alarms <= 3 * max(1, 1000 * CHANCE)


def test_worse_pictures_are_called_drift():
    rng = np.random.default_rng(7)
    found = drift_of(rng.beta(8, 2, 1000).tolist(), rng.beta(6, 3, 200).tolist())
    assert found is not None
    assert found.is_large
    assert found.shift < 0
    assert found.sentence().startswith("The last 200 pictures score lower than the 1,000")


def test_too_few_say_nothing():
    assert drift_of([0.5] * 400, [0.9] * (FEWEST - 1)) is None
    assert drift_of([0.5] * (FEWEST - 1), [0.9] * 400) is None


def shipped(scores, *, engine: str = "studio", category: str = "default", minutes_ago: int = 0):
    """Judged pictures; the worst tenth of them was stopped."""
    job = builders.job(image=builders.source_image(builders.variant(category=category)))
    artifact, policy, at = builders.artifact(), ensure_policy(), timezone.now() - timedelta(minutes=minutes_ago)
    rows = Rendition.objects.bulk_create(
        Rendition(
            job=job, variant=job.variant, name=f"{engine}-{minutes_ago}-{n}", kind="main", artifact=artifact,
            state=RenditionState.APPROVED, score=score, provenance={"engine": engine},
        )
        for n, score in enumerate(scores)
    )  # fmt: skip
    bound = float(np.quantile(scores, 0.1))
    Verdict.objects.bulk_create(
        Verdict(
            rendition=row, policy=policy, score=row.score, created_at=at,
            outcome=VerdictOutcome.AUTO_APPROVED if row.score > bound else VerdictOutcome.IN_REVIEW,
        )
        for row in rows
    )  # fmt: skip
    return rows


def audited(rows, *, minutes_ago: int) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    tasks = ReviewTask.objects.bulk_create(
        ReviewTask(rendition=row, queue="BLUR", is_audit=True, state="decided") for row in rows
    )
    Decision.objects.bulk_create(
        Decision(task=task, verdict="approve", effective_at=at, created_at=at) for task in tasks
    )


def certified(rng) -> None:
    rows = shipped(rng.beta(8, 2, 400).tolist(), minutes_ago=60)
    shown = [row for row in rows if row.score > np.quantile([one.score for one in rows], 0.1)][:160]
    audited(shown, minutes_ago=30)


@pytest.mark.django_db
def test_drift_suspends_the_promise_of_its_route():
    rng = np.random.default_rng(3)
    certified(rng)
    shipped(rng.beta(8, 2, 120).tolist())
    (route,) = promises()
    assert route.drift is not None
    assert not route.is_suspended
    assert route.sentence().startswith("At most 2 % faulty")
    shipped(rng.beta(5, 4, 200).tolist(), minutes_ago=-1)
    (route,) = promises()
    assert route.is_suspended
    assert route.sentence().startswith("Suspended: The last 200 pictures score lower than the 400")


@pytest.mark.django_db
def test_drift_elsewhere_leaves_a_promise_alone():
    rng = np.random.default_rng(3)
    certified(rng)
    shipped(rng.beta(8, 2, 100).tolist())
    shipped(rng.beta(2, 8, 200).tolist(), category="fashion")
    shipped(rng.beta(8, 2, 60).tolist(), minutes_ago=-1)
    by_category = {route.category: route for route in promises()}
    assert not by_category["default"].is_suspended
    assert by_category["fashion"].promise is None


# ---------------------------------------------------------------- more is looked at


@pytest.fixture
def drifted(db) -> list[Rendition]:
    """A certified route whose newest pictures score otherwise."""
    rng = np.random.default_rng(3)
    certified(rng)
    rows = shipped(rng.beta(5, 4, 200).tolist(), minutes_ago=-1)
    Rendition.objects.filter(pk__in=[row.pk for row in rows]).update(effective_at=timezone.now())
    return rows


def rate_of(row: Rendition) -> float:
    return audit_rates.AuditRates(ensure_policy()).of(
        Rendition.objects.select_related("variant__product").get(pk=row.pk)
    )


def test_drift_raises_the_share_of_audits_of_its_route_alone(drifted):
    other = shipped([0.8], category="fashion")[0]
    assert rate_of(drifted[0]) == 0.03
    assert watch.renew() == 1
    assert (rate_of(drifted[0]), rate_of(other)) == (0.12, 0.03)
    assert watch.renew() == 1
    assert RouteDoubt.objects.count() == 1


def test_what_has_shipped_since_is_audited_too_and_only_once(drifted):
    unseen = Verdict.objects.filter(outcome=VerdictOutcome.AUTO_APPROVED, rendition__review_tasks=None)
    newest = set(unseen.order_by("-pk").values_list("rendition_id", flat=True)[:WINDOW])
    watch.renew()
    drawn = ReviewTask.objects.open().filter(is_audit=True)
    assert 0.05 * 200 < drawn.count() < 0.2 * 200
    assert {row.rendition_id for row in drawn} <= newest
    before = drawn.count()
    watch.renew()
    assert drawn.count() == before


def test_new_pictures_of_a_doubted_route_are_audited_at_the_raised_share(drifted):
    watch.renew()
    rows = shipped([0.7] * 150, minutes_ago=-2)
    Verdict.objects.filter(rendition__in=rows).delete()
    Rendition.objects.filter(pk__in=[row.pk for row in rows]).update(state=RenditionState.MEASURED)
    Check.objects.bulk_create(Check(rendition=row, code="BLUR", value=0.9, passed=True) for row in rows)
    gate.judge_pending()
    share = ReviewTask.objects.filter(rendition__in=rows, is_audit=True).count() / len(rows)
    assert 0.05 < share < 0.25


def test_audits_fall_back_when_scores_are_what_they_were(drifted):
    watch.renew()
    shipped(np.random.default_rng(9).beta(8, 2, 200).tolist(), minutes_ago=-5)
    assert watch.renew() == 0
    doubt = RouteDoubt.objects.get()
    assert doubt.ended_at is not None
    assert rate_of(drifted[0]) == 0.03


def test_route_without_a_promise_is_watched_too(db):
    rng = np.random.default_rng(3)
    shipped(rng.beta(8, 2, 300).tolist(), minutes_ago=60)
    assert watch.renew() == 0
    shipped(rng.beta(4, 5, 200).tolist())
    assert watch.renew() == 1
    assert "before them" in RouteDoubt.objects.get().sentence
    (route,) = promises()
    assert (route.is_drifted, route.is_suspended) == (True, False)


def test_page_says_that_a_route_has_drifted(drifted, client: Client, manager):
    watch.renew()
    client.force_login(manager)
    page = client.get(reverse("thresholds")).content.decode()
    assert "drifted" in page
    assert "12 % of it are audited since" in page


@pytest.mark.parametrize(("usual", "raised"), [(0.03, 0.12), (0.0, 0.1), (0.2, 0.5), (0.8, 0.8)])
def test_raised_share_is_bounded(usual, raised):
    assert audit_rates.raised(usual) == pytest.approx(raised)
