"""Repairs that reach beyond a step: another engine that is paid for, a set with the next seed. Never worse, never twice."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import numpy as np
import pytest
from PIL import Image

from processing import budgets, engine, repairs
from processing.errors import AmbiguousCall, PermanentStepError, ProviderUnavailable, StepError
from processing.imaging.codec import EncodeSettings, encode
from processing.jobs import repaint, rework
from processing.models import (
    Attempt,
    Budget,
    BudgetScope,
    Job,
    JobState,
    Outcome,
    ProviderState,
    RenditionState,
    Repair,
    RepairState,
)  # fmt: skip
from processing.painting import painting_from
from processing.providers import readiness
from processing.recipes import RecipeError, from_dict
from processing.steps import cutout as cutout_step
from processing.steps import render as render_step
from tests.images import box_shot
from tests.processing import making
from tests.processing.making import cutout_of

pytestmark = pytest.mark.django_db
PLAIN = {"sizes": [], "main_px": 500, "enhance": False, "look": "photo", "repair_tries": 0}
ALLOWED = {**PLAIN, "paid_repair_usd": 0.01}


@pytest.fixture(autouse=True)
def only_fake(vendor, monkeypatch):
    """The fake vendor is the only one that is asked, and knows the true outline."""
    monkeypatch.setattr(repairs, "hosted_names", lambda: ("fake",))
    monkeypatch.setattr("processing.reworks.readiness.hosted_names", lambda: ("fake",))
    photo, alpha = box_shot(size=(260, 220))
    vendor.data = encode(Image.merge("RGBA", (*photo.split(), Image.fromarray(alpha))), EncodeSettings.named("png"))
    assert readiness.hosted_names() == ("fake",)


@pytest.fixture
def bitten(monkeypatch):
    """The engine of this machine leaves out a third of the product."""
    real = cutout_step._by

    def by(name, image, **options):
        cut = real(name, image, **options)
        alpha = cut.matte.alpha.copy()
        columns = np.flatnonzero((alpha > 127).any(axis=0))
        alpha[:, columns[len(columns) * 2 // 3] :] = 0
        return replace(cut, matte=replace(cut.matte, alpha=alpha))

    monkeypatch.setattr(cutout_step, "_by", by)


# As often as a repair may need: asked, answered, measured, put back.
carry = partial(making.carry, times=4)


def job_of(**changes) -> Job:
    return making.batch_of(making.photo(), changes={**ALLOWED, "engine": "studio", **changes}).jobs.get()


def test_cutout_in_doubt_is_asked_of_another_engine_and_the_better_one_stays(vendor, bitten):
    job = carry(job_of())
    (repair,) = job.repairs.all()
    assert (job.state, repair.state, repair.label) == (JobState.DONE, RepairState.KEPT, "cut out with fake")
    assert repair.score_after > repair.score_before
    made = cutout_of(job)
    assert (made.attempt, made.provenance["engine"]) == (1, "fake")
    assert "Repaired: cut out with fake." in " ".join(made.notes)
    (paid,) = Attempt.objects.filter(step__job=job, submitted_at__isnull=False)
    assert (paid.outcome, paid.cost, paid.price) == (Outcome.SUCCEEDED, Decimal("0.003"), Decimal("0.003"))
    assert (paid.repair["kept"], paid.repair["repair"]) == (True, "cut out with fake")
    assert len(vendor.submitted) == 1


def test_nothing_is_paid_where_the_recipe_does_not_allow_it(vendor, bitten):
    job = carry(job_of(paid_repair_usd=0))
    assert (job.state, job.repairs.count(), vendor.submitted) == (JobState.DONE, 0, [])
    assert carry(job_of(paid_repair_usd=0.002)).repairs.count() == 0
    assert carry(job_of(repair=False)).repairs.count() == 0
    assert vendor.submitted == []


def test_good_cutout_is_left_alone(vendor):
    assert carry(job_of(), times=1).state == JobState.DONE
    assert vendor.submitted == []


def test_result_that_is_not_better_gives_its_place_back(vendor, bitten):
    photo, alpha = box_shot(size=(260, 220))
    columns = np.flatnonzero((alpha > 127).any(axis=0))
    alpha[:, columns[len(columns) // 2] :] = 0
    vendor.data = encode(Image.merge("RGBA", (*photo.split(), Image.fromarray(alpha))), EncodeSettings.named("png"))
    job = carry(job_of())
    plain = carry(job_of(paid_repair_usd=0))
    assert (job.state, job.repairs.get().state) == (JobState.DONE, RepairState.DROPPED)
    assert cutout_of(job).provenance["steps"]["cutout"] == cutout_of(plain).provenance["steps"]["cutout"]
    assert cutout_of(job).provenance["engine"] == "studio"
    told = Attempt.objects.get(step__job=job, submitted_at__isnull=False).repair
    assert told["kept"] is False


def test_same_photo_again_finds_what_was_paid(vendor, bitten):
    first = carry(job_of())
    again = making.batch_of(first.source_image, changes={**ALLOWED, "engine": "studio"}).jobs.get()
    carry(again)
    assert again.repairs.get().state == RepairState.KEPT
    assert len(vendor.submitted) == 1
    told = Attempt.objects.get(step__job=again, outcome=Outcome.REUSED)
    assert (told.repair["kept"], told.cost) == (True, 0)


@pytest.mark.parametrize(
    "answer", [PermanentStepError("refused", "No such thing."), StepError("500", "The provider failed.")]
)
def test_failed_repair_never_fails_the_photo(vendor, bitten, answer):
    vendor.script = [answer]
    job = carry(job_of())
    repair = job.repairs.get()
    assert (job.state, repair.state) == (JobState.DONE, RepairState.FAILED)
    assert str(answer) in repair.reason
    assert cutout_of(job).provenance["engine"] == "studio"
    assert str(answer) in " ".join(cutout_of(job).notes)
    assert len(vendor.submitted) == 1


def test_unknown_call_is_not_sent_again_and_stays_in_the_books(vendor, bitten):
    vendor.script = [AmbiguousCall("cut", "The line was cut.")]
    job = carry(job_of())
    assert (job.state, job.repairs.get().state) == (JobState.DONE, RepairState.FAILED)
    assert Attempt.objects.get(step__job=job, provider="fake").outcome == Outcome.AMBIGUOUS
    assert budgets.used(budgets.paid_calls()) == Decimal("0.003")
    assert len(vendor.submitted) == 1


def test_exhausted_budget_stops_the_repair_and_not_the_photo(vendor, bitten):
    Budget.objects.create(scope=BudgetScope.MONTH, limit_usd=Decimal("0.001"))
    job = carry(job_of())
    assert (job.state, job.repairs.get().state, vendor.submitted) == (JobState.DONE, RepairState.FAILED, [])
    assert "budget" in job.repairs.get().reason


def test_provider_that_is_away_is_not_waited_for_forever(vendor, bitten):
    vendor.script = [ProviderUnavailable("away", "Not now.", retry_after_s=1)] * 9
    job = carry(job_of(), times=1)
    assert (job.state, job.repairs.get().state) == (JobState.QUEUED, RepairState.OPEN)
    Repair.objects.update(created_at=job.created_at - 2 * repairs.PATIENCE)
    ProviderState.objects.update(blocked_until=None)
    assert carry(job).state == JobState.DONE
    assert job.repairs.get().state == RepairState.FAILED


def test_worker_that_dies_after_the_call_goes_on_with_it(vendor, bitten):
    vendor.script = [KeyboardInterrupt()]
    job = job_of()
    with pytest.raises(KeyboardInterrupt):
        engine.carry(job.pk)
    vendor.orphan = "ref-found"
    carry(job)
    assert (job.state, job.repairs.get().state, len(vendor.submitted)) == (JobState.DONE, RepairState.KEPT, 1)


def test_what_a_person_painted_or_edited_is_left_alone(vendor, bitten):
    job = carry(job_of(paid_repair_usd=0))
    Job.objects.filter(pk=job.pk).update(snapshot={**job.snapshot, "recipe": allowed(job)})
    strokes = [{"tool": "remove", "radius": 0.08, "points": [[0.4, 0.5]]}]
    repaint(cutout_of(job), painting_from(strokes, by="ada"))
    carry(job)
    step = job.steps.get(name="cutout")
    assert step.params["painted"]["by"] == "ada"
    assert (job.repairs.count(), vendor.submitted) == (0, [])
    assert not step.attempts.exclude(repair={}).exists()
    rework(cutout_of(job), rework_id="tighten")
    carry(job)
    assert job.steps.get(name="cutout").params["painted"]["by"] == "ada"
    assert (job.repairs.count(), vendor.submitted) == (0, [])


def allowed(job: Job) -> dict:
    recipe = job.snapshot["recipe"]
    return {**recipe, "data": {**recipe["data"], "paid_repair_usd": 1.0}}


def test_edit_of_a_paid_cutout_is_made_here_and_not_paid_again(vendor, bitten):
    job = carry(job_of())
    before = cutout_of(job)
    rework(before, rework_id="tighten")
    carry(job)
    made = cutout_of(job)
    assert (job.state, made.attempt, made.provenance["engine"]) == (JobState.DONE, 2, "fake")
    assert made.artifact.sha256 != before.artifact.sha256
    rework(made, rework_id="fill-holes")
    carry(job)
    assert [one["edit"] for one in job.steps.get(name="cutout").params["edits"]] == ["tighten", "fill-holes"]
    assert len(vendor.submitted) == 1


def test_person_who_wants_something_else_ends_what_is_being_tried(vendor, bitten):
    job = carry(job_of(paid_repair_usd=0))
    step = job.steps.get(name="cutout")
    before = {"cutout": {"params": step.params, "provider": step.provider, "note": step.note}}
    job.repairs.create(
        step="cutout", label="x", doubt="HOLE", provider="fake", before=before, judged=["cutout"],
        value_before=1, score_before=0,
    )  # fmt: skip
    job.steps.filter(pk=step.pk).update(provider="fake", params={**step.params, "engine": "fake"})
    rework(cutout_of(job), rework_id="tighten")
    assert job.repairs.get().state == RepairState.FAILED
    step.refresh_from_db()
    assert (step.provider, step.params["engine"], len(step.params["edits"])) == ("studio", "studio", 1)
    assert carry(job).state == JobState.DONE


# ---------------------------------------------------------------- sets


LIFESTYLE = {"styles": ["lifestyle-home"], "style_px": 400, "enhance": False, "look": "photo", "background": "fake"}


@pytest.fixture
def unsteady(monkeypatch, vendor):
    """A product that stands wrongly in the first set it is put into, however it is placed."""
    from tests.processing.fake import picture

    vendor.data = picture()
    real = render_step.measure_composite
    seen: list[bytes] = []

    def measured(image, mask, *, facts, **known):
        found = real(image, mask, facts=facts, **known)
        is_first = len(vendor.submitted) < 2
        return [replace(one, value=0.5 if is_first else 0.0) if one.code == "CONTACT" else one for one in found]

    monkeypatch.setattr(render_step, "measure_composite", measured)
    return seen


def lifestyle(**changes) -> Job:
    return making.batch_of(making.photo(), recipe="lifestyle", changes={**LIFESTYLE, **changes}).jobs.get()


def test_set_is_drawn_again_with_the_next_seed_while_a_product_stands_wrongly(vendor, unsteady):
    job = lifestyle(paid_repair_usd=0.01)
    seed = job.steps.get(kind="background").params["seed"]
    carry(job, times=6)
    repair = job.repairs.get()
    assert (job.state, repair.state, repair.doubt) == (JobState.DONE, RepairState.KEPT, "CONTACT")
    assert job.steps.get(kind="background").params["seed"] == seed + 1
    assert (repair.value_before, repair.value_after) == (0.5, 0.0)
    row = job.renditions.get(kind="style", is_current=True)
    assert (row.attempt, row.state) == (2, RenditionState.MEASURED)
    assert len(vendor.submitted) == 2


def test_set_is_not_paid_for_again_unless_allowed(vendor, unsteady):
    job = carry(lifestyle(), times=3)
    assert (job.state, job.repairs.count(), len(vendor.submitted)) == (JobState.DONE, 0, 1)


def test_recipe_bounds_what_repairs_may_cost():
    assert from_dict({"main": True}).paid_repair_usd == 0
    with pytest.raises(RecipeError, match="must be 0 to 5"):
        from_dict({"main": True, "paid_repair_usd": 99})
