"""The figures for monitoring, as Prometheus reads them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from config.metrics import Gauge
from processing.models import Job, ProviderState, UpkeepLease
from review.models import ReviewTask
from tests import builders

pytestmark = pytest.mark.django_db
LINE = re.compile(r'firstpass_\w+(\{\w+="(?:[^"\\\n]|\\.)*"\})? -?[0-9.]+(e[+-]\d+)?')


def figures(client) -> dict[str, float]:
    auth = builders.bearer(builders.token(builders.user(role=Role.INTEGRATOR), "read"))
    answer = client.get("/api/v1/metrics", headers=auth)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_metrics_count_photos_by_state_and_stage(client):
    batch = builders.batch()
    builders.job(batch, state="queued", available_at=timezone.now() - timedelta(minutes=5))
    builders.job(batch, state="running", stage="background:lifestyle-home")
    builders.job(batch, state="waiting", stage="background:studio-white")
    builders.job(batch, state="done")
    found = figures(client)
    assert found['firstpass_jobs{state="queued"}'] == 1
    assert found['firstpass_jobs{state="failed"}'] == 0
    assert found['firstpass_jobs_at_stage{stage="background"}'] == 2
    assert 300 <= found["firstpass_oldest_startable_job_seconds"] < 330


def test_a_paused_batch_is_no_backlog(client):
    job = builders.job(builders.batch(state="paused"), state="queued")
    Job.objects.filter(pk=job.pk).update(available_at=timezone.now() - timedelta(hours=5))
    assert figures(client)["firstpass_oldest_startable_job_seconds"] == 0


def test_metrics_tell_doubts_that_wait_and_what_is_silent(client):
    task = ReviewTask.objects.create(rendition=builders.rendition(), queue="EDGE_HALO")
    ReviewTask.objects.filter(pk=task.pk).update(created_at=timezone.now() - timedelta(hours=2))
    UpkeepLease.objects.create(name="sweep", ran_at=timezone.now() - timedelta(minutes=10))
    ProviderState.objects.create(name="replicate", blocked_until=timezone.now() + timedelta(minutes=1))
    found = figures(client)
    assert found['firstpass_review_tasks{doubt="EDGE_HALO"}'] == 1
    assert 7200 <= found["firstpass_oldest_review_task_seconds"] < 7230
    assert 600 <= found["firstpass_scheduler_silent_seconds"] < 630
    assert found['firstpass_provider_blocked{provider="replicate"}'] == 1


def test_metrics_say_when_the_broker_is_away(client, settings):
    settings.MESSAGE_BROKER, settings.REDIS_URL = "redis", "redis://127.0.0.1:1/0"
    found = figures(client)
    assert found["firstpass_broker_up"] == 0
    assert "firstpass_processes_heard" not in found


def test_metrics_cost_few_queries(client, django_assert_max_num_queries):
    for number in range(3):
        builders.job(builders.batch(), state="running", stage=f"step{number}")
    with django_assert_max_num_queries(22):
        figures(client)


def test_labels_cannot_break_a_line():
    (line,) = list(Gauge("x", "", [({"name": 'a"b\nc\\'}, 1)]).lines())[2:]
    assert line == 'firstpass_x{name="a\\"b\\nc\\\\"} 1'
