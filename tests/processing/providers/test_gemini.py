"""Gemini's adapter against the loopback server."""

import base64
import io
import json
from decimal import Decimal

import pytest
from PIL import Image

from processing import engine
from processing.errors import (
    AmbiguousCall,
    ContentRefused,
    PermanentStepError,
    ProviderUnavailable,
    RateLimited,
    StepError,
)
from processing.models import Attempt, Outcome
from processing.providers import provider
from processing.providers.base import Capability, Done, HostedProvider, Orphan, Request
from processing.providers.calls import Answer, pause_asked
from processing.providers.loopback import gemini_side
from tests.images import box_shot, file_of
from tests.processing import making

REQUEST = Request(Capability.GENERATE_BACKGROUND, "an oak table", size=(1600, 900))


@pytest.fixture
def vendor(town):
    return provider("gemini")


def creates(town):
    return [call for call in town.plan.log()["calls"] if call["path"].endswith(":generateContent")]


def test_set_comes_with_the_answer(vendor, town):
    answer = vendor.submit(REQUEST, attempt_id="a-1")
    assert isinstance(answer, Done)
    assert (answer.cost, answer.meta["model"]) == (Decimal("0.067"), "gemini-nano-banana-2.1")
    picture = Image.open(io.BytesIO(vendor.fetch(answer.outputs[0])))
    assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.05)
    assert town.plan.log()["creates"] == {"a-1": 1}
    assert creates(town)[0]["body"] == {
        "contents": [{"role": "user", "parts": [{"text": "an oak table"}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"},
        },
    }  # fmt: skip


def test_photo_is_sent_for_enhancement(vendor, town):
    photo = file_of(box_shot(size=(120, 90))[0], "JPEG")
    answer = vendor.submit(Request(Capability.ENHANCE, size=(120, 90), image=photo), attempt_id="a-1")
    assert Image.open(io.BytesIO(answer.outputs[0].data)).size == (120, 90)
    image, words = creates(town)[0]["body"]["contents"][0]["parts"]
    assert base64.b64decode(image["inlineData"]["data"]) == photo
    assert "Do not change the product" in words["text"]


def test_enhancement_without_photo_is_refused_before_the_call(vendor, town):
    with pytest.raises(PermanentStepError, match="To enhance, a provider needs a photo"):
        vendor.submit(Request(Capability.ENHANCE), attempt_id="a-1")
    assert creates(town) == []


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [("refused", ContentRefused, "refused"), ("failed", ContentRefused, "refused"), ("words", StepError, "no-picture"),
     ("drift", StepError, "no-picture"), ({"fault": "429", "retry_after": 9}, RateLimited, "rate-limited"),
     ("cut", AmbiguousCall, "answer-lost"), ({"fault": "status", "status": 500}, StepError, "server-error"),
     ({"fault": "status", "status": 403}, ProviderUnavailable, "auth"),
     ({"fault": "status", "status": 400, "message": "API_KEY_INVALID"}, ProviderUnavailable, "auth"),
     ({"fault": "status", "status": 400, "message": "bad ratio"}, PermanentStepError, "rejected")],
)  # fmt: skip
def test_errors_are_classified_and_the_call_is_made_once(vendor, town, plan, fault, kind, code):
    plan("create", fault, vendor="gemini")
    with pytest.raises(StepError) as caught:
        vendor.submit(REQUEST, attempt_id="a-1")
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(creates(town)) == 1


def test_pause_in_the_details_is_kept():
    body = {"error": {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]}}
    assert pause_asked(Answer.of(429, {}, json.dumps(body).encode())) == 34


def test_model_that_is_gone_is_told_by_check_and_call(vendor, town, settings):
    assert vendor.check() == []
    settings.GEMINI_MODEL = "gemini-2.5-flash-image"
    gone = type(vendor)()
    assert "no price for gemini gemini-2.5-flash-image" in gone.check()[0]
    with pytest.raises(PermanentStepError) as caught:
        gone.submit(REQUEST, attempt_id="a-1")
    assert caught.value.code == "not-found"


def test_gemini_is_hosted_and_says_what_is_missing(vendor, settings):
    assert isinstance(vendor, HostedProvider)
    settings.GEMINI_IMAGE_SIZE = "8K"
    assert vendor.unavailable_reason() == "GEMINI_IMAGE_SIZE is '8K'; use one of 1K, 2K, 4K."
    settings.GEMINI_API_KEY = ""
    assert vendor.unavailable_reason() == "Gemini needs a key: set GEMINI_API_KEY."


def test_lost_call_cannot_be_found(vendor):
    assert vendor.find_orphan(attempt_id="a-1", request=REQUEST) is Orphan.UNKNOWN


@pytest.mark.django_db
@pytest.mark.parametrize(("fault", "outcome"), [("ok", Outcome.SUCCEEDED), ("cut", Outcome.AMBIGUOUS)])
def test_job_gets_its_set_or_asks_a_person(town, plan, monkeypatch, fault, outcome):
    monkeypatch.setattr(gemini_side, "SIDES", {"1K": 512})
    plan("create", fault, vendor="gemini")
    changes = {"styles": ["studio-white"], "background": "gemini", "style_px": 400}
    job = making.batch_of(making.photo(), recipe="lifestyle", changes=changes).jobs.get()
    job.steps.exclude(kind="background").delete()
    engine.carry(job.pk)
    attempt = Attempt.objects.get(step__job=job)
    assert (attempt.outcome, attempt.price) == (outcome, Decimal("0.067"))
    assert town.plan.log()["creates"] == {str(attempt.token): 1}
    assert not engine.carry(job.pk)


@pytest.mark.django_db
def test_provider_is_not_asked_for_what_it_cannot_do(town):
    job = making.batch_of(making.photo(), changes={"engine": "gemini", "sizes": [], "main_px": 500}).jobs.get()
    engine.carry(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "gemini cannot do this: remove_background.")
    assert creates(town) == []
