"""Budgets stop the next call, never the one under way, however many ask at once."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.models import Tier
from processing import allowances, budgets, engine
from processing.errors import BudgetReached
from processing.models import Attempt, Batch, Budget, BudgetScope, Job, JobState, Outcome, Step
from tests import builders
from tests.processing import making

pytestmark = pytest.mark.django_db
STYLE = {"styles": ["studio-white"], "background": "fake"}
PRICE = Decimal("0.003")


def limit(scope, key="", usd="1"):
    return Budget.objects.update_or_create(scope=scope, key=key, defaults={"limit_usd": Decimal(usd)})[0]


def spend(batch: Batch, *, outcome=Outcome.SUCCEEDED, cost="0.003", price="0.003"):
    job = batch.jobs.first() or builders.job(batch=batch)
    step, _ = Step.objects.get_or_create(job=job, name="background:x", defaults={"kind": "background", "position": 0})
    return Attempt.objects.create(
        step=step, number=step.attempts.count() + 1, token="0" * 32, provider="fake", outcome=outcome,
        price=Decimal(price), cost=Decimal(cost), submitted_at=step.job.created_at,
    )  # fmt: skip


def test_call_beyond_the_month_is_refused_with_the_way_out():
    batch = builders.job().batch
    spend(batch)
    limit(BudgetScope.MONTH, usd="0.01")
    budgets.reserve(batch, Decimal("0.007"))
    with pytest.raises(BudgetReached, match=r"\$0.01 for this month is reached: \$0.003 .* raise it under Money"):
        budgets.reserve(batch, Decimal("0.008"))


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [(Outcome.RUNNING, "0.5"), (Outcome.AMBIGUOUS, "0.5"), (Outcome.SUCCEEDED, "0.2"), (Outcome.FAILED, "0.2"),
     (Outcome.LOST, "0")],
)  # fmt: skip
def test_open_calls_count_with_their_price_and_ended_ones_with_their_cost(outcome, counts):
    batch = builders.job().batch
    spend(batch, outcome=outcome, price="0.5", cost="0.2")
    assert budgets.used(budgets.paid_calls()) == Decimal(counts)


def test_batch_has_its_own_limit_or_that_of_every_batch():
    one, other = builders.job().batch, builders.job().batch
    limit(BudgetScope.BATCH, usd="0")
    limit(BudgetScope.BATCH, key=str(one.pk), usd="5")
    budgets.reserve(one, PRICE)
    with pytest.raises(BudgetReached, match=f"the batch {other}"):
        budgets.reserve(other, PRICE)


def test_quota_of_a_tier_binds_each_of_its_users_alone(operator, manager):
    limit(BudgetScope.TIER, key=Tier.STANDARD, usd="0.01")
    ours, theirs = builders.job().batch, builders.job().batch
    Batch.objects.filter(pk=ours.pk).update(owner=operator)
    Batch.objects.filter(pk=theirs.pk).update(owner=manager)
    ours.refresh_from_db()
    theirs.refresh_from_db()
    spend(ours, cost="0.009")
    with pytest.raises(BudgetReached, match="olga this month"):
        budgets.reserve(ours, PRICE)
    budgets.reserve(theirs, PRICE)
    operator.tier = Tier.UNLIMITED
    operator.save()
    ours.refresh_from_db()
    budgets.reserve(ours, PRICE)


def test_users_own_quota_goes_before_the_tiers(operator):
    limit(BudgetScope.TIER, key=Tier.STANDARD, usd="0")
    limit(BudgetScope.USER, key=str(operator.pk), usd="1")
    batch = builders.job().batch
    batch.owner = operator
    budgets.reserve(batch, PRICE)
    assert [one.budget.scope for one in budgets.standings(batch)] == [BudgetScope.USER]


def test_stopped_photo_goes_on_when_the_budget_is_raised(vendor):
    vendor.script = ["done"]
    limit(BudgetScope.MONTH, usd="0.00")
    job = making.batch_of(recipe="lifestyle", changes=STYLE).jobs.get()
    engine.carry(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code, vendor.submitted) == (JobState.FAILED, "budget", [])
    assert allowances.stopped_count() == 1
    assert allowances.set_limit(scope=BudgetScope.MONTH, key="", limit_usd=Decimal(1), by=None) == 1
    engine.carry(job.pk)
    job.refresh_from_db()
    assert (job.state, len(vendor.submitted)) == (JobState.DONE, 1)
    # The cut-out, finished before the budget stopped the job, was not made again.
    assert job.steps.get(name="cutout").attempts.count() == 1


def test_taking_a_budget_away_lets_its_photos_go_on(vendor):
    limit(BudgetScope.BATCH, usd="0")
    job = making.batch_of(recipe="lifestyle", changes=STYLE).jobs.get()
    engine.carry(job.pk)
    assert allowances.remove(Budget.objects.get(scope=BudgetScope.BATCH)) == 1
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


@pytest.mark.parametrize(
    ("scope", "key"), [("month", "x"), ("tier", "gold"), ("user", "99999"), ("user", "me"), ("batch", "99999")]
)
def test_budget_for_nobody_is_refused(scope, key):
    with pytest.raises(ValueError, match="could have a budget"):
        allowances.set_limit(scope=scope, key=key, limit_usd=Decimal(1), by=None)


@pytest.mark.django_db(transaction=True)
def test_callers_at_once_never_spend_the_same_rest():
    """Twelve threads want a call each; the budget holds five."""
    batch = builders.job().batch
    job = batch.jobs.get()
    steps = [Step.objects.create(job=job, name=f"s{n}", kind="background", position=n) for n in range(12)]
    limit(BudgetScope.MONTH, usd="0.50")
    start, refused = threading.Barrier(12), []

    def call(step):
        start.wait()
        try:
            with transaction.atomic():
                budgets.reserve(Batch.objects.get(pk=batch.pk), Decimal("0.1"))
                Attempt.objects.create(
                    step=step, number=1, token="0" * 32, provider="fake", price=Decimal("0.1"),
                    submitted_at=job.created_at,
                )  # fmt: skip
        except BudgetReached:
            refused.append(step.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Attempt.objects.count(), len(refused)) == (5, 7)
    assert budgets.used(budgets.paid_calls()) == Decimal("0.5")
    assert Job.objects.count() == 1
