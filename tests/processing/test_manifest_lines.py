"""Manifests of any length, an item a line or one JSON document: streamed, every bad item listed, harmless to repeat."""

import io
import json
import tracemalloc

import pytest

from accounts.models import Role, Scope
from catalog.intake import open_intake, take_stream
from catalog.manifests import MAX_LINE_BYTES, read_items, read_lines
from catalog.models import Intake, IntakeItem
from processing.models import Batch
from processing.recipes import ensure_presets
from tests import builders

pytestmark = pytest.mark.django_db
LINES, DOCUMENT = "application/x-ndjson", "application/json"


@pytest.fixture
def send(client, broker):
    ensure_presets()
    auth = builders.bearer(builders.token(builders.user(role=Role.INTEGRATOR), Scope.UPLOAD, Scope.READ))

    def post(body: bytes, query: str = "", content_type: str = LINES, **headers: str):
        return client.post(f"/api/v1/batches{query}", body, content_type=content_type, headers={**auth, **headers})

    return post


def line(number: int, **more) -> bytes:
    item = {"sku": f"MUG-{number:05}", "image_url": f"https://cdn.example.com/mug-{number}.jpg", **more}
    return json.dumps(item).encode() + b"\n"


def test_lines_become_a_batch_with_every_bad_line_listed(send):
    body = b"".join([line(1), b"\n", b"{nonsense\n", line(2), b"[1]\n", b'{"image_url": "https://cdn.example.com/x.jpg"}\n',
                     line(3, category="hats"), b'{"sku": "A", "image_url": "' + b"x" * MAX_LINE_BYTES + b'"}\n', line(4)])  # fmt: skip
    answer = send(body, "?recipe=packshot&name=Autumn&priority=bulk")
    assert answer.status_code == 202, answer.content
    batch = answer.json()
    assert (batch["name"], batch["priority"], batch["is_filling"]) == ("Autumn", "bulk", True)
    faults = {one["file"]: one["reason"] for one in batch["rejected"]}
    assert list(faults) == ["line 3", "line 5", "line 6", "line 8"]
    assert batch["rejected_count"] == 4
    assert "not JSON" in faults["line 3"]
    assert "sku: is missing" in faults["line 6"]
    assert "64 kB" in faults["line 8"]
    waiting = IntakeItem.objects.filter(state="waiting")
    assert {item.sku for item in waiting} == {"MUG-00001", "MUG-00002", "MUG-00003", "MUG-00004"}
    assert "hats" in waiting.get(sku="MUG-00003").fields["notes"][0]


def test_repeated_manifest_makes_one_batch(send):
    headers = {"Idempotency-Key": "night-1"}
    first, second = send(line(1), **headers), send(line(1), **headers)
    assert first.json() == second.json()
    assert Batch.objects.count() == 1
    assert send(line(2), **headers).status_code == 422
    assert send(line(1), "?priority=rush", **headers).status_code == 422


@pytest.mark.parametrize(
    ("body", "words"), [(b" ", "has no line"), (b"\n\n", "has no line"), (b"{}\n", "sku: is missing")]
)
def test_manifest_of_no_use_is_refused_and_leaves_nothing(send, body, words):
    answer = send(body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert not Intake.objects.exists()


def test_too_many_lines_are_refused_as_a_whole(send, settings):
    settings.MAX_MANIFEST_ITEMS = 3
    answer = send(b"".join(line(number) for number in range(4)))
    assert (answer.status_code, "more than 3 items" in answer.json()["detail"]) == (422, True)
    assert not Intake.objects.exists()
    assert send(b"".join(line(number) for number in range(3))).status_code == 202


def test_same_picture_for_two_products_is_two_photos(send):
    url = {"image_url": "https://cdn.example.com/shared.jpg"}
    assert send(line(1, **url) + line(2, **url) + line(1, **url)).status_code == 202
    assert IntakeItem.objects.count() == 2


def as_document(count: int) -> bytes:
    """Its options come last: they are known only when all items have been passed."""
    return (
        b'{"items": ['
        + b",".join(line(number) for number in range(count))
        + b'], "priority": "bulk", "name": "Autumn"}'
    )


def test_document_is_taken_item_by_item(send):
    body = as_document(3).replace(b'"items": [', b'"items": [7, {"image_url": "https://cdn.example.com/x.jpg"}, ')
    answer = send(body, "?recipe=packshot", DOCUMENT)
    assert answer.status_code == 202, answer.content
    batch = answer.json()
    assert (batch["name"], batch["priority"], batch["recipe"]) == ("Autumn", "bulk", "packshot@1")
    assert [one["file"] for one in batch["rejected"]] == ["item 0", "item 1"]
    assert IntakeItem.objects.filter(state="waiting").count() == 3


@pytest.mark.parametrize(("cut", "words"), [(-1, "not JSON: Expecting ','"), (200, "not JSON: Unterminated string")])
def test_broken_document_is_refused_before_anything_is_taken(send, cut, words):
    answer = send(as_document(2000)[:cut], "", DOCUMENT)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.json()
    assert not Intake.objects.exists()


def test_document_with_too_many_items_is_refused(send, settings):
    settings.MAX_MANIFEST_ITEMS = 3
    assert "has 4 items" in send(as_document(4), "", DOCUMENT).json()["detail"]
    assert send(as_document(3), "", DOCUMENT).status_code == 202
    assert Batch.objects.count() == 1


def test_repeated_document_makes_one_batch(send):
    headers = {"Idempotency-Key": "night-2"}
    first, second = (send(as_document(2), "", DOCUMENT, **headers) for _ in range(2))
    assert first.json() == second.json()
    assert send(as_document(3), "", DOCUMENT, **headers).status_code == 422


@pytest.mark.parametrize("read", [read_lines, read_items])
def test_memory_does_not_grow_with_the_manifest(db, broker, read):
    """Six times the items, nearly the same peak: what is kept of an item lies in the database."""

    def peak(count: int) -> int:
        intake = open_intake(owner=None, source="api")
        lines = [line(number) for number in range(count)]
        body = io.BytesIO(b"".join(lines) if read is read_lines else b"[" + b",".join(lines) + b"]")
        del lines
        tracemalloc.start()
        taken, _ = take_stream(intake, rows=read(body))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken == count
        return used

    peak(10)
    assert peak(3000) < 1.6 * peak(500)
