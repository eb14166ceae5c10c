"""Leases: which reviewer looks at which pictures now. No two get the same one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from review.models import LEASE, ReviewTask

CLAIM_SIZE = 12
# Materialized, because PostgreSQL may otherwise run the inner query again per row and hand out more than the limit.
# An expired lease is free by itself. One without claimed_at is kept for its holder, who has not seen it yet.
# A change of hands raises the version: whoever had it before decides too late.
CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT id FROM review_reviewtask
    WHERE state = 'open' AND NOT (id = ANY(%(without)s)) AND (%(queue)s = '' OR queue = %(queue)s)
      AND (%(among)s::bigint[] IS NULL OR id = ANY(%(among)s))
      AND (lease_until IS NULL OR lease_until < %(now)s
           OR (claimed_by_id = %(user)s AND (%(resume)s OR claimed_at IS NULL)))
    ORDER BY rank, id LIMIT %(size)s FOR UPDATE SKIP LOCKED
)
UPDATE review_reviewtask AS task
SET version = task.version + CASE WHEN task.claimed_by_id IS DISTINCT FROM %(user)s THEN 1 ELSE 0 END,
    claimed_by_id = %(user)s, claimed_at = %(now)s, lease_until = %(until)s
FROM picked WHERE task.id = picked.id
RETURNING task.id
"""


def claim(
    user: User, *, queue: str = "", size: int = CLAIM_SIZE, without: Sequence[int] = (), resume: bool = False,
    among: Sequence[int] | None = None,
) -> list[int]:  # fmt: skip
    """Ids of up to `size` tasks now leased to the user, in the order to look at them.

    without: tasks the caller has on its screen already. resume: also those the user holds, for a page opened again.
    among: no others than these.
    """
    now = timezone.now()
    values: dict[str, Any] = {"queue": queue, "size": size, "without": list(without), "resume": resume, "user": user.pk, "now": now,
              "until": now + LEASE, "among": None if among is None else list(among)}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        ids = [row[0] for row in cursor.fetchall()]
    # RETURNING promises no order.
    return list(ReviewTask.objects.filter(pk__in=ids).order_by("rank", "id").values_list("pk", flat=True))


def heartbeat(user: User, ids: Sequence[int]) -> datetime:
    """Renews the user's leases, also ones that lapsed but that nobody else took. Returns until when."""
    until = timezone.now() + LEASE
    ReviewTask.objects.open().filter(pk__in=ids, claimed_by=user).update(lease_until=until)
    return until


def release(user: User, ids: Sequence[int], *, until: datetime | None = None) -> int:
    """Gives the user's tasks back at once. Who had them stays noted: it is no change of hands when the same user takes them
    again, and a decision that is still on its way holds.

    until: the latest lease that the page which closes knows of. Its goodbye may come after the next page has claimed the same
    tasks; what is leased for longer is that page's.
    """
    tasks = ReviewTask.objects.open().filter(pk__in=ids, claimed_by=user)
    if until is not None:
        # JSON carries milliseconds.
        tasks = tasks.filter(lease_until__lt=until + timedelta(milliseconds=1))
    return tasks.update(lease_until=None)


def take_over(*, queue: str = "", holder: User | None = None) -> int:
    """Frees what others hold, for a lead whose queue is stuck behind someone at lunch. Returns how many tasks."""
    held = ReviewTask.objects.held()
    if queue:
        held = held.filter(queue=queue)
    if holder is not None:
        held = held.filter(claimed_by=holder)
    return held.update(lease_until=None)
