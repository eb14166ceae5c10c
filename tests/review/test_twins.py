import uuid

import pytest
from django.utils import timezone

from processing.models import Check, RenditionState
from review.decisions import Choice, decide
from review.effects import apply_due
from review.gate import judge_pending
from review.models import Decision, ReviewTask
from review.undoing import undo
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def twins():
    """The same doubted file of one product, made for two batches."""
    variant, file = builders.variant(), builders.artifact()
    image = builders.source_image(variant)
    rows = [builders.rendition(builders.job(image=image), artifact=file) for _ in range(2)]
    for row in rows:
        Check.objects.create(rendition=row, code="EDGE_HALO", value=9e9, unit="px", limit=1.0, passed=False)
    judge_pending()
    return rows


def choose(user, verdict: str, **fields) -> uuid.UUID:
    client_id = uuid.uuid4()
    task = ReviewTask.objects.open().get()
    assert decide(user, Choice(client_id, task.pk, verdict, **fields)).status == "ok"
    Decision.objects.update(effective_at=timezone.now())
    apply_due()
    return client_id


def states(rows) -> set[str]:
    for row in rows:
        row.refresh_from_db()
    return {row.state for row in rows}


def test_same_picture_waits_once(twins):
    assert states(twins) == {RenditionState.IN_REVIEW}
    assert ReviewTask.objects.open().count() == 1


def test_later_batch_joins_the_open_task(twins):
    late = builders.rendition(builders.job(image=twins[0].job.source_image), artifact=twins[0].artifact)
    Check.objects.create(rendition=late, code="EDGE_HALO", value=9e9, unit="px", limit=1.0, passed=False)
    judge_pending()
    assert ReviewTask.objects.open().count() == 1


@pytest.mark.parametrize(
    ("verdict", "fields", "state"),
    [("approve", {}, RenditionState.APPROVED), ("reject", {"reason": "EDGE_HALO"}, RenditionState.REJECTED)],
)
def test_decision_holds_for_both_and_is_taken_back_for_both(twins, reviewer, verdict, fields, state):
    client_id = choose(reviewer, verdict, **fields)
    assert states(twins) == {state}
    assert undo(reviewer, client_id).status == "ok"
    assert states(twins) == {RenditionState.IN_REVIEW}


def test_remade_picture_hands_its_place_on(twins):
    task = ReviewTask.objects.open().get()
    remade = task.rendition
    remade.is_current = False
    remade.save()
    judge_pending()
    left = ReviewTask.objects.open().get()
    assert left.rendition in twins
    assert left.rendition != remade


def test_other_product_with_the_same_file_has_its_own_task(twins):
    other = builders.rendition(artifact=twins[0].artifact)
    Check.objects.create(rendition=other, code="EDGE_HALO", value=9e9, unit="px", limit=1.0, passed=False)
    judge_pending()
    assert ReviewTask.objects.open().count() == 2
