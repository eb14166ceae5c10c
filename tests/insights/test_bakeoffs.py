"""The same photos through several engines: started by page and command, compared with pass rate, seconds and money."""

import json
import sys
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from insights.bakeoff_results import rows, side_by_side
from processing import bakeoffs, engine, providers, recipes
from processing.bakeoffs import BakeOffError
from processing.models import BakeOff, Batch, Job, JobState, ProviderState
from review.gate import judge_pending
from tests.images import box_shot, file_of
from tests.processing import making
from tests.processing.fake import FakeVendor

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor(monkeypatch):
    """A hosted provider named fake beside the real ones, cutting boxes out."""
    import numpy as np
    from PIL import Image

    from processing.imaging.codec import EncodeSettings, encode

    made = FakeVendor()
    photo, alpha = box_shot(size=(260, 220))
    made.data = encode(Image.fromarray(np.dstack([photo, alpha])), EncodeSettings.named("png"))
    monkeypatch.setitem(providers.MODULES, "fake", "fake_vendor_of_tests")
    monkeypatch.setitem(sys.modules, "fake_vendor_of_tests", SimpleNamespace(make=lambda: made))
    providers.provider.cache_clear()
    yield made
    providers.provider.cache_clear()


def small():
    data = {**recipes.current("packshot").data, "sizes": [], "main_px": 500, "look": "photo"}
    return recipes.new_version("small", data=data, label="Small")


def carry(made: BakeOff) -> None:
    for _ in range(3):
        for job in Job.objects.filter(
            batch__bake_off_entry__bake_off=made, state__in=[JobState.QUEUED, JobState.WAITING]
        ):
            Job.objects.filter(pk=job.pk).update(available_at=made.created_at)
            ProviderState.objects.update(tokens=60)
            engine.carry(job.pk)


def test_engines_are_compared_on_the_same_photos(vendor, client, manager):
    # Not the same file twice: that would be cut out once.
    other = file_of(box_shot(size=(260, 220))[0], "JPEG", quality=85)
    photos = [making.photo("BOX-A"), making.photo("BOX-B", data=other)]
    made = bakeoffs.start(owner=manager, images=photos, recipe=small(), engines=["studio", "fake"])
    carry(made)
    judge_pending()
    studio, fake = rows(made)
    assert [(one.engine, one.photos, one.done, one.failed) for one in (studio, fake)] == [
        ("studio", 2, 2, 0),
        ("fake", 2, 2, 0),
    ]
    assert (studio.cost, fake.cost_per_photo) == (0, Decimal("0.003"))
    assert studio.judged == fake.judged == 4
    assert studio.seconds > 0
    lines = side_by_side([studio, fake])
    assert [cell["picture"].provenance["engine"] for cell in lines[0]["cells"]] == ["studio", "fake"]
    client.force_login(manager)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "0.0030" in page
    assert "BOX-B by fake" in page
    assert made.name in client.get(reverse("bake-offs")).content.decode()


def test_what_was_made_before_still_shows_what_it_took(vendor):
    photos = [making.photo("BOX-A")]
    for _ in range(2):
        made = bakeoffs.start(owner=None, images=photos, recipe=small(), engines=["studio", "fake"])
        carry(made)
    assert rows(made)[1].cost == Decimal("0.003")
    assert len(vendor.submitted) == 1


@pytest.mark.parametrize(
    ("engines", "said"),
    [(["studio"], "2 to 6 different"), (["studio", "studio"], "2 to 6 different"), (["studio", "moon"], "no provider named moon"),
     (["studio", "gemini"], "gemini cannot be used: Gemini needs a key"), (["studio", "backplates"], "cannot do this: cutout")],
)  # fmt: skip
def test_comparison_that_makes_no_sense_is_refused(engines, said):
    with pytest.raises(BakeOffError, match=said):
        bakeoffs.start(owner=None, images=[making.photo()], recipe=small(), engines=engines)
    assert not Batch.objects.exists()


def test_page_starts_one_after_telling_its_price(vendor, client, manager):
    batch = making.batch_of(making.photo())
    client.force_login(manager)
    sent = {"batch": batch.pk, "photos": 10, "recipe": small().pk, "slot": "engine", "engines": ["studio", "fake"]}
    told = client.post(reverse("bake-offs"), {**sent, "act": "estimate"})
    assert told.context["cost"] == Decimal("0.003")
    assert not BakeOff.objects.exists()
    answer = client.post(reverse("bake-offs"), sent)
    assert answer["Location"] == BakeOff.objects.get().get_absolute_url()
    assert client.post(reverse("bake-offs"), {**sent, "engines": ["studio"]}).status_code == 422


def test_command_starts_one(vendor, tmp_path):
    (tmp_path / "MUG-01.jpg").write_bytes(file_of(box_shot(size=(260, 220))[0], "JPEG"))
    small()
    out = StringIO()
    args = [str(tmp_path), "--engines", "studio,fake", "--recipe", "small", "--json"]
    call_command("bakeoff", *args, "--estimate", stdout=out)
    assert json.loads(out.getvalue())["cost"] == 0.003
    assert not BakeOff.objects.exists()
    out = StringIO()
    call_command("bakeoff", *args, stdout=out)
    assert set(json.loads(out.getvalue())["batches"]) == {"studio", "fake"}
    with pytest.raises(CommandError, match="2 to 6 different"):
        call_command("bakeoff", str(tmp_path), "--engines", "studio")


def test_estimate_command_tells_pictures_and_money(vendor):
    recipes.new_version("sets", data={"styles": ["studio-white"], "background": "fake"}, label="Sets")
    out = StringIO()
    call_command("estimate", "10", "--recipe", "sets", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["photos"], found["cost"]) == (10, 0.03)
    with pytest.raises(CommandError, match="there is none named"):
        call_command("estimate", "10", "--recipe", "nothing")
