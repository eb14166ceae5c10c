"""Which queued jobs get a message: the database decides about priority and fairness, the broker only carries.

Few jobs are sent ahead of the workers; the rest wait as rows, where a rush batch can still overtake them.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from processing.models import Batch, Job, JobState

_LOCK = 7_340_021  # names the advisory lock: two dispatchers at once would send twice as much

# Batches of one rank take turns within a priority: the k-th waiting job of a batch that has n under way comes at turn n + k.
_CHOOSE = """
WITH open AS MATERIALIZED (
  SELECT b.id, b.rank, (
    SELECT count(*) FROM processing_job r WHERE r.batch_id = b.id AND (
      (r.state = 'running' AND r.lease_until > statement_timestamp())
      OR (r.state = 'queued' AND r.enqueued_at > statement_timestamp() - make_interval(secs => %(sent_s)s)))
  ) AS busy
  FROM processing_batch b WHERE b.id = ANY(%(batches)s)
), ranked AS MATERIALIZED (
  SELECT j.id, j.priority, open.rank, open.busy + row_number() OVER (PARTITION BY open.id, j.priority ORDER BY j.id) AS turn
  FROM open CROSS JOIN LATERAL (
    SELECT id, priority FROM processing_job
    WHERE batch_id = open.id AND state = 'queued' AND available_at <= statement_timestamp()
      AND (enqueued_at IS NULL OR enqueued_at <= statement_timestamp() - make_interval(secs => %(sent_s)s))
    ORDER BY priority, id LIMIT %(room)s
  ) j
)
SELECT job.id FROM processing_job job JOIN ranked ON ranked.id = job.id
WHERE job.state = 'queued'
ORDER BY ranked.priority, ranked.rank, ranked.turn, job.id LIMIT %(room)s
FOR UPDATE OF job SKIP LOCKED
"""
_UNDER_WAY = """
SELECT count(*) FILTER (WHERE state = 'running' AND lease_until > statement_timestamp()),
       count(*) FILTER (WHERE state = 'queued' AND enqueued_at > statement_timestamp() - make_interval(secs => %(sent_s)s))
FROM processing_job WHERE state IN ('running', 'queued') AND (lease_until IS NOT NULL OR enqueued_at IS NOT NULL)
"""


def choose() -> list[int]:
    """Ids of the jobs to send now, in order, marked as sent."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_UNDER_WAY, {"sent_s": settings.RESEND_S})
        running, sent = cursor.fetchone()
        # Twice the workers; on several machines there are as many as are seen running.
        room = 2 * max(settings.PIXEL_WORKERS, running) - running - sent
        if room <= 0:
            return []
        batches = list(Batch.objects.open_now().values_list("pk", flat=True))
        cursor.execute(_CHOOSE, {"sent_s": settings.RESEND_S, "room": room, "batches": batches})
        ids = [row[0] for row in cursor.fetchall()]
        Job.objects.filter(pk__in=ids).update(enqueued_at=Now())
    return ids


def due_waiting(*, limit: int = 200) -> list[int]:
    """Ids of jobs that wait for a provider and are to be looked at now, marked as sent."""
    # Sent already, and not since it became due: the message is on its way.
    sent = {"enqueued_at__gte": F("available_at"), "enqueued_at__gt": Now() - timedelta(seconds=settings.RESEND_S)}
    due = Job.objects.filter(state=JobState.WAITING, available_at__lte=Now()).exclude(**sent)
    if not due.exists():
        return []
    with transaction.atomic():
        ids = list(
            due.select_for_update(skip_locked=True).order_by("available_at").values_list("pk", flat=True)[:limit]
        )
        Job.objects.filter(pk__in=ids).update(enqueued_at=Now())
    return ids
