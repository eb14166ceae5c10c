"""Batches under way from the page, the command line and the API: when they run, what a retry takes, and when it is too much."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import Scope
from processing import allowances, engine, jobs, scheduling
from processing.models import Attempt, Batch, Budget, BudgetScope, Job, JobState, Outcome, Priority, Step, StepState
from processing.retries import in_words, plan_retry
from tests import builders
from tests.processing import making

pytestmark = pytest.mark.django_db
STYLED = {"styles": ["lifestyle-home"], "background": "fake", "style_px": 400, "repair": False, "enhance": False}


@pytest.fixture
def batch(db) -> Batch:
    return making.batch_of(making.photo("MUG-1", data=b"a photo"))


def ask(client, method, path, owner, body=None):
    secret = builders.token(owner, *Scope.values)
    return getattr(client, method)(
        f"/api/v1{path}", body, content_type="application/json", headers=builders.bearer(secret)
    )


# ---------------------------------------------------------------- when and in which order


def save(client, batch, **values):
    form = {"priority": batch.priority, "place": "turns", "when": "any", "hours": "", "not_before": "", **values}
    page = client.post(f"/batches/{batch.pk}/schedule", form, follow=True).content.decode()
    batch.refresh_from_db()
    return page


def test_page_changes_when_a_batch_runs(signed_in, batch, settings):
    settings.OFF_PEAK_HOURS = str(hours_far_from_now())
    page = save(signed_in, batch, when="night", priority=Priority.RUSH, place="first")
    assert "Runs between" in page
    assert str(scheduling.hours_of(batch)) == settings.OFF_PEAK_HOURS
    assert (batch.priority, batch.rank, Job.objects.get().priority) == (Priority.RUSH, -1, Priority.RUSH)
    assert '<option value="night" selected>' in signed_in.get(f"/batches/{batch.pk}").content.decode()
    assert "The batch runs when its turn comes" in save(signed_in, batch)
    assert (scheduling.hours_of(batch), batch.rank) == (None, 0)


def hours_far_from_now() -> scheduling.Hours:
    now = timezone.localtime()
    return scheduling.Hours(
        *((now + timedelta(hours=hours)).time().replace(second=0, microsecond=0) for hours in (5, 7))
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [({"when": "hours"}, "Say which hours"), ({"when": "hours", "hours": "late"}, "hours must look like 22:00-06:00")],
)
def test_page_says_what_is_wrong_and_changes_nothing(signed_in, batch, values, words):
    page = save(signed_in, batch, priority=Priority.RUSH, **values)
    assert f"Nothing was changed: {words}" in page
    assert batch.priority == Priority.STANDARD


def test_schedule_is_for_those_who_submit(client, reviewer, batch):
    client.force_login(reviewer)
    assert "When it runs" not in client.get(f"/batches/{batch.pk}").content.decode()
    assert client.post(f"/batches/{batch.pk}/schedule").status_code == 403


def test_page_says_what_holds_photos_up(signed_in, batch):
    Job.objects.update(available_at=timezone.now() + timedelta(minutes=1))
    Step.objects.filter(name="cutout").update(error="The disk of /data is full: make room.")
    assert (
        "Held up, and tried again by itself: The disk of /data is full"
        in signed_in.get(f"/batches/{batch.pk}").content.decode()
    )


def test_api_changes_a_batch_and_leaves_what_is_not_named(client, operator, batch):
    moment = "2031-01-01T20:00:00Z"
    answer = ask(client, "patch", f"/batches/{batch.pk}", operator, {"not_before": moment, "priority": "bulk"}).json()
    assert (answer["priority"], answer["not_before"], answer["hours"]) == ("bulk", moment, None)
    assert answer["waits_for"].startswith("not before 1 Jan 2031")
    answer = ask(client, "patch", f"/batches/{batch.pk}", operator, {"hours": "22:00-06:00", "place": "last"}).json()
    assert (answer["hours"], answer["not_before"], answer["place"]) == ("22:00-06:00", moment, "last")
    answer = ask(
        client, "patch", f"/batches/{batch.pk}", operator, {"hours": None, "not_before": None, "state": "paused"}
    )
    assert (answer.json()["state"], answer.json()["hours"], answer.json()["not_before"]) == ("paused", None, None)
    assert ask(client, "patch", f"/batches/{batch.pk}", operator, {"state": "running"}).json()["state"] == "running"
    assert ask(client, "patch", f"/batches/{batch.pk}", operator, {"hours": "late"}).status_code == 422
    assert ask(client, "patch", f"/batches/{batch.pk}", operator, {"state": "cancelled"}).json()["state"] == "cancelled"


def test_api_submits_for_the_night(client, operator, django_capture_on_commit_callbacks):
    body = {"items": [{"sku": "A", "image_url": "https://x.example/a.jpg"}], "hours": "off-peak",
            "not_before": "2031-01-01T20:00:00Z"}  # fmt: skip
    answer = ask(client, "post", "/batches", operator, body)
    assert answer.status_code == 202, answer.content
    made = Batch.objects.get(pk=answer.json()["id"])
    assert (str(scheduling.hours_of(made)), made.not_before.year) == ("22:00-06:00", 2031)
    for wrong in ({"hours": "late"}, {"not_before": "soon"}, {"not_before": "2031-01-01T20:00"}):
        assert ask(client, "post", "/batches", operator, {**body, **wrong}).status_code == 422


def test_command_changes_a_batch(batch, capsys):
    call_command("batch", str(batch.pk), "--priority", "rush", "--place", "first", "--not-before", "2031-01-01T20:00")
    assert "rush, runs not before 1 Jan 2031" in capsys.readouterr().out
    call_command("batch", str(batch.pk), "--not-before", "now", "--hours", "off-peak", "--act", "pause", "--json")
    assert json.loads(capsys.readouterr().out)["state"] == "paused"
    call_command("batch", str(batch.pk), "--hours", "any")
    batch.refresh_from_db()
    assert scheduling.hours_of(batch) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--hours", "late"], "hours must"),
        (["--not-before", "soon"], "is no moment"),
        (["--not-before", "2031-99-01"], "no moment"),
    ],
)
def test_command_says_what_is_wrong(batch, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("batch", str(batch.pk), *arguments)
    with pytest.raises(CommandError, match="There is no batch 999999"):
        call_command("batch", "999999")


# ---------------------------------------------------------------- one photo


def test_page_of_a_product_cancels_its_job_and_tries_again(signed_in, batch):
    job = batch.jobs.get()
    address = f"/products/{job.snapshot['product_code']}"
    assert f'action="/jobs/{job.pk}/cancel"' in signed_in.get(address).content.decode()
    page = signed_in.post(f"/jobs/{job.pk}/cancel", follow=True)
    assert page.redirect_chain[-1][0].startswith("/products/")
    assert "is cancelled. What is finished of it stays." in page.content.decode()
    assert "Try again" in page.content.decode()
    assert f'action="/jobs/{job.pk}/cancel"' not in page.content.decode()
    batch.refresh_from_db()
    assert (Job.objects.get().state, batch.state) == (JobState.CANCELLED, "done")
    assert "had ended already" in signed_in.post(f"/jobs/{job.pk}/cancel", follow=True).content.decode()
    signed_in.post(f"/batches/{batch.pk}/retry", {"job": job.pk})
    assert Job.objects.get().state == JobState.QUEUED


def test_api_cancels_a_job_once(client, operator, batch):
    job = batch.jobs.get()
    answer = ask(client, "post", f"/jobs/{job.pk}/cancel", operator)
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert ask(client, "post", f"/jobs/{job.pk}/cancel", operator).status_code == 409


def test_cancelling_is_for_those_who_submit(client, reviewer, batch):
    client.force_login(reviewer)
    job = batch.jobs.get()
    assert "/cancel" not in client.get(f"/products/{job.snapshot['product_code']}").content.decode()
    assert client.post(f"/jobs/{job.pk}/cancel").status_code == 403


# ---------------------------------------------------------------- stopped by a budget


@pytest.fixture
def stopped(vendor, manager) -> Job:
    job = making.batch_of(making.photo("CUP-1"), recipe="lifestyle", changes=STYLED).jobs.get()
    allowances.set_limit(scope=BudgetScope.BATCH, key="", limit_usd=Decimal(0), by=manager)
    assert engine.carry(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "budget")
    return job


def test_photo_that_a_budget_stopped_is_no_failure(stopped, client, manager, signed_in):
    page = signed_in.get(f"/batches/{stopped.batch_id}").content.decode()
    assert "1 stopped by budget" in page
    assert "The budget of $0.00 for the batch" in page
    assert "1 failed" not in page
    assert 'href="/money"' not in page, "an operator cannot raise it"
    assert "Stopped by budget" in signed_in.get(f"/products/{stopped.snapshot['product_code']}").content.decode()
    assert "CUP-1" in signed_in.get(f"/batches/{stopped.batch_id}?stage=stopped").content.decode()
    assert "CUP-1" not in signed_in.get(f"/batches/{stopped.batch_id}?stage=failed").content.decode()
    client.force_login(manager)
    assert 'href="/money"' in client.get(f"/batches/{stopped.batch_id}").content.decode()


def test_photo_that_a_budget_stopped_goes_on_by_a_click(stopped, vendor, signed_in):
    Budget.objects.update(limit_usd=1)
    assert (
        "1 photo is being made again"
        in signed_in.post(f"/batches/{stopped.batch_id}/retry", {"code": "budget"}, follow=True).content.decode()
    )
    assert engine.carry(stopped.pk)
    stopped.refresh_from_db()
    assert (stopped.state, len(vendor.submitted)) == (JobState.WAITING, 1)


# ---------------------------------------------------------------- too much


def test_too_many_waiting_photos_are_refused_with_when_to_come_again(client, operator, batch, settings):
    settings.MAX_UNFINISHED_PHOTOS = 1
    answer = ask(
        client, "post", "/batches", operator, {"items": [{"sku": "A", "image_url": "https://x.example/a.jpg"}]}
    )
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert answer["Content-Type"] == "application/problem+json"
    assert "Too many photos are waiting already" in answer.json()["detail"]


def test_one_owner_cannot_fill_the_queue_for_the_others(operator, manager, settings):
    from processing.backpressure import Overloaded, require_room

    settings.MAX_UNFINISHED_PHOTOS_PER_USER = 1
    builders.job(builders.batch(operator))
    with pytest.raises(Overloaded, match="1 of your photos are waiting"):
        require_room(operator)
    require_room(manager)
    Job.objects.update(state=JobState.DONE)
    require_room(operator)


def test_page_keeps_the_photos_of_a_batch_that_is_refused(batch, settings):
    from processing.backpressure import Overloaded

    settings.MAX_UNFINISHED_PHOTOS = 1
    with pytest.raises(Overloaded):
        making.batch_of(making.photo("MUG-2", data=b"b"))
    assert Batch.objects.count() == 1


# ---------------------------------------------------------------- what a retry takes


@pytest.fixture
def failed(vendor) -> Job:
    """Failed at a paid set; the cut-out is done."""
    job = making.batch_of(making.photo("MUG-3", data=b"c"), recipe="lifestyle", changes=STYLED).jobs.get()
    job.steps.filter(kind__in=["prepare", "cutout"]).update(state=StepState.SUCCEEDED, key="k")
    job.steps.filter(kind="background").update(state=StepState.FAILED)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.FAILED, stage="background:lifestyle-home", error="No.", error_code="provider"
    )
    job.refresh_from_db()
    return job


def test_plan_names_stage_parts_and_price(failed):
    plan = plan_retry([failed])
    assert (plan.jobs, plan.cost, plan.perhaps_paid) == (1, Decimal("0.003"), 0)
    assert plan.kept == 2
    assert in_words(plan).endswith("2 finished parts are kept. It costs up to $0.003.")
    assert plan_retry([failed], from_step="cutout").kept == 1
    with pytest.raises(ValueError, match="has no step named scene 3"):
        plan_retry([failed], from_step="scene 3")


def test_plan_costs_nothing_where_the_call_is_paid_or_the_result_is_there(failed):
    step = failed.steps.get(kind="background")
    attempt = Attempt.objects.create(
        step=step,
        number=1,
        token="0" * 32,
        provider="fake",
        provider_ref="r",
        outcome=Outcome.RUNNING,
        submitted_at=timezone.now(),
    )
    assert plan_retry([failed]).cost == 0
    attempt.delete()
    Step.objects.filter(pk=step.pk).update(key="made", state=StepState.AMBIGUOUS)
    assert (plan_retry([failed]).cost, plan_retry([failed]).perhaps_paid) == (Decimal("0.003"), 1)
    builders.artifact(step_key="made")
    assert plan_retry([failed]).cost == 0


def test_page_command_and_api_say_it_before(failed, signed_in, client, operator, capsys):
    words = "It costs up to $0.003."
    assert words in signed_in.get(f"/batches/{failed.batch_id}").content.decode()
    call_command("retry", "--failed", "--dry-run")
    assert words in capsys.readouterr().out
    failed.refresh_from_db()
    assert failed.state == JobState.FAILED
    answer = ask(client, "get", f"/jobs/{failed.pk}/retry", operator).json()
    assert (answer["cost"], answer["kept"], answer["summary"].endswith(words)) == (0.003, 2, True)
    assert ask(client, "get", f"/jobs/{failed.pk}/retry?from_step=scene", operator).status_code == 422
    assert jobs.retry_job(failed)
