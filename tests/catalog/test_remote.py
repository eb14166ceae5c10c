from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import actors, remote
from catalog.intake import accepted_images, open_intake, take_stream, waiting_count
from catalog.manifests import read_manifest
from catalog.models import IntakeItem, ItemState
from tests.catalog.photos import photo
from tests.servers import says, server

pytestmark = pytest.mark.django_db


@pytest.fixture
def intake(operator):
    return open_intake(owner=operator, source="manifest")


def _entries(host, *names):
    return [{"sku": name.partition(".")[0].upper(), "image_url": f"http://{host}/{name}"} for name in names]


def _take(intake, entries):
    take_stream(intake, rows=iter(read_manifest(entries)))


def test_the_actor_fetches_row_by_row(intake, settings, broker):
    def answer(request):
        says(200, photo())(request) if request.path == "/a.jpg" else says(404)(request)

    with server(answer) as (host, seen):
        settings.FETCH_ALLOWED_HOSTS = [host]
        _take(intake, _entries(host, "a.jpg", "b.jpg"))
        assert waiting_count(intake) == 2
        actors.fetch_photos(intake.pk)
        actors.fetch_photos(intake.pk)
    assert {item.sku: (item.state, item.reason_code) for item in intake.items.all()} == {
        "A": ("accepted", ""), "B": ("rejected", "http-status"),
    }  # fmt: skip
    assert len(seen) == 2
    assert [image.variant.sku for image in accepted_images(intake)] == ["A"]
    assert waiting_count(intake) == 0


def test_what_may_pass_is_tried_three_times(intake, settings):
    with server(says(503)) as (host, seen):
        settings.FETCH_ALLOWED_HOSTS = [host]
        _take(intake, _entries(host, "a.jpg"))
        for _ in range(4):
            remote.fetch_next(intake.pk)
            assert remote.fetch_next(intake.pk) is None, "not before its time"
            IntakeItem.objects.filter(state=ItemState.WAITING).update(lease_until=timezone.now() - timedelta(seconds=1))
    item = intake.items.get()
    assert (item.state, item.attempt_count, len(seen)) == (ItemState.REJECTED, 3, 3)


def test_a_private_address_is_refused_at_the_connection(intake):
    _take(intake, [{"sku": "A1", "image_url": "http://localhost/a.jpg"}])
    item = remote.fetch_next(intake.pk)
    assert (item.state, item.reason_code) == (ItemState.REJECTED, "address-refused")


def test_a_row_of_a_dead_worker_is_taken_up_again(intake, settings, broker):
    _take(intake, [{"sku": "A1", "image_url": "https://shop.example/a.jpg"}])
    assert remote._claim(intake.pk) is not None
    assert remote._claim(intake.pk) is None
    assert actors.queue_due_fetches() == 0
    IntakeItem.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert actors.queue_due_fetches() == 1
    assert remote._claim(intake.pk).attempt_count == 2


def test_the_command_line_fetches_at_once(intake, settings):
    with server(says(200, photo())) as (host, _):
        settings.FETCH_ALLOWED_HOSTS = [host]
        _take(intake, _entries(host, "a.jpg", "b.jpg"))
        assert remote.fetch_all(intake) == 2
    assert intake.items.usable().count() == 2


def test_the_command_line_gives_up_on_what_fails(intake, settings):
    with server(says(503)) as (host, seen):
        settings.FETCH_ALLOWED_HOSTS = [host]
        _take(intake, _entries(host, "a.jpg"))
        remote.fetch_all(intake)
    assert (intake.items.get().state, len(seen)) == (ItemState.REJECTED, 2)
