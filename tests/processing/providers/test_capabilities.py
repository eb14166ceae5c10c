"""Every capability of every hosted provider, asked of the loopback server: what is sent, what comes back, what it costs."""

import io
import uuid
from decimal import Decimal

import pytest
from PIL import Image

from processing.errors import AmbiguousCall, PermanentStepError, StepError
from processing.providers import calls, gemini, provider
from processing.providers.base import NEEDS, Capability, Done, HostedProvider, Pending, Request
from processing.providers.calls import media_type_of
from processing.providers.loopback.pictures import tone, video_of
from tests.images import box_shot, file_of, solid
from tests.processing.providers.carrying import collect

PHOTO = file_of(box_shot(size=(120, 90))[0], "JPEG", quality=90)
FILES = {
    "image": PHOTO,
    "mask": file_of(Image.new("L", (120, 90), 255), "PNG"),
    "background": file_of(solid((120, 90), (200, 190, 180)), "JPEG"),
    "video": video_of(solid((128, 128), (90, 120, 90))),
    "audio": tone(4),
}
# What each vendor is there for, and what one such call costs with the shipped price list.
OFFERED = [
    ("replicate", Capability.GENERATE_BACKGROUND, "0.003"),
    ("replicate", Capability.REMOVE_BACKGROUND, "0.018"),
    ("replicate", Capability.IMAGE_TO_IMAGE, "0.04"),
    ("replicate", Capability.INPAINT, "0.05"),
    ("replicate", Capability.EXPAND, "0.04"),
    ("replicate", Capability.UPSCALE, "0.006"),
    ("replicate", Capability.VIDEO, "0.160"),
    ("replicate", Capability.SPEECH, "0.0018"),
    ("replicate", Capability.LIP_SYNC, "0.50"),
    ("replicate", Capability.TEXT, "0.002"),
    ("firefly", Capability.GENERATE_BACKGROUND, "0.10"),
    ("firefly", Capability.REMOVE_BACKGROUND, "0.10"),
    ("firefly", Capability.EXPAND, "0.10"),
    ("firefly", Capability.INPAINT, "0.10"),
    ("firefly", Capability.UPSCALE, "0.10"),
    ("firefly", Capability.IMAGE_TO_IMAGE, "0.10"),
    ("gemini", Capability.GENERATE_BACKGROUND, "0.067"),
    ("gemini", Capability.ENHANCE, "0.067"),
    ("gemini", Capability.IMAGE_TO_IMAGE, "0.067"),
    ("gemini-batch", Capability.GENERATE_BACKGROUND, "0.0335"),
    ("gemini-batch", Capability.ENHANCE, "0.0335"),
    ("gemini-batch", Capability.IMAGE_TO_IMAGE, "0.0335"),
]
pytestmark = pytest.mark.django_db
NAMES = ("replicate", "firefly", "gemini", "gemini-batch")


def request_for(capability, *, extra=(), **changes):
    names = [*NEEDS[capability].files, *extra]
    files = {name: FILES[name] for name in names if name != "image"}
    image = FILES["image"] if "image" in names else None
    prompt = "an empty oak table" if NEEDS[capability].prompt or capability is Capability.IMAGE_TO_IMAGE else ""
    return Request(capability, **{"prompt": prompt, "image": image, "files": files, "size": (1200, 1500), **changes})


def extra_of(name, capability):
    return ("background",) if (name, capability) == ("firefly", Capability.IMAGE_TO_IMAGE) else ()


def done(vendor, request):
    """Submits and asks until it is done."""
    answer = vendor.submit(request, attempt_id=str(uuid.uuid4()))
    if isinstance(answer, Done):
        return answer
    reference = answer.provider_ref
    for _ in range(6):
        collect()
        answer = vendor.poll(reference)
        if not isinstance(answer, Pending):
            assert isinstance(answer, Done), answer
            return answer
    raise AssertionError("it never finished")


def test_table_lists_what_the_providers_offer(town):
    offered = {(name, one) for name in NAMES for one in provider(name).capabilities}
    assert offered == {(name, one) for name, one, _ in OFFERED}
    assert all(isinstance(provider(name), HostedProvider) for name in NAMES)


@pytest.mark.parametrize(("name", "capability", "usd"), OFFERED)
def test_capability_is_done_and_costs_what_was_expected(town, name, capability, usd):
    vendor = provider(name)
    request = request_for(capability, extra=extra_of(name, capability))
    expected = vendor.price(request)
    answer = done(vendor, request)
    data = vendor.fetch(answer.outputs[0])
    assert answer.cost == expected == Decimal(usd)
    kind = NEEDS[capability].answers
    if kind == "image":
        Image.open(io.BytesIO(data)).load()
    elif kind == "text":
        assert data.decode().startswith("A plain white mug")
    else:
        assert media_type_of(data).startswith(kind)
    assert sum(town.plan.log()["creates"].values()) == 1


@pytest.mark.parametrize(
    ("name", "capability"), [(name, one) for name, one, _ in OFFERED if NEEDS[one].files or NEEDS[one].prompt]
)
def test_incomplete_request_is_refused_before_anything_is_sent(town, name, capability):
    with pytest.raises(PermanentStepError) as caught:
        provider(name).submit(Request(capability), attempt_id="a-1")
    assert caught.value.code == "incomplete"
    assert town.plan.log()["creates"] == {}


@pytest.mark.parametrize("name", NAMES)
def test_unknown_option_is_refused_by_name(town, name):
    vendor = provider(name)
    for capability in vendor.capabilities:
        with pytest.raises(PermanentStepError, match="has no option sparkle; known are"):
            vendor.check_options(capability, {"sparkle": 1})
    with pytest.raises(PermanentStepError, match="no option sparkle"):
        vendor.submit(request_for(Capability.GENERATE_BACKGROUND, options={"sparkle": 1}), attempt_id="a-1")
    assert town.plan.log()["creates"] == {}


@pytest.mark.parametrize("name", ["replicate", "firefly"])
def test_mask_of_another_size_is_refused_before_it_is_paid(town, name):
    files = {"mask": file_of(Image.new("L", (60, 90), 255), "PNG")}
    with pytest.raises(PermanentStepError, match="one size, but are 120x90 and 60x90"):
        provider(name).submit(request_for(Capability.INPAINT, files=files), attempt_id="a-1")
    assert town.plan.log()["creates"] == {}


@pytest.mark.parametrize("fault", ["html", "truncated", "empty", "wrong-type"])
def test_video_that_is_none_is_fetched_again_and_then_told(town, plan, fault):
    vendor = provider("replicate")
    answer = done(vendor, request_for(Capability.VIDEO))
    if fault != "truncated":
        plan("output", fault)
        assert media_type_of(vendor.fetch(answer.outputs[0])) == "video/mp4"
        plan("output", fault, fault)
        with pytest.raises(StepError, match="no video"):
            vendor.fetch(answer.outputs[0])


@pytest.mark.parametrize(
    ("name", "call", "kind"),
    [("replicate", "create", AmbiguousCall), ("firefly", "create", AmbiguousCall), ("gemini", "create", AmbiguousCall),
     ("replicate", "poll", StepError), ("firefly", "poll", StepError)],
)  # fmt: skip
def test_answer_that_only_drips_is_given_up(town, plan, monkeypatch, name, call, kind):
    """Each byte comes in time, the whole never would: a worker is not held by it, and a paid call is looked up."""
    monkeypatch.setattr(calls, "TIMEOUT_S", 0.4)
    monkeypatch.setattr(gemini, "TIMEOUT_S", 0.4)
    vendor, request = provider(name), request_for(Capability.GENERATE_BACKGROUND)
    plan(call, {"fault": "drip", "every_s": 0.1}, vendor=name.partition("-")[0])
    with pytest.raises(kind):
        vendor.poll(vendor.submit(request, attempt_id="a-1").provider_ref)
    assert town.plan.log()["creates"] == {"a-1": 1}


def test_longer_and_smaller_videos_cost_by_the_second(town):
    vendor = provider("replicate")
    request = request_for(Capability.VIDEO, options={"duration": 10, "resolution": "480p"})
    assert vendor.price(request) == done(vendor, request).cost == Decimal("0.160")


def test_another_model_can_do_it(town, settings):
    settings.REPLICATE_MODELS = {"upscale": "nightmareai/real-esrgan"}
    provider.cache_clear()
    vendor = provider("replicate")
    answer = done(vendor, request_for(Capability.UPSCALE, options={"scale": 4}))
    assert Image.open(io.BytesIO(vendor.fetch(answer.outputs[0]))).size == (480, 360)
    assert answer.cost == Decimal("0.002")


def test_setting_of_an_unknown_capability_says_which_there_are(town, settings):
    settings.REPLICATE_MODELS = {"upscaling": "nightmareai/real-esrgan"}
    provider.cache_clear()
    assert "REPLICATE_MODELS names upscaling" in provider("replicate").unavailable_reason()
