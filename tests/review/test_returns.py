"""A rework comes back to whoever asked for it, for a while."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from processing.models import Check, Rendition, RenditionState
from review import claims, decisions, gate
from review.decisions import Choice
from review.models import LEASE, Decision, ReviewTask
from review.queues import held
from tests import builders
from tests.review.builders import task

pytestmark = pytest.mark.django_db


def returned(asker, *, asked: timedelta = timedelta()) -> ReviewTask:
    """The task of a picture that was made again because `asker` sent it to rework, so long ago."""
    old, at = task(), timezone.now() - asked
    sent = Decision.objects.create(
        task=old, by=asker, verdict="rework", rework_id="finer-edge", effective_at=at, applied_at=at
    )
    Decision.objects.filter(pk=sent.pk).update(created_at=at)
    old.close(at=at)
    Rendition.objects.filter(pk=old.rendition_id).update(is_current=False)
    again = builders.rendition(old.rendition.job, name=old.rendition.name, attempt=2, state=RenditionState.MEASURED)
    Check.objects.create(rendition=again, code="EDGE_HALO", value=9.0, unit="px", passed=False, is_hard=True)
    gate.judge_pending()
    return ReviewTask.objects.get(rendition=again)


def test_rework_returns_to_its_asker_and_not_to_others(reviewer, manager):
    kept = returned(reviewer)
    assert claims.claim(manager) == []
    assert [(one["by"], one["count"]) for one in held(without=manager)] == [(str(reviewer), 1)]
    assert claims.claim(reviewer) == [kept.pk]
    choice = Choice(client_id=uuid.uuid4(), task_id=kept.pk, verdict="approve", version=kept.version)
    assert decisions.decide(reviewer, choice).status == "ok"


def test_rework_kept_for_somebody_is_free_to_all_after_a_lease(reviewer, manager):
    kept = returned(reviewer)
    assert kept.lease_until <= timezone.now() + LEASE
    ReviewTask.objects.filter(pk=kept.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claims.claim(manager) == [kept.pk]
    assert claims.claim(reviewer) == []


def test_lead_takes_over_what_is_kept_for_somebody(reviewer, manager):
    kept = returned(reviewer)
    assert claims.take_over() == 1
    assert claims.claim(manager) == [kept.pk]


def test_rework_of_somebody_who_has_gone_is_free_at_once(reviewer, manager):
    kept = returned(reviewer, asked=2 * LEASE)
    assert claims.claim(manager) == [kept.pk]


def test_rework_of_somebody_who_still_holds_pictures_is_kept_for_them(reviewer, manager):
    task(rank=0.0)
    claims.claim(reviewer, size=1)
    kept = returned(reviewer, asked=2 * LEASE)
    assert claims.claim(manager) == []
    assert claims.claim(reviewer) == [kept.pk]


def test_what_came_back_is_handed_to_its_asker_once(reviewer):
    returned(reviewer)
    assert len(claims.claim(reviewer)) == 1
    assert claims.claim(reviewer) == []
