"""Each repair that was tried is an attempt of its step, seen on the product page and counted on the dashboard."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from insights.dashboard import report
from processing import engine
from processing.models import Attempt, Job, JobState, Outcome, Step, StepState
from processing.steps import cutout as cutout_step
from processing.steps.base import Try
from tests import builders
from tests.processing import making

pytestmark = pytest.mark.django_db
TRIES = (
    Try("clean the edge's colours", "EDGE_HALO", 3.1, 3.0, is_kept=False),
    Try("tighten by 1 px", "EDGE_HALO", 3.1, 0.9, is_kept=True),
)


def test_each_try_is_stored_as_an_attempt(monkeypatch):
    real = cutout_step.run
    monkeypatch.setattr(cutout_step, "run", lambda work, params: replace(real(work, params), tries=TRIES))
    job = making.batch_of(making.photo(), changes={"sizes": [], "main_px": 500, "repair": False}).jobs.get()
    Job.objects.filter(pk=job.pk).update(available_at=job.created_at)
    engine.carry(job.pk)
    rows = list(Attempt.objects.filter(step__job=job, step__name="cutout").order_by("number"))
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[0].repair == {}
    assert [row.repair for row in rows[1:]] == [one.to_dict() for one in TRIES]
    assert {row.outcome for row in rows} == {Outcome.SUCCEEDED}
    assert [row.seconds for row in rows[1:]] == [0, 0]


def repaired_job(*, kept: bool) -> Job:
    job = builders.job(state=JobState.DONE, finished_at=timezone.now())
    step = Step.objects.create(job=job, name="cutout", kind="cutout", position=0, state=StepState.SUCCEEDED)
    token = "00000000-0000-0000-0000-000000000001"
    Attempt.objects.create(step=step, number=1, token=token, outcome=Outcome.SUCCEEDED, seconds=2)
    Attempt.objects.create(
        step=step,
        number=2,
        token=token,
        outcome=Outcome.SUCCEEDED,
        repair=TRIES[int(kept)].to_dict(),
        params={"repair": "x"},
    )
    return job


def test_dashboard_counts_photos_repaired_without_a_person():
    repaired_job(kept=True)
    repaired_job(kept=False)
    told = report()
    (figure,) = [one for one in told.figures if one.label == "Repaired unseen"]
    assert (figure.value, figure.detail) == ("1", "of 1 repaired photos, without a person")
    assert told.stages[0]["n"] == 2


def test_product_page_tells_what_was_tried(signed_in: Client):
    job = repaired_job(kept=True)
    row = builders.rendition(job, name="cutout", kind="cutout")
    page = signed_in.get(reverse("product", args=[row.variant.product.code])).content.decode()
    assert "tighten by 1 px" in page
    assert "Edge halo 3.1 → 0.9, kept" in page
