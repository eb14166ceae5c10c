"""Firefly's adapter against the loopback server."""

import io
from decimal import Decimal

import pytest
from PIL import Image

from processing import limits
from processing.errors import (
    AmbiguousCall,
    ContentRefused,
    PermanentStepError,
    ProviderUnavailable,
    RateLimited,
    StepError,
)
from processing.providers import provider
from processing.providers.base import Capability, Done, Failed, HostedProvider, Orphan, Pending, Request
from tests.images import box_shot, file_of
from tests.processing.providers.carrying import finished

REQUEST = Request(Capability.GENERATE_BACKGROUND, "an oak table", seed=5)


@pytest.fixture
def vendor(town):
    return provider("firefly")


@pytest.fixture
def adobe(town):
    return town.sides[-1]


def submit(vendor, request=REQUEST):
    return vendor.submit(request, attempt_id="a-1").provider_ref


def paths(town):
    return [call["path"] for call in town.plan.log()["calls"]]


def test_set_is_made_polled_and_fetched(vendor, town):
    ref = submit(vendor)
    assert vendor.poll(ref) == Pending(6.0)
    answer = finished(vendor, ref)
    assert isinstance(answer, Done)
    assert (answer.cost, vendor.price(REQUEST)) == (Decimal("0.10"), Decimal("0.10"))
    assert Image.open(io.BytesIO(vendor.fetch(answer.outputs[0]))).size == (128, 128)
    assert town.plan.log()["creates"] == {"a-1": 1}
    fetched = [call for call in town.plan.log()["calls"] if call["path"].startswith("/results/")]
    assert [call["has_credentials"] for call in fetched] == [False]


def test_token_is_asked_for_once_and_renewed_when_refused(vendor, town, adobe):
    submit(vendor)
    submit(vendor)
    assert paths(town).count("/ims/token/v3") == 1
    adobe.expire_tokens()
    submit(vendor)
    assert paths(town).count("/ims/token/v3") == 2
    assert town.plan.log()["creates"] == {"a-1": 3}


def test_old_token_is_renewed_before_it_ends(vendor, town, monkeypatch):
    submit(vendor)
    monkeypatch.setattr(vendor, "_token_until", 0.0)
    submit(vendor)
    assert paths(town).count("/ims/token/v3") == 2


@pytest.mark.parametrize("fault", ["ok", "drift"])
def test_cutout_of_an_uploaded_photo_in_both_answer_shapes(vendor, plan, fault):
    plan("create", fault, vendor="firefly")
    photo = file_of(box_shot(size=(300, 220))[0], "JPEG")
    answer = finished(vendor, submit(vendor, Request(Capability.REMOVE_BACKGROUND, image=photo)))
    assert isinstance(answer, Done)
    picture = Image.open(io.BytesIO(vendor.fetch(answer.outputs[0])))
    assert (picture.mode, picture.size) == ("RGBA", (300, 220))


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [({"fault": "429", "retry_after": 21}, RateLimited, "rate-limited"), ("cut", AmbiguousCall, "answer-lost"),
     ({"fault": "status", "status": 451}, ContentRefused, "refused"),
     ({"fault": "status", "status": 422}, PermanentStepError, "rejected"),
     ({"fault": "status", "status": 403}, ProviderUnavailable, "auth"),
     ({"fault": "status", "status": 503}, StepError, "server-error")],
)  # fmt: skip
def test_errors_are_classified_and_the_call_is_made_once(vendor, town, plan, fault, kind, code):
    plan("create", fault, vendor="firefly")
    with pytest.raises(StepError) as caught:
        submit(vendor)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert paths(town).count("/v3/images/generate-async") == 1


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [("failed", StepError, "failed"), ("refused", ContentRefused, "refused"), ("aborted", StepError, "failed"),
     ("canceled", StepError, "failed")],
)  # fmt: skip
def test_ends_without_a_picture_are_classified(vendor, plan, fault, kind, code):
    plan("create", fault, vendor="firefly")
    answer = finished(vendor, submit(vendor))
    assert isinstance(answer, Failed)
    assert (type(answer.error), answer.error.code, answer.cost) == (kind, code, 0)


def test_unknown_status_counts_as_running(vendor, plan):
    plan("create", "unknown-status", vendor="firefly")
    ref = submit(vendor)
    assert [vendor.poll(ref) for _ in range(3)] == [Pending(6.0), Pending(15.0), Pending(15.0)]


def test_cancel_reaches_the_vendor_and_never_raises(vendor, town):
    ref = submit(vendor)
    vendor.cancel(ref)
    assert isinstance(vendor.poll(ref), Failed)
    vendor.cancel("generate urn:ff:jobs:gone")
    assert paths(town)[-1] == "/v3/cancel/urn:ff:jobs:gone"


@pytest.mark.parametrize(
    ("answer", "reference"),
    [({"jobId": "urn:ff:jobs:1", "statusUrl": "https://evil.example/v3/status/1"}, "generate urn:ff:jobs:1"),
     ({"jobId": "urn:ff:jobs:1", "statusUrl": "http://firefly-epo1.adobe.io/v3/status/1"}, "generate urn:ff:jobs:1"),
     ({"jobId": "1", "statusUrl": "https://firefly-epo1.adobe.io/v3/status/1"},
      "generate https://firefly-epo1.adobe.io/v3/status/1")],
)  # fmt: skip
def test_token_is_shown_to_known_hosts_alone(vendor, answer, reference):
    from processing.providers.calls import Answer
    from processing.providers.firefly import _reference

    assert _reference(Answer(202, {}, "", answer), "generate") == reference


def test_accepted_call_that_names_no_job_is_ambiguous():
    from processing.providers.calls import Answer
    from processing.providers.firefly import _reference

    with pytest.raises(AmbiguousCall):
        _reference(Answer(202, {}, "", {"accepted": True}), "generate")


def test_firefly_says_what_is_missing_and_what_is_wrong(vendor, plan, settings):
    assert isinstance(vendor, HostedProvider)
    assert vendor.check() == []
    plan("token", {"fault": "status", "status": 400}, vendor="firefly")
    assert "FIREFLY_CLIENT_ID and FIREFLY_CLIENT_SECRET" in vendor.check()[0]
    settings.FIREFLY_CLIENT_SECRET = ""
    assert vendor.unavailable_reason().startswith("Firefly needs credentials: set FIREFLY_CLIENT_ID")
    assert vendor.find_orphan(attempt_id="a-1", request=REQUEST) is Orphan.UNKNOWN


def test_photo_lies_in_our_own_store_where_that_has_links(vendor, town, monkeypatch):
    monkeypatch.setattr("processing.providers.firefly.has_links", lambda: True)
    monkeypatch.setattr("processing.providers.firefly.store", lambda data, suffix: type("S", (), {"path": "a.jpg"}))
    monkeypatch.setattr("processing.providers.firefly.link", "https://bucket.s3.amazonaws.com/{}?signed".format)
    with pytest.raises(PermanentStepError):
        submit(vendor, Request(Capability.REMOVE_BACKGROUND, image=b"photo"))
    (call,) = [call for call in town.plan.log()["calls"] if call["path"] == "/v2/remove-background"]
    assert call["body"]["image"]["source"] == {"url": "https://bucket.s3.amazonaws.com/a.jpg?signed"}


@pytest.mark.django_db
def test_firefly_is_asked_no_more_often_than_it_allows(vendor):
    for _ in range(4):
        limits.ask("firefly", calls_per_minute=vendor.calls_per_minute)
    with pytest.raises(ProviderUnavailable) as caught:
        limits.ask("firefly", calls_per_minute=vendor.calls_per_minute)
    assert caught.value.retry_after_s == 15
