"""Known faults: made from what shipped, hidden among what waits, counted nowhere but in the hit rate."""

import io

import pytest
from PIL import Image, ImageDraw

from catalog.files import load, store
from processing.models import Artifact, Rendition, RenditionState
from review import faults, gate
from review.asking import ask
from review.escapes import open_siblings
from review.injection import faulty
from review.items import items
from review.models import Decision, KnownFault, Policy, ReviewTask, Verdict, VerdictOutcome
from review.policies import ensure_policy
from review.promises import promises
from review.replay import agreement
from tests import builders
from tests.review import builders as rows

pytestmark = pytest.mark.django_db
SIZE = (400, 300)


def shapes() -> tuple[Image.Image, Image.Image]:
    """A photo of a blue disc on grey paper, and its faultless cut-out in the same frame."""
    photo = Image.new("RGB", SIZE, (222, 222, 220))
    ImageDraw.Draw(photo).ellipse((120, 60, 280, 240), fill=(40, 70, 150))
    alpha = Image.new("L", SIZE)
    ImageDraw.Draw(alpha).ellipse((120, 60, 280, 240), fill=255)
    overlay = photo.copy()
    overlay.putalpha(alpha)
    return photo, overlay


def kept(picture: Image.Image) -> Artifact:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    file = store(buffer.getvalue(), suffix="png")
    return builders.artifact(sha256=file.sha256, path=file.path, bytes=file.bytes, width=SIZE[0], height=SIZE[1])


def shipped() -> Rendition:
    photo, overlay = shapes()
    traces = {"proxy": kept(photo).sha256, "overlay": kept(overlay).sha256, "thumb": "t" * 64}
    made = builders.rendition(kind="cutout", name="cutout", provenance=traces, artifact=kept(overlay))
    made.approve()
    Verdict.objects.create(rendition=made, policy=ensure_policy(), outcome=VerdictOutcome.AUTO_APPROVED, score=0.9)
    return made


def rate(share: float) -> Policy:
    policy = ensure_policy()
    policy.fault_rate = share
    policy.save(update_fields=["fault_rate"])
    return policy


def test_missing_follows_the_rate_and_hides_nothing_in_a_short_queue():
    rate(0.5)
    for _ in range(4):
        rows.task()
    assert faults.missing() == 0
    for _ in range(2):
        rows.task()
    assert faults.missing() == 3
    rows.known_fault()
    assert faults.missing() == 2
    rate(0)
    assert faults.missing() == 0


def test_mixed_in_fault_is_measured_and_hides_among_the_others():
    base = shipped()
    others = [rows.task(rank=10.0 + n / 10) for n in range(3)]
    assert faults.mix_in(1) == 1
    task = ReviewTask.objects.get(is_known_fault=True)
    assert task.rendition == base
    assert min(one.rank for one in others) - 0.01 < task.rank < max(one.rank for one in others) + 0.01
    assert task.known_fault.doubts[0]["code"] == task.queue
    picture = Image.open(io.BytesIO(load(Artifact.objects.get(sha256=task.known_fault.overlay_sha256).path)))
    assert (picture.size, picture.mode) == (SIZE, "RGBA")
    base.refresh_from_db()
    assert base.state == RenditionState.APPROVED
    # The picture has served.
    assert faults.mix_in(1) == 0


def test_item_of_a_fault_has_the_shape_of_any_other(reviewer):
    shipped()
    rows.task()
    faults.mix_in(1)
    real, planted = (items([row.pk])[0] for row in ReviewTask.objects.order_by("is_known_fault"))
    assert set(planted) == set(real)
    assert set(planted["doubts"][0]) == set(real["doubts"][0])
    fault = KnownFault.objects.get()
    assert fault.overlay_sha256 in planted["img"]["result"]
    assert planted["score"] == fault.score
    text = str(planted)
    assert "fault" not in text
    assert "audit" not in text


def test_hit_rate_counts_what_was_found(reviewer):
    for verdict, reason in (("reject", "HOLE"), ("rework", "EDGE_HALO"), ("approve", "")):
        row = rows.known_fault()
        Decision.objects.create(task=row, by=reviewer, verdict=verdict, reason=reason, effective_at=row.created_at)
    found = faults.hit_rate()
    assert (found.shown, found.found) == (3, 2)
    assert found.least == pytest.approx(0.1354, abs=1e-3)
    assert "2 of 3" in found.sentence()
    assert faults.misses_by_defect() == [("halo", 3, 2)]
    assert faults.hit_rate(by=reviewer.pk + 1).sentence() == "No known fault has been judged yet."


def test_answers_about_faults_count_nowhere_else(reviewer):
    row = rows.known_fault(shipped())
    Decision.objects.create(
        task=row, by=reviewer, verdict="approve", effective_at=row.created_at, agreement={"HOLE": "machine"}
    )
    assert agreement() == {}
    assert sum(one.audits for one in promises()) == 0


def test_a_fault_keeps_no_real_task_out(reviewer):
    row = rows.known_fault(shipped())
    real = ask(row.rendition)
    assert real.pk != row.pk
    assert ReviewTask.objects.open().filter(rendition=row.rendition).count() == 2


def test_siblings_of_an_escape_are_opened_although_one_served_as_a_fault():
    one, other = shipped(), shipped()
    rows.known_fault(other)
    assert open_siblings(one, fault="HOLE", queue="HOLE") == 1


def test_a_fault_ends_with_the_picture_it_borrowed():
    row = rows.known_fault(shipped())
    Rendition.objects.filter(pk=row.rendition_id).update(is_current=False)
    gate.withdraw_superseded()
    row.refresh_from_db()
    assert row.state == "withdrawn"


@pytest.mark.parametrize("defect", ["halo", "hole", "island", "cut-off part", "jaggies"])
def test_every_defect_is_doubted_when_strong(defect):
    photo, overlay = shapes()
    made = faulty(photo, overlay, category="", strength=3, defect=defect, name="disc")
    assert not all(check["passed"] for check in made.checks)
    assert made.overlay.size == photo.size


def test_faulty_refuses_a_cutout_of_another_size():
    photo, overlay = shapes()
    with pytest.raises(ValueError, match="the cut-out is 200x150, the photo 400x300"):
        faulty(photo, overlay.reduce(2), category="", strength=3)
