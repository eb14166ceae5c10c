"""The money page: what was charged, the budgets, and the ledger as a file."""

import csv
import io
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from processing.models import Attempt, Budget, JobState, Outcome, RenditionState, Step
from tests import builders

pytestmark = pytest.mark.django_db


def paid(job=None, *, provider="replicate", cost="0.003", price="0.003", outcome=Outcome.SUCCEEDED, **fields):
    job = job or builders.job()
    step, _ = Step.objects.get_or_create(
        job=job, name="background:studio-white", defaults={"kind": "background", "position": 3, "provider": provider}
    )
    return Attempt.objects.create(
        step=step, number=step.attempts.count() + 1, token="0" * 32, provider=provider, outcome=outcome,
        price=Decimal(price), cost=Decimal(cost), submitted_at=fields.pop("submitted_at", timezone.now()), **fields,
    )  # fmt: skip


def test_money_shows_what_was_charged_and_by_whom(as_manager):
    job = paid().step.job
    paid(provider="firefly", cost="0.1", price="0.1")
    paid(outcome=Outcome.RUNNING, cost="0", price="0.05")
    builders.rendition(job, state=RenditionState.APPROVED, decided_at=timezone.now())
    text = as_manager.get(reverse("money")).content.decode()
    for said in (
        "$0.10",
        "$0.05",
        "firefly",
        "replicate",
        job.sku,
        job.batch.name,
        "$0.1030",
        "in flight",
        "Price list",
    ):
        assert said in text, said


def test_money_of_one_provider_and_batch(as_manager):
    job = paid().step.job
    other = paid(provider="firefly").step.job
    rows = as_manager.get(reverse("money"), {"provider": "firefly"}).context["page"].object_list
    assert [row.step.job for row in rows] == [other]
    rows = as_manager.get(reverse("money"), {"batch": job.batch_id}).context["page"].object_list
    assert [row.step.job for row in rows] == [job]
    for wrong in ({"batch": "x"}, {"batch": "9" * 30}, {"month": "2026-13"}, {"month": "x"}):
        assert as_manager.get(reverse("money"), wrong).status_code == 200


def test_months_are_apart(as_manager):
    before = timezone.now() - timezone.timedelta(days=40)
    paid(submitted_at=before)
    assert list(as_manager.get(reverse("money")).context["page"].object_list) == []
    assert len(as_manager.get(reverse("money"), {"month": f"{before:%Y-%m}"}).context["page"].object_list) == 1


def test_ledger_is_a_csv_that_is_no_formula(as_manager):
    row = paid(provider_ref="=HYPERLINK(1)")
    response = as_manager.get(reverse("money-ledger"))
    assert "provider-calls-" in response["Content-Disposition"]
    (line,) = csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode()))
    assert (line["call"], line["charged_usd"], line["outcome"]) == (str(row.pk), "0.00300", "succeeded")
    assert line["reference"] == "'=HYPERLINK(1)"


def test_what_was_found_done_is_listed_at_nothing(as_manager):
    job = paid().step.job
    step = Step.objects.create(
        job=job, name="background:at-home", kind="background", position=4, provider="replicate", is_reused=True,
        params={"options": {}},
    )  # fmt: skip
    Step.objects.create(job=job, name="cutout", kind="cutout", position=1, provider="studio", is_reused=True)
    context = as_manager.get(reverse("money")).context
    assert list(context["found"]) == [step]
    assert context["figures"][-1]["value"] == "1"
    content = b"".join(as_manager.get(reverse("money-ledger")).streaming_content).decode()
    line = list(csv.DictReader(io.StringIO(content)))[-1]
    assert (line["outcome"], line["charged_usd"], line["expected_usd"], line["call"]) == (
        "found done",
        "0",
        "0.003",
        "",
    )
    assert list(as_manager.get(reverse("money"), {"provider": "gemini"}).context["found"]) == []


def test_prices_say_how_old_they_are_and_on_whose_word(as_manager, monkeypatch):
    fresh = as_manager.get(reverse("money")).content.decode()
    assert "assumed from its predecessor" in fresh
    assert "older than 90 days" not in fresh
    monkeypatch.setattr("processing.providers.prices.OLD_DAYS", -1)
    assert "prices are older than 90 days" in as_manager.get(reverse("money")).content.decode()


def test_manager_sets_a_budget_and_the_stopped_photos_go_on(as_manager, manager):
    job = builders.job(state=JobState.FAILED, error_code="budget")
    assert "1 photo stopped" in as_manager.get(reverse("money")).content.decode()
    answer = as_manager.post(reverse("money-budget"), {"whom": "month:", "limit_usd": "50"}, follow=True)
    assert "1 stopped photo goes on." in answer.content.decode()
    job.refresh_from_db()
    row = Budget.objects.get(scope="month")
    assert (job.state, row.limit_usd, row.updated_by) == (JobState.QUEUED, 50, manager)
    as_manager.post(reverse("money-budget-remove", args=[row.pk]))
    assert not Budget.objects.filter(scope="month").exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"whom": "month:", "limit_usd": "-1"}, "greater than or equal"), ({"whom": "moon:", "limit_usd": "1"}, "Choose whom"),
     ({"whom": "batch:", "batch": "99999", "limit_usd": "1"}, "could have a budget"), ({"limit_usd": "1"}, "required")],
)  # fmt: skip
def test_budget_that_makes_no_sense_is_refused(as_manager, sent, said):
    assert said in as_manager.post(reverse("money-budget"), sent, follow=True).content.decode()


def test_budgets_show_their_fullest_user_and_batch(as_manager, operator):
    job = builders.job()
    job.batch.owner = operator
    job.batch.save()
    paid(job, cost="18")
    as_manager.post(reverse("money-budget"), {"whom": "batch:", "limit_usd": "20"})
    as_manager.post(reverse("money-budget"), {"whom": "batch:", "batch": job.batch_id, "limit_usd": "18"})
    text = as_manager.get(reverse("money")).content.decode()
    assert "olga this month" in text
    # Of the user's tier, of every batch, and of this one.
    assert text.count("nearly used up") == 3


def test_money_is_for_managers(signed_in):
    assert signed_in.get(reverse("money")).status_code == 403
