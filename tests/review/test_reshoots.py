import pytest

from processing.models import RenditionState
from review.models import ReviewTask
from review.policies import label_of
from review.reshoots import ask_for_photo
from tests import builders

pytestmark = pytest.mark.django_db
NOTE = "Walmart: needs a new photo"


def test_small_picture_waits_for_a_person_and_stays_approved():
    rendition = builders.rendition()
    rendition.approve()
    assert ask_for_photo(rendition.pk, note=NOTE)
    rendition.refresh_from_db()
    assert (rendition.state, rendition.notes) == (RenditionState.APPROVED, [NOTE])
    task = ReviewTask.objects.get()
    assert (task.rendition, label_of(task.queue)) == (rendition, "Needs a new photo")


def test_it_is_asked_once_though_several_channels_want_more():
    rendition = builders.rendition()
    assert ask_for_photo(rendition.pk, note=NOTE)
    assert not ask_for_photo(rendition.pk, note="Etsy: needs a new photo")
    ReviewTask.objects.update(state="decided")
    assert not ask_for_photo(rendition.pk, note=NOTE)
    rendition.refresh_from_db()
    assert len(rendition.notes) == 2
    assert ReviewTask.objects.count() == 1


def test_picture_made_again_is_not_asked_about():
    rendition = builders.rendition(is_current=False)
    assert not ask_for_photo(rendition.pk, note=NOTE)
    assert not ReviewTask.objects.exists()
