"""Ghost mannequin: front and inside view of a garment become one picture."""

import pytest
from PIL import Image

from processing.models import JobState
from processing.modes import MODES, Subject
from processing.modes.base import INSIDE_VIEW
from processing.recipes import RecipeData
from tests import builders
from tests.images import file_of
from tests.imaging.test_ghost import inside, shirt
from tests.processing import making

pytestmark = pytest.mark.django_db
RECIPE = {
    "main": True,
    "main_px": 500,
    "sizes": [],
    "repair": False,
    "enhance": False,
    "ghost": True,
    "engine": "studio",
}


def shot(cutout) -> bytes:
    """The drawn garment on light paper, three times its size."""
    paper = Image.new("RGBA", (260, 280), (226, 225, 222, 255))
    paper.alpha_composite(cutout.image, (30, 30))
    return file_of(paper.convert("RGB").resize((780, 840), Image.Resampling.BICUBIC), "JPEG", quality=95)


def carried(second: bytes | None):
    """The job of a front view, with an inside view of the same garment if bytes are given."""
    front = making.photo(data=shot(shirt()), size=(780, 840), category="fashion")
    if second is not None:
        other = making.photo(data=second, size=(780, 840), category="fashion")
        builders.source_image(front.variant, view=INSIDE_VIEW, sha256=other.sha256, path=other.path)
    return making.run(front, changes=RECIPE)


def coverage(job) -> int:
    """Opaque pixels of the cut-out."""
    alpha = making.opened(job.renditions.get(name="cutout").artifact.path).convert("RGBA").getchannel("A")
    return sum(alpha.histogram()[128:])


def test_inside_view_closes_the_neck_of_the_front():
    job = carried(shot(inside()))
    assert job.state == JobState.DONE
    cutout = job.renditions.get(name="cutout")
    assert any(note.startswith("Neck joint made") for note in cutout.notes), cutout.notes
    plain = carried(None)
    assert not plain.steps.filter(kind="ghost").exists()
    assert coverage(job) > coverage(plain) * 1.02
    assert cutout.checks.get(code="CONFIDENCE").passed


def test_inside_view_that_cannot_be_used_changes_nothing_and_is_doubted():
    job = carried(file_of(Image.new("RGB", (780, 840), (226, 225, 222)), "JPEG"))
    assert job.state == JobState.DONE
    cutout = job.renditions.get(name="cutout")
    assert any(note.startswith(("No neck joint", "The neck joint is unsure")) for note in cutout.notes), cutout.notes
    assert not cutout.checks.get(code="CONFIDENCE").passed


def test_inside_view_itself_makes_no_pictures():
    subject = Subject("A", "A", "fashion", INSIDE_VIEW, "0" * 64, "r", 1)
    steps = MODES["packshot"](subject, RecipeData(main=True, ghost=True))
    assert [step.name for step in steps] == ["prepare", "cutout", "enhance", "render:cutout"]
