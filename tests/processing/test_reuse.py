"""Found means done: what a second run, another style or another size makes again, counted by the steps that really ran."""

from collections import Counter

import pytest

from processing.models import Attempt
from processing.steps import background, cutout, enhance, prepare, render
from tests.faults.made import instead_of
from tests.processing import making

pytestmark = pytest.mark.django_db
WHOLE = {"main": True, "main_px": 500, "sizes": ["cart"], "styles": ["lifestyle-home"], "repair": False}


@pytest.fixture
def ran(monkeypatch) -> Counter:
    """Runs by step kind, of steps that make no pixels."""
    counter: Counter = Counter()

    def counted(module, kind):
        real = instead_of(module)

        def run(work, params):
            counter[kind] += 1
            return real(work, params)

        return run

    for module in (prepare, cutout, enhance, background, render):
        kind = module.__name__.rpartition(".")[2]
        monkeypatch.setattr(module, "run", counted(module, kind))
    return counter


@pytest.fixture
def photo():
    return making.photo("SHOE", data=b"a photo")


def test_second_run_of_a_batch_makes_nothing(ran, photo):
    first = making.run(photo, changes=WHOLE)
    before = dict(ran)
    assert before == {"prepare": 1, "cutout": 1, "enhance": 1, "background": 1, "render": 4}
    second = making.run(photo, changes=WHOLE)
    assert dict(ran) == before
    assert not Attempt.objects.filter(step__job=second).exists()
    files = [{row.name: row.artifact_id for row in job.renditions.all()} for job in (first, second)]
    assert files[0] == files[1]


def test_another_style_makes_only_what_depends_on_it(ran, photo):
    making.run(photo, changes=WHOLE)
    ran.clear()
    making.run(photo, changes={**WHOLE, "styles": ["studio-white"]})
    assert ran.keys() <= {"background", "render"}
    assert ran["render"] == 1


def test_more_sizes_never_touch_the_cutout(ran, photo):
    making.run(photo, changes=WHOLE)
    ran.clear()
    making.run(photo, changes={**WHOLE, "sizes": ["cart", "hero", "thumbnail"]})
    assert dict(ran) == {"render": 2}


def test_another_photo_of_the_same_style_shares_the_set(ran, photo):
    making.run(photo, changes=WHOLE)
    ran.clear()
    making.run(making.photo("BOOT", data=b"another photo"), changes=WHOLE)
    assert ran["cutout"] == 1
    assert ran["background"] <= 1
