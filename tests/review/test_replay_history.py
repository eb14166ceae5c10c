"""Replay over a full history: 100,000 pictures, each with three stored checks, in a made table."""

import pytest
from django.db import connection

from processing.models import Rendition
from review.policies import ensure_policy, with_changes
from review.replay import replay
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PICTURES = 100_000
CODES = ("EDGE_HALO", "EDGE_TIGHT", "HOLE")
# Values walk through 0..3.99 in a fixed order, so every count below can be worked out by hand.
RENDITIONS = """
INSERT INTO processing_rendition (job_id, variant_id, name, kind, style, spec, artifact_id, attempt, is_current, state, score,
    provenance, notes, created_at)
SELECT %s, %s, 'made-' || n, 'main', '', '{}', %s, 1, true, 'approved', 0.8, '{}', '[]', now() FROM generate_series(0, %s) AS n
"""
CHECKS = """
INSERT INTO processing_check (rendition_id, code, value, unit, "limit", passed, is_hard, detail, backdrop)
SELECT id, %s, (substr(name, 6)::int %% 400) / 100.0, 'px', 1.7, true, false, '', '' FROM processing_rendition WHERE name LIKE 'made-%%'
"""
VERDICTS = """
INSERT INTO review_verdict (rendition_id, policy_id, outcome, doubts, score, created_at)
SELECT rendition_id, %s, CASE WHEN value > 1.7 THEN 'in_review' ELSE 'auto_approved' END,
    CASE WHEN value > 1.7 THEN '[{"code": "EDGE_HALO"}]'::jsonb ELSE '[]'::jsonb END, 0.8, now()
FROM processing_check WHERE code = 'EDGE_HALO'
"""
TASKS = """
INSERT INTO review_reviewtask (rendition_id, state, queue, rank, version, is_audit, is_known_fault, is_follow_up, created_at)
SELECT rendition_id, 'decided', 'EDGE_HALO', 1, 1, false, false, false, now() FROM review_verdict WHERE outcome = 'in_review'
"""
DECISIONS = """
INSERT INTO review_decision (client_id, task_id, verdict, reason, rework_id, note, views, painting, agreement,
    created_at, effective_at)
SELECT gen_random_uuid(), id, CASE WHEN rendition_id % 2 = 0 THEN 'approve' ELSE 'reject' END, '', '', '', '[]', '{}', '{}',
    now(), now()
FROM review_reviewtask
"""


@pytest.fixture
def history():
    """100,000 judged pictures, 57,250 of them stopped and decided; made by the database itself in a few seconds."""
    policy = ensure_policy()
    policy.limits = {code: {"limit": 1.7, "direction": "max", "hard": False} for code in CODES}
    policy.save()
    job, artifact = builders.job(), builders.artifact()
    with connection.cursor() as cursor:
        cursor.execute(RENDITIONS, [job.pk, job.variant_id, artifact.pk, PICTURES - 1])
        for code in CODES:
            cursor.execute(CHECKS, [code])
        cursor.execute(VERDICTS, [policy.pk])
        cursor.execute(TASKS)
        cursor.execute(DECISIONS)
        # A database that has grown to this size has been analysed long ago.
        cursor.execute(
            "ANALYZE processing_rendition, processing_check, review_verdict, review_reviewtask, review_decision"
        )
    return policy


def test_replay_of_a_hundred_thousand_pictures_is_left_to_the_database(history, django_assert_max_num_queries):
    """A few queries, however long the history is: no row of it is read into Python."""
    assert Rendition.objects.count() == PICTURES
    draft = with_changes(history, {"EDGE_HALO": 2.5})
    with django_assert_max_num_queries(6):
        told = replay(history, draft)
    assert (told.pictures, told.review_before, told.review_after) == (PICTURES, 57_250, 37_250)
    assert told.approved_freed + told.rejected_passing > 0
