import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from processing.models import Rendition
from review import claims
from review.models import ReviewTask
from tests import builders
from tests.review.builders import task


@pytest.mark.django_db
def test_claim_gives_the_lowest_ranks_of_the_queue_first(reviewer):
    late, first = task(rank=2.0), task(rank=1.0)
    task(queue="BLUR", rank=0.0)
    assert claims.claim(reviewer, queue="EDGE_HALO") == [first.pk, late.pk]


@pytest.mark.django_db
def test_claim_without_a_queue_takes_from_all(reviewer):
    one, two = task(queue="BLUR", rank=1.0), task(rank=2.0)
    assert claims.claim(reviewer, size=2) == [one.pk, two.pk]


@pytest.mark.django_db
def test_second_reviewer_gets_nothing_until_the_lease_ends(reviewer, manager):
    held = task()
    assert claims.claim(reviewer) == [held.pk]
    assert claims.claim(manager) == []
    assert claims.claim(reviewer) == []
    ReviewTask.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claims.claim(manager) == [held.pk]
    held.refresh_from_db()
    assert held.version == 3


@pytest.mark.django_db
def test_page_opened_again_gets_its_own_items_back(reviewer):
    held = task()
    claims.claim(reviewer)
    assert claims.claim(reviewer, resume=True) == [held.pk]
    assert claims.claim(reviewer, resume=True, without=[held.pk]) == []
    held.refresh_from_db()
    assert held.version == 2


@pytest.mark.django_db
def test_heartbeat_renews_only_ones_own_leases(reviewer, manager):
    mine, other = task(), task()
    claims.claim(reviewer, size=1)
    claims.claim(manager, size=1)
    ReviewTask.objects.update(lease_until=timezone.now() + timedelta(seconds=5))
    until = claims.heartbeat(reviewer, [mine.pk, other.pk])
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.lease_until == until > other.lease_until


@pytest.mark.django_db
def test_release_frees_only_ones_own_tasks(reviewer, manager):
    mine, other = task(), task()
    claims.claim(reviewer, size=1)
    claims.claim(manager, size=1)
    assert claims.release(reviewer, [mine.pk, other.pk]) == 1
    assert list(ReviewTask.objects.free()) == [mine]


@pytest.mark.django_db
def test_late_goodbye_of_a_page_keeps_what_the_next_page_has_claimed(reviewer):
    made = task()
    claims.claim(reviewer)
    first = ReviewTask.objects.get().lease_until
    claims.claim(reviewer, resume=True)
    assert claims.release(reviewer, [made.pk], until=first) == 0
    second = ReviewTask.objects.get().lease_until
    as_sent = second.replace(microsecond=second.microsecond // 1000 * 1000)
    assert claims.release(reviewer, [made.pk], until=as_sent) == 1


@pytest.mark.django_db
def test_take_over_frees_what_one_holder_has(reviewer, manager):
    task()
    claims.claim(reviewer)
    assert claims.take_over(queue="BLUR") == 0
    assert claims.take_over(queue="EDGE_HALO", holder=reviewer) == 1
    assert len(claims.claim(manager)) == 1


@pytest.mark.django_db(transaction=True)
def test_twelve_reviewers_at_once_never_get_the_same_picture():
    job = builders.job()
    artifact = builders.artifact()
    rows = [Rendition(job=job, name=f"erp-{n}", kind="erp", artifact=artifact, state="in_review") for n in range(3000)]
    Rendition.objects.bulk_create(rows)
    ReviewTask.objects.bulk_create(
        ReviewTask(rendition=row, queue="EDGE_HALO", rank=n % 7) for n, row in enumerate(rows)
    )
    workers = [builders.user(role=Role.REVIEWER) for _ in range(12)]
    gate, got = threading.Barrier(12), []

    def work(user) -> None:
        try:
            gate.wait()
            while ids := claims.claim(user):
                got.append(ids)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[user]) for user in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    given = [pk for ids in got for pk in ids]
    assert len(given) == len(set(given)) == 3000
    assert max(len(ids) for ids in got) == 12
