"""What each vendor may do wrong, where its own tests do not have it: results, questions, and what failures cost.

docs/providers.md has the whole table.
"""

import io
from decimal import Decimal

import pytest
from PIL import Image

from processing import engine
from processing.errors import ContentRefused, PermanentStepError, RateLimited, StepError
from processing.models import Attempt, Job, JobState, Outcome, ProviderState
from processing.providers import provider
from processing.providers.base import Capability, Done, Failed, Pending, Request
from processing.providers.loopback import gemini_side
from tests.processing import making
from tests.processing.providers.carrying import collect

pytestmark = pytest.mark.django_db
REQUEST = Request(Capability.GENERATE_BACKGROUND, "an empty oak table", seed=5)
TOKEN = "00000000-0000-4000-8000-00000000000a"


def ended(name):
    """How a call ends. Errors of its answers are raised."""
    vendor = provider(name)
    ref = vendor.submit(REQUEST, attempt_id=TOKEN).provider_ref
    for _ in range(6):
        collect()
        if not isinstance(answer := vendor.poll(ref), Pending):
            return answer
    raise AssertionError("it never ended")


def picture(data):
    return Image.open(io.BytesIO(data))


@pytest.fixture
def output(town):
    return ended("firefly").outputs[0]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("expired", PermanentStepError), ("oversize", PermanentStepError), ("inside", PermanentStepError),
     ({"fault": "status", "status": 503}, StepError), ("cut", StepError)],
)  # fmt: skip
def test_result_of_firefly_that_cannot_be_fetched(plan, output, fault, kind):
    plan("output", fault, vendor="firefly")
    with pytest.raises(StepError) as caught:
        provider("firefly").fetch(output)
    assert (type(caught.value), caught.value.code) == (kind, "result-gone")


@pytest.mark.parametrize("fault", ["truncated", "html", "wrong-type", "empty"])
def test_broken_result_of_firefly_is_fetched_once_more_for_free(town, plan, output, fault):
    plan("output", fault, vendor="firefly")
    picture(provider("firefly").fetch(output)).load()
    assert town.plan.log()["creates"] == {TOKEN: 1}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [({"fault": "429", "retry_after": 9}, RateLimited), ({"fault": "status", "status": 502}, StepError), ("cut", StepError)],
)  # fmt: skip
def test_trouble_while_asking_firefly_is_not_the_calls_end(town, plan, fault, kind):
    vendor = provider("firefly")
    ref = vendor.submit(REQUEST, attempt_id=TOKEN).provider_ref
    plan("poll", fault, vendor="firefly")
    with pytest.raises(StepError) as caught:
        vendor.poll(ref)
    assert type(caught.value) is kind
    assert isinstance([vendor.poll(ref) for _ in range(2)][-1], Done)
    assert town.plan.log()["creates"] == {TOKEN: 1}


def test_result_of_firefly_in_a_new_shape_is_no_result_and_is_told(town, plan):
    plan("create", "words", vendor="firefly")
    answer = ended("firefly")
    assert isinstance(answer, Failed)
    assert answer.error.code == "bad-answer"


@pytest.mark.parametrize("name", ["gemini", "gemini-batch"])
@pytest.mark.parametrize("fault", ["cut-off", "wrong-type"])
def test_picture_that_is_none_is_paid_noted_and_asked_for_again(town, plan, monkeypatch, name, fault):
    monkeypatch.setattr(gemini_side, "SIDES", {"1K": 512})
    plan("create", fault, vendor="gemini")
    changes = {"styles": ["studio-white"], "background": name, "style_px": 400}
    job = making.batch_of(making.photo(), recipe="lifestyle", changes=changes).jobs.get()
    job.steps.exclude(kind="background").delete()
    for _ in range(8):
        Job.objects.update(available_at=job.created_at)
        ProviderState.objects.update(tokens=60, blocked_until=None)
        engine.carry(job.pk)
        collect()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    first, second = Attempt.objects.order_by("pk")
    assert (first.outcome, first.error_code, first.cost) == (Outcome.FAILED, "bad-result", first.price)
    assert (second.outcome, second.cost) == (Outcome.SUCCEEDED, second.price)


@pytest.mark.parametrize("name", ["replicate", "firefly", "gemini-batch"])
@pytest.mark.parametrize(
    ("fault", "kind"), [("failed", StepError), ("refused", ContentRefused), ("aborted", StepError)]
)
def test_calls_that_fail_there_are_free(town, plan, name, fault, kind):
    plan("create", fault, vendor=name.partition("-")[0])
    answer = ended(name)
    assert isinstance(answer, Failed)
    assert isinstance(answer.error, kind)
    assert answer.cost == Decimal(0)
