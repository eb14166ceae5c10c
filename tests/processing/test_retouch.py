"""Hosted enhancement: paid once, checked for fidelity, laid over the product's own pixels."""

import io
from decimal import Decimal

import pytest
from PIL import Image, ImageEnhance, ImageOps

from processing import engine, recipes
from processing.imaging.metadata import read_metadata
from processing.models import Attempt, Job, JobState
from processing.providers.base import Capability
from tests.images import box_shot, file_of
from tests.processing import making

pytestmark = pytest.mark.django_db
RECIPE = {"main": True, "main_px": 500, "sizes": [], "repair": False, "enhance": False, "enhancer": "fake"}


@pytest.fixture
def enhancing(vendor, monkeypatch):
    """The fake vendor as one that enhances; `change` is what it does to the picture it is sent."""
    vendor.capabilities = frozenset({Capability.ENHANCE})
    vendor.change = lambda image: ImageEnhance.Brightness(image).enhance(1.12)
    submit = vendor.submit

    def answer(request, *, attempt_id):
        vendor.data = file_of(vendor.change(Image.open(io.BytesIO(request.image))), "JPEG", quality=95)
        return submit(request, attempt_id=attempt_id)

    monkeypatch.setattr(vendor, "submit", answer)
    return vendor


def made(**changes) -> Job:
    job = making.batch_of(making.photo(size=(400, 380)), changes={**RECIPE, **changes}).jobs.get()
    for _ in range(4):
        Job.objects.filter(pk=job.pk).update(available_at=job.created_at)
        engine.carry(job.pk)
    job.refresh_from_db()
    return job


def brightness(job: Job) -> float:
    cutout = making.opened(job.renditions.get(name="cutout").artifact.path).convert("RGBA")
    return sum(cutout.resize((1, 1)).getpixel((0, 0))[:3])


def test_light_of_the_enhancement_is_taken_over_and_its_price_kept(enhancing):
    plain, job = made(enhancer=""), made()
    assert (plain.state, job.state) == (JobState.DONE, JobState.DONE)
    assert brightness(job) > brightness(plain) * 1.03
    (attempt,) = Attempt.objects.filter(step__job=job, provider="fake")
    assert attempt.cost == Decimal("0.003")
    cutout = job.renditions.get(name="cutout")
    assert any("enhanced by fake" in note for note in cutout.notes)
    main = making.opened(job.renditions.get(name="main").artifact.path)
    assert read_metadata(_bytes(main))["digital_source_type"].endswith("compositeWithTrainedAlgorithmicMedia")


def test_changed_product_is_not_used(enhancing):
    enhancing.change = ImageOps.mirror
    shot = box_shot(size=(400, 380))[0]
    for row in range(130, 250, 8):
        shot.paste((250, 240, 90), (140, row, 140 + row % 60, row + 4))
    image = making.photo(size=(400, 380), data=file_of(shot, "JPEG", quality=95))
    job = making.batch_of(image, changes=RECIPE).jobs.get()
    for _ in range(4):
        Job.objects.filter(pk=job.pk).update(available_at=job.created_at)
        engine.carry(job.pk)
    cutout = job.renditions.get(name="cutout")
    assert any("changed the product itself" in note for note in cutout.notes)
    main = making.opened(job.renditions.get(name="main").artifact.path)
    assert "digital_source_type" not in read_metadata(_bytes(main))


def test_recipe_asks_for_a_provider_that_enhances(vendor):
    with pytest.raises(recipes.RecipeError, match="enhances pictures"):
        recipes.from_dict({"main": True, "enhancer": "fake"})
    with pytest.raises(recipes.RecipeError, match="no provider named magic"):
        recipes.from_dict({"main": True, "enhancer": "magic"})
    assert recipes.from_dict({"main": True, "enhancer": "gemini"}).enhancer == "gemini"


def _bytes(image: Image.Image) -> bytes:
    return image.fp.getvalue()
