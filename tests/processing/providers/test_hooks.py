"""Replicate's webhooks: verified, believed for nothing but "ask now", harmless when doubled, late or forged."""

import logging
import uuid

import pytest
from django.utils import timezone

from processing import engine, hooks
from processing.models import Attempt, Job, JobState, Outcome, ProviderState, Step
from processing.providers import readiness
from processing.providers.loopback import replicate_side
from processing.providers.loopback.webhooks import signed
from tests.processing import making

pytestmark = pytest.mark.django_db
SET = {
    "styles": ["studio-white"],
    "background": "replicate",
    "style_px": 400,
    "repair": False,
    "enhance": False,
    "look": "photo",
}


@pytest.fixture
def job(town, settings, monkeypatch):
    """A job that waits for Replicate, which was told where to reach us."""
    monkeypatch.setattr(replicate_side, "SIDES", {"1": 512})
    hooks._asked_secret.cache_clear()
    settings.PROVIDER_WEBHOOK_URL = "http://127.0.0.1:9"
    town.plan.add({"vendor": "replicate", "call": "create", "faults": [{"fault": "ok", "webhook": "none"}]})
    made = making.batch_of(making.photo(), recipe="lifestyle", changes=SET).jobs.get()
    engine.carry(made.pk)
    made.refresh_from_db()
    assert made.state == JobState.WAITING
    Job.objects.filter(pk=made.pk).update(available_at=timezone.now() + timezone.timedelta(minutes=5))
    return made


def call_of(job) -> Attempt:
    return Attempt.objects.get(step__job=job, provider="replicate")


def send(client, row, *, how="once", attempt=""):
    body, headers = signed(row, how=how)
    return client.post(
        f"/hooks/replicate?attempt={attempt}", body, content_type="application/json",
        headers=headers,
    ).status_code  # fmt: skip


def is_due(job) -> bool:
    job.refresh_from_db()
    return job.available_at <= timezone.now()


def test_replicate_is_told_where_to_call_with_the_attempt(job, town):
    (body,) = [one["body"] for one in town.plan.log()["calls"] if one["path"].endswith("/predictions")]
    assert body["webhook"] == f"http://127.0.0.1:9/hooks/replicate?attempt={call_of(job).token}"
    assert body["webhook_events_filter"] == ["completed"]


def test_finished_call_is_asked_about_at_once(job, client):
    assert send(client, {"id": call_of(job).provider_ref, "status": "succeeded"}) == 204
    assert is_due(job)
    for _ in range(3):
        ProviderState.objects.update(tokens=60)
        Job.objects.filter(pk=job.pk).update(available_at=timezone.now() - timezone.timedelta(seconds=1))
        engine.carry(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_what_a_webhook_says_is_not_believed(job, client):
    row = {"id": call_of(job).provider_ref, "status": "succeeded", "output": ["http://evil.example/x.png"]}
    assert send(client, row) == 204
    assert Attempt.objects.get(pk=call_of(job).pk).outcome == Outcome.RUNNING


@pytest.mark.parametrize("how", ["forged", "old"])
def test_forged_and_old_ones_change_nothing(job, client, how):
    assert send(client, {"id": call_of(job).provider_ref}, how=how) == 401
    assert not is_due(job)


def test_doubled_late_and_foreign_ones_are_taken_and_change_nothing(job, client):
    row = {"id": call_of(job).provider_ref}
    assert [send(client, row), send(client, row)] == [204, 204]
    Attempt.objects.filter(pk=call_of(job).pk).update(outcome=Outcome.SUCCEEDED)
    Job.objects.filter(pk=job.pk).update(available_at=timezone.now() + timezone.timedelta(minutes=5))
    assert send(client, row) == 204
    assert send(client, {"id": "of-nobody"}, attempt=uuid.uuid4()) == 204
    assert send(client, {"id": "of-nobody"}, attempt="x' OR 1=1") == 204
    assert not is_due(job)


def test_call_whose_answer_was_lost_is_found_by_its_webhook(job, client):
    attempt = call_of(job)
    reference = attempt.provider_ref
    Attempt.objects.filter(pk=attempt.pk).update(provider_ref="")
    Step.objects.filter(pk=attempt.step_id).update(provider_ref="")
    assert send(client, {"id": reference}, attempt=attempt.token) == 204
    assert call_of(job).provider_ref == reference
    assert is_due(job)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff" * 10, b"x" * (2**20 + 1)])
def test_rubbish_is_refused(job, client, body):
    answer = client.post("/hooks/replicate", body, content_type="application/json")
    assert answer.status_code in (401, 413)
    assert client.get("/hooks/replicate").status_code == 405


def test_secret_that_cannot_be_asked_for_now_has_it_sent_again(job, client, plan):
    hooks._asked_secret.cache_clear()
    plan("list", {"fault": "status", "status": 503})
    assert send(client, {"id": "x"}) == 503
    assert send(client, {"id": "x"}) == 204


def test_worker_says_what_is_not_configured_and_never_stops_for_it(town, settings, caplog, plan):
    settings.GEMINI_API_KEY = ""
    plan("schema", "drift")
    plan("token", {"fault": "status", "status": 500}, vendor="firefly")
    with caplog.at_level(logging.INFO):
        readiness.report()
    assert "provider=gemini is not configured: Gemini needs a key: set GEMINI_API_KEY." in caplog.text
    assert "provider=replicate does not fit: bria/expand-image" in caplog.text
    assert "provider=firefly does not fit" in caplog.text
