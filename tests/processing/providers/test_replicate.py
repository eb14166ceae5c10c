"""Replicate's adapter against the loopback server."""

import io
import json
import uuid
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from django.utils import timezone
from PIL import Image

from processing.errors import (
    AmbiguousCall,
    ContentRefused,
    PermanentStepError,
    ProviderUnavailable,
    RateLimited,
    StepError,
)
from processing.providers import provider
from processing.providers.base import Capability, Done, Failed, HostedProvider, Orphan, Output, Pending, Request
from processing.providers.calls import nearest_ratio
from processing.providers.replicate_models import RATIOS
from tests.images import box_shot, file_of
from tests.processing.providers.carrying import finished

REQUEST = Request(Capability.GENERATE_BACKGROUND, "an empty oak table", seed=7)


@pytest.fixture
def vendor(town):
    return provider("replicate")


def submit(vendor, request=REQUEST, attempt_id=""):
    return vendor.submit(request, attempt_id=attempt_id or str(uuid.uuid4())).provider_ref


def creates(town):
    return [call["body"] for call in town.plan.log()["calls"] if call["path"].endswith("/predictions") and call["body"]]


def lost(*, seconds_ago=60.0, **changes):
    """The request as it is looked up for a call of so long ago."""
    values = {"options": REQUEST.options, "image": None, **changes}
    asked_at = timezone.now() - timedelta(seconds=seconds_ago)
    return Request(REQUEST.capability, REQUEST.prompt, REQUEST.seed, asked_at=asked_at, **values)


def test_replicate_is_a_hosted_provider_with_a_price(vendor):
    assert isinstance(vendor, HostedProvider)
    assert vendor.unavailable_reason() == ""
    assert vendor.price(REQUEST) == Decimal("0.003")
    four = Request(Capability.GENERATE_BACKGROUND, options={"num_outputs": 4})
    assert vendor.price(four) == Decimal("0.012")


def test_replicate_without_token_says_which_variable(vendor, settings):
    settings.REPLICATE_API_TOKEN = ""
    assert vendor.unavailable_reason() == "Replicate needs a token: set REPLICATE_API_TOKEN."


def test_replicate_refuses_models_without_a_price(town):
    assert "add a row to prices.json" in provider("replicate:somebody/something").unavailable_reason()


def test_background_is_made_and_fetched(vendor, town):
    attempt_id = str(uuid.uuid4())
    ref = submit(vendor, attempt_id=attempt_id)
    assert vendor.poll(ref) == Pending(2.0)
    answer = finished(vendor, ref)
    assert isinstance(answer, Done)
    assert (len(answer.outputs), answer.cost) == (1, Decimal("0.003"))
    picture = Image.open(io.BytesIO(vendor.fetch(answer.outputs[0])))
    assert (picture.format, picture.size) == ("PNG", (128, 128))
    assert town.plan.log()["creates"] == {attempt_id: 1}
    (body,) = creates(town)
    assert body["input"] == {
        "prompt": "an empty oak table", "seed": 7, "aspect_ratio": "1:1", "num_outputs": 1, "num_inference_steps": 4,
        "output_format": "png", "go_fast": False, "megapixels": "1",
    }  # fmt: skip


def test_token_never_reaches_the_host_of_results(vendor, town):
    answer = finished(vendor, submit(vendor))
    vendor.fetch(answer.outputs[0])
    calls = town.plan.log()["calls"]
    assert all(call["has_credentials"] for call in calls if call["path"].startswith("/v1/"))
    (fetched,) = [call for call in calls if call["path"].startswith("/results/")]
    assert (fetched["has_credentials"], fetched["host"].split(":")[0]) == (False, "localhost")


def test_options_reach_the_model(vendor, town):
    options = {"num_outputs": 2, "output_format": "webp", "output_quality": 70, "go_fast": True, "megapixels": "0.25"}
    request = Request(Capability.GENERATE_BACKGROUND, "wall", size=(1600, 900), options=options)
    answer = finished(vendor, submit(vendor, request))
    assert (len(answer.outputs), answer.cost) == (2, Decimal("0.006"))
    assert creates(town)[0]["input"] | options == creates(town)[0]["input"]
    picture = Image.open(io.BytesIO(vendor.fetch(answer.outputs[1])))
    assert picture.format == "WEBP"
    assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.2)


@pytest.mark.parametrize(
    ("options", "word"),
    [({"steps": 4}, "no option steps"), ({"num_outputs": 5}, "from 1 to 4"), ({"megapixels": "2"}, "one of 1, 0.25"),
     ({"go_fast": 1}, "true or false"), ({"num_outputs": True}, "whole number")],
)  # fmt: skip
def test_bad_options_are_refused_before_the_call(vendor, town, options, word):
    with pytest.raises(PermanentStepError, match=word):
        submit(vendor, Request(Capability.GENERATE_BACKGROUND, "wall", options=options))
    assert creates(town) == []


@pytest.mark.parametrize(("size", "ratio"), [((100, 100), "1:1"), ((2100, 900), "21:9"), ((800, 1000), "4:5")])
def test_nearest_ratio(size, ratio):
    assert nearest_ratio(size, RATIOS) == ratio


def test_cutout_uploads_the_photo_once(vendor, town):
    photo = file_of(box_shot(size=(300, 220))[0], "JPEG")
    request = Request(Capability.REMOVE_BACKGROUND, size=(300, 220), image=photo)
    assert vendor.price(request) == Decimal("0.018")
    answer = finished(vendor, submit(vendor, request))
    picture = Image.open(io.BytesIO(vendor.fetch(answer.outputs[0])))
    assert (picture.mode, picture.size) == ("RGBA", (300, 220))
    assert picture.getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize(
    ("fault", "pause_s"),
    [({"fault": "429", "retry_after": 42}, 42), ({"fault": "429-sentence", "retry_after": 31}, 31), ("429-bare", 15),
     ({"fault": "429", "retry_after": 999999}, 3600)],
)  # fmt: skip
def test_rate_limit_is_told_with_its_pause_and_not_repeated(vendor, town, plan, fault, pause_s):
    plan("create", fault)
    with pytest.raises(RateLimited) as caught:
        submit(vendor)
    assert caught.value.retry_after_s == pause_s
    assert len(creates(town)) == 1


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [(401, ProviderUnavailable, "auth"), (403, ProviderUnavailable, "auth"), (402, ProviderUnavailable, "no-credit"),
     (404, PermanentStepError, "not-found"), (422, PermanentStepError, "rejected"), (451, ContentRefused, "refused"),
     (503, StepError, "server-error"), (500, AmbiguousCall, "answer-lost"), (502, AmbiguousCall, "answer-lost"),
     (504, AmbiguousCall, "answer-lost")],
)  # fmt: skip
def test_submit_errors_are_classified(vendor, town, plan, status, kind, code):
    plan("create", {"fault": "status", "status": status, "message": "the reason"})
    with pytest.raises(StepError) as caught:
        submit(vendor)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(creates(town)) == 1


def test_wrong_key_names_the_variable(vendor, plan):
    plan("create", {"fault": "status", "status": 401, "message": "Invalid token."})
    with pytest.raises(ProviderUnavailable, match=r"credentials in REPLICATE_API_TOKEN \(Invalid token\)"):
        submit(vendor)


def test_nobody_there_is_no_ambiguous_call(vendor, settings):
    settings.REPLICATE_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(StepError) as caught:
        submit(vendor)
    assert (type(caught.value), caught.value.code) == (StepError, "unreachable")


@pytest.mark.parametrize("fault", ["cut", "cut-before"])
def test_cut_line_is_ambiguous_and_sent_once(vendor, town, plan, fault):
    plan("create", fault)
    with pytest.raises(AmbiguousCall):
        submit(vendor)
    assert len(creates(town)) == 1


def test_accepted_answer_of_a_new_shape_still_names_the_prediction(vendor, plan):
    plan("create", "drift")
    assert isinstance(finished(vendor, submit(vendor)), Done)


# -------------------------------------------------------------------- lost calls


def test_lost_background_is_found_by_its_input(vendor, town, plan):
    submit(vendor, Request(Capability.GENERATE_BACKGROUND, "something else", seed=7))
    plan("create", "cut")
    with pytest.raises(AmbiguousCall):
        submit(vendor)
    found = vendor.find_orphan(attempt_id="any", request=lost(seconds_ago=1))
    assert isinstance(finished(vendor, found), Done)
    assert town.sides[1].predictions[found]["row"]["input"]["prompt"] == REQUEST.prompt


def test_prediction_of_another_attempt_is_not_adopted(vendor):
    ref = submit(vendor)
    request = lost(taken=frozenset({ref}))
    assert vendor.find_orphan(attempt_id="any", request=request) is Orphan.NOT_MADE


def test_prediction_from_before_the_call_is_not_adopted(vendor, town):
    ref = submit(vendor)
    row = town.sides[1].predictions[ref]["row"]
    row["created_at"] = (timezone.now() - timedelta(minutes=30)).isoformat()
    assert vendor.find_orphan(attempt_id="any", request=lost()) is Orphan.NOT_MADE


def test_lost_call_is_not_called_unmade_too_early(vendor):
    with pytest.raises(ProviderUnavailable) as caught:
        vendor.find_orphan(attempt_id="any", request=lost(seconds_ago=5))
    assert 0 < caught.value.retry_after_s <= 20


def test_predictions_without_input_leave_it_open(vendor, town):
    ref = submit(vendor)
    town.sides[1].predictions[ref]["row"].update(input={}, data_removed=True)
    assert vendor.find_orphan(attempt_id="any", request=lost()) is Orphan.UNKNOWN


def test_listing_that_fails_is_asked_again_later(vendor, plan):
    plan("list", {"fault": "429", "retry_after": 20})
    with pytest.raises(ProviderUnavailable) as caught:
        vendor.find_orphan(attempt_id="any", request=lost())
    assert caught.value.retry_after_s == 20


def test_lost_cutout_is_found_by_the_photo_of_its_attempt(vendor, plan):
    photo = file_of(box_shot(size=(120, 90))[0], "JPEG")
    request = Request(Capability.REMOVE_BACKGROUND, size=(120, 90), image=photo, asked_at=timezone.now())
    mine, other = str(uuid.uuid4()), str(uuid.uuid4())
    plan("create", "cut", "ok")
    with pytest.raises(AmbiguousCall):
        submit(vendor, request, mine)
    theirs = submit(vendor, request, other)
    found = vendor.find_orphan(attempt_id=mine, request=request)
    assert isinstance(found, str)
    assert found != theirs


# -------------------------------------------------------------------- ends


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [("failed", StepError, "failed"), ("refused", ContentRefused, "refused"), ("aborted", StepError, "aborted"),
     ("canceled", StepError, "cancelled"), ("removed", PermanentStepError, "result-gone"),
     ({"fault": "failed", "message": "prompt must be shorter"}, PermanentStepError, "failed")],
)  # fmt: skip
def test_ends_without_a_picture_are_classified(vendor, plan, fault, kind, code):
    plan("create", fault)
    answer = finished(vendor, submit(vendor))
    assert isinstance(answer, Failed)
    assert (type(answer.error), answer.error.code) == (kind, code)
    is_charged = code in ("cancelled", "result-gone")
    assert answer.cost == (Decimal("0.003") if is_charged else 0)


def test_unknown_status_counts_as_running(vendor, plan):
    plan("create", "unknown-status")
    ref = submit(vendor)
    assert [vendor.poll(ref) for _ in range(3)] == [Pending(2.0), Pending(10.0), Pending(10.0)]


def test_output_may_be_one_address(vendor, town):
    photo = file_of(box_shot(size=(60, 50))[0], "JPEG")
    ref = submit(vendor, Request(Capability.REMOVE_BACKGROUND, image=photo))
    assert len(finished(vendor, ref).outputs) == 1


@pytest.mark.parametrize(
    "fault", ["429", "cut", {"fault": "status", "status": 500}, {"fault": "status", "status": 401}]
)
def test_trouble_while_asking_is_not_the_calls_end(vendor, plan, fault):
    ref = submit(vendor)
    plan("poll", fault)
    with pytest.raises(StepError) as caught:
        vendor.poll(ref)
    assert not isinstance(caught.value, PermanentStepError | AmbiguousCall)
    assert isinstance(finished(vendor, ref), Done)


def test_cancel_reaches_the_vendor_and_never_raises(vendor, town, plan):
    ref = submit(vendor)
    vendor.cancel(ref)
    assert town.sides[1].predictions[ref]["row"]["status"] == "canceled"
    vendor.cancel("unknown")
    plan("cancel", "cut", {"fault": "status", "status": 500})
    vendor.cancel(ref)
    vendor.cancel(ref)


# -------------------------------------------------------------------- results


@pytest.fixture
def output(vendor):
    return finished(vendor, submit(vendor)).outputs[0]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("expired", PermanentStepError), ("oversize", PermanentStepError), ("inside", PermanentStepError),
     ({"fault": "status", "status": 503}, StepError), ("cut", StepError)],
)  # fmt: skip
def test_result_that_cannot_be_fetched(vendor, plan, output, fault, kind):
    plan("output", fault)
    with pytest.raises(StepError) as caught:
        vendor.fetch(output)
    assert (type(caught.value), caught.value.code) == (kind, "result-gone")


@pytest.mark.parametrize("fault", ["truncated", "html", "wrong-type", "empty"])
def test_broken_result_is_fetched_once_more_for_free(vendor, town, plan, output, fault):
    plan("output", fault)
    Image.open(io.BytesIO(vendor.fetch(output))).load()
    assert len(creates(town)) == 1


def test_result_in_a_private_network_is_refused(vendor, settings, output):
    settings.FETCH_ALLOWED_HOSTS = []
    with pytest.raises(PermanentStepError, match=r"[Pp]ort|private"):
        vendor.fetch(output)
    with pytest.raises(PermanentStepError, match="must start with http"):
        vendor.fetch(Output(url="file:///etc/passwd"))


# -------------------------------------------------------------------- start-up and the server itself


def test_check_tells_inputs_that_are_gone(vendor, plan):
    assert vendor.check() == []
    plan("schema", "drift")
    assert vendor.check() == ["bria/expand-image: it has no input image any more."]


def test_plan_refuses_what_it_does_not_know(running_town):
    base, _ = running_town
    answer = httpx.post(f"{base}/__plan", json={"vendor": "replicate", "call": "create", "faults": ["explode"]})
    assert answer.status_code == 422
    assert "a fault of create must be one of" in answer.json()["detail"]


def test_plan_and_log_work_over_http(running_town, vendor):
    base, _ = running_town
    httpx.post(f"{base}/__plan", json={"vendor": "replicate", "call": "create", "faults": ["429-bare"]})
    with pytest.raises(RateLimited):
        submit(vendor)
    log = json.loads(httpx.get(f"{base}/__log").text)
    assert (log["creates"], log["calls"][-1]["status"]) == ({}, 429)


def test_server_refuses_unknown_inputs(running_town, town):
    base, _ = running_town
    answer = httpx.post(
        f"{base}/v1/models/black-forest-labs/flux-schnell/predictions",
        json={"input": {"prompt": "x", "colour": "red"}},
        headers={"Authorization": "Bearer x"},
    )
    assert (answer.status_code, "colour" in answer.json()["detail"]) == (422, True)
