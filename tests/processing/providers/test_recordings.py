"""Videos, sounds and texts from the Generate page: made, kept, played and forgotten like pictures; and what came along."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from config import retention
from processing import generations
from processing.models import Artifact, Attempt, Batch, Job, JobState, PromptFile
from processing.orders import Order, OrderError, Sent
from processing.providers.base import Capability
from processing.providers.loopback.pictures import tone, video_of
from processing.steps import recording
from tests.images import box_shot, file_of
from tests.processing.providers.carrying import carry_batch
from tests.processing.providers.test_generations import FORM

pytestmark = pytest.mark.django_db
PHOTO = file_of(box_shot(size=(240, 200))[0], "JPEG")
FILES = {
    "photo": ("mug.jpg", PHOTO, "image/jpeg"),
    "mask": ("mask.png", file_of(Image.new("L", (240, 200), 255), "PNG"), "image/png"),
    "video": ("talk.mp4", video_of(Image.new("RGB", (64, 64), "red")), "video/mp4"),
    "audio": ("talk.wav", tone(3), "audio/wav"),
}


def form(capability, *names, **changes):
    files = {name: SimpleUploadedFile(*FILES[name]) for name in names}
    return {**FORM, "prompts": "a slow turn", "capability": capability, "act": "start", **files, **changes}


@pytest.mark.parametrize(
    ("capability", "files", "media_type", "usd", "shown"),
    [("video", ["photo"], "video/mp4", "0.16", "<video"), ("speech", [], "audio/wav", "0.0011", "<audio"),
     ("lip_sync", ["video", "audio"], "video/mp4", "0.5", "<video"), ("text", [], "text/plain", "0.002", "A plain white mug")],
)  # fmt: skip
def test_form_makes_it_and_its_page_plays_it(signed_in, town, capability, files, media_type, usd, shown):
    signed_in.post(reverse("generate"), form(capability, *files))
    (job,) = carry_batch(Batch.objects.get())
    assert (job.state, job.error) == (JobState.DONE, "")
    assert Attempt.objects.get(submitted_at__isnull=False).cost == Decimal(usd)
    artifact = Artifact.objects.get(role="recording")
    assert artifact.media_type == media_type
    page = signed_in.get(reverse("generated", args=[job.pk])).content.decode()
    assert shown in page
    assert artifact.sha256 in page
    (tile,) = signed_in.get(reverse("batch", args=[job.batch_id])).context["tiles"]
    assert (tile.made, tile.planned, tile.stand_in, tile.slots) == (1, 1, "play", [])
    assert reverse("generated", args=[job.pk]) in signed_in.get(reverse("generate")).content.decode()
    address = reverse("media", args=[artifact.sha256, "x"])
    assert signed_in.get(address, headers={"Range": "bytes=0-9"}).status_code == 206


def test_same_request_costs_once_and_another_variation_again(signed_in, town):
    for _ in range(2):
        signed_in.post(reverse("generate"), form("text", prompts="a mug"))
        (job,) = carry_batch(Batch.objects.latest("pk"))
    assert Attempt.objects.count() == 1
    assert generations.is_made(Order(("a mug",), "replicate", capability=Capability.TEXT, ratio="4:5")) == 1
    signed_in.post(reverse("generated-again", args=[job.pk]))
    assert carry_batch(Batch.objects.latest("pk"))[0].state == JobState.DONE
    assert Attempt.objects.count() == 2


def test_part_of_a_photo_is_repainted(signed_in, town):
    signed_in.post(reverse("generate"), form("inpaint", "photo", "mask", provider="firefly"))
    (job,) = carry_batch(Batch.objects.get())
    assert (job.state, job.error) == (JobState.DONE, "")
    assert job.renditions.get().provenance["source_sha256"]


@pytest.mark.parametrize(
    ("capability", "files", "changes", "said"),
    [("video", [], {}, "Choose a photo."), ("lip_sync", ["video"], {}, "Choose a sound."),
     ("speech", [], {"prompts": ""}, "Write a prompt"),
     ("video", ["photo"], {"provider": "gemini"}, "gemini cannot do this: make a short video of a photo."),
     ("lip_sync", ["video", "audio"], {"audio": SimpleUploadedFile("a.wav", b"nothing", "audio/wav")}, "a.wav is not a sound that"),
     ("inpaint", ["photo", "mask"], {"mask": SimpleUploadedFile("m.png", file_of(Image.new("L", (9, 9)), "PNG"))},
      "must be of one size, but are 240x200 and 9x9")],
)  # fmt: skip
def test_order_that_cannot_be_started_says_why(signed_in, town, capability, files, changes, said):
    answer = signed_in.post(reverse("generate"), form(capability, *files, **changes))
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("capability", "data", "said"),
    [("video", FILES["video"][1][:400], "cannot be played"), ("speech", b"RIFF....WAVE", "cannot be played"),
     ("text", b"", "0 bytes"), ("text", b"\xff\xfe", "decode")],
)  # fmt: skip
def test_what_cannot_be_played_or_read_is_no_result(capability, data, said):
    with pytest.raises(ValueError, match=said):
        recording.result_of({"capability": capability, "prompt": "x"}, data, engine=("replicate", "1"))


def test_what_came_along_has_a_row_of_its_own_and_goes_when_it_is_old(signed_in, town):
    signed_in.post(reverse("generate"), form("video", "photo"))
    batch = Batch.objects.get()
    row = PromptFile.objects.get()
    assert (row.name, row.media_type, row.bytes) == ("mug.jpg", "image/jpeg", len(PHOTO))
    PromptFile.objects.update(used_at=timezone.now() - timedelta(days=61))
    retention.run()
    assert PromptFile.objects.exists()
    assert retention.held([row.path]) == {row.path}
    (job,) = carry_batch(batch)
    page = signed_in.get(reverse("generated", args=[job.pk])).content.decode()
    assert reverse("prompt-file", args=[row.pk]) in page
    sent = signed_in.get(reverse("prompt-file", args=[row.pk]))
    assert b"".join(sent.streaming_content if sent.streaming else [sent.content]) == PHOTO
    signed_in.post(reverse("generate"), form("video", "photo", new_variation="on"))
    carry_batch(Batch.objects.latest("pk"))
    assert PromptFile.objects.get().used_at > timezone.now() - timedelta(minutes=5)
    PromptFile.objects.update(used_at=timezone.now() - timedelta(days=61))
    retention.run()
    assert not PromptFile.objects.exists()
    assert Artifact.objects.filter(role="recording", state="stored").count() == 2
    with pytest.raises(OrderError, match="not there any more"):
        generations.again(Job.objects.latest("pk"), by=None)


def test_file_that_is_not_needed_is_left_alone(town):
    order = Order(("words",), "replicate", capability=Capability.TEXT, files={"image": Sent("a.jpg", PHOTO)})
    generations.start(order, owner=None)
    assert not PromptFile.objects.exists()
