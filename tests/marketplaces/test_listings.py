import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from marketplaces import listings
from marketplaces.channels import ensure_channels
from marketplaces.exports import run_export
from marketplaces.models import ChangeKind, Channel, ExportFile, Listing, ListingChange
from processing.models import Rendition
from tests import builders
from tests.marketplaces import stock


@pytest.fixture
def google(db) -> Channel:
    ensure_channels()
    return Channel.objects.get(name="google")


def read_all(channel: Channel, *, cursor: str = "", limit: int = 100) -> list[ListingChange]:
    found: list[ListingChange] = []
    while True:
        page = listings.page(channel, cursor=cursor, limit=limit)
        found += page.changes
        cursor = page.next_cursor
        if not page.has_more:
            return found


@pytest.mark.django_db(transaction=True)
def test_export_announces_each_product_once_and_only_changes_again():
    stock.product("A-1", styles=("lifestyle-home",))
    stock.product("B-1")
    run_export("google")
    channel = Channel.objects.get(name="google")
    assert [(change.payload["sku"], change.kind) for change in read_all(channel)] == [
        ("A-1", "upsert"),
        ("B-1", "upsert"),
    ]
    run_export("google")
    assert len(read_all(channel)) == 2
    variant = Listing.objects.get(sku="B-1").variant
    variant.product.name = "Another title"
    variant.product.save()
    run_export("google")
    assert [(one.payload["sku"], one.payload["set_version"]) for one in read_all(channel)] == [
        ("A-1", 1),
        ("B-1", 1),
        ("B-1", 2),
    ]


@pytest.mark.django_db(transaction=True)
def test_an_item_is_a_whole_set_with_plain_links(settings):
    settings.SITE_URL = "https://shop.example"
    stock.product("A-1", styles=("lifestyle-home",), gtin="09520001002045")
    run_export("google")
    item = listings.shown(read_all(Channel.objects.get(name="google"))[0])
    assert [(image["role"], image["position"]) for image in item["images"]] == [("main", 1), ("lifestyle", 2)]
    main = item["images"][0]
    assert main["url"] == f"https://shop.example/m/{main['sha256'][:16]}/A-1-main.jpg"
    assert item["images"][1]["digital_source_type"] == "compositeSynthetic"
    assert item["rule_pack"] == {"name": "google", "version": 1}


@pytest.mark.django_db(transaction=True)
def test_recall_of_the_main_picture_withdraws_the_listing(client):
    stock.product("A-1", styles=("lifestyle-home",))
    run_export("google")
    link = ExportFile.objects.get(role="main").public_path
    assert client.get(link, headers={"Range": "bytes=0-0"}).status_code == 206
    Rendition.objects.get(name="main").recall()
    assert listings.withdraw_recalled() == 1
    assert listings.withdraw_recalled() == 0
    last = read_all(Channel.objects.get(name="google"))[-1]
    assert (last.kind, last.payload["images"]) == ("withdrawn", [])
    assert "recalled" in last.payload["reason"]
    assert client.get(link).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_recall_of_a_scene_leaves_the_rest_of_the_set():
    stock.product("A-1", styles=("lifestyle-home",))
    run_export("google")
    Rendition.objects.get(kind="style").recall()
    listings.withdraw_recalled()
    last = read_all(Channel.objects.get(name="google"))[-1]
    assert (last.kind, last.payload["set_version"]) == ("upsert", 2)
    assert [image["role"] for image in last.payload["images"]] == ["main"]


@pytest.mark.django_db(transaction=True)
def test_recall_of_the_cutout_withdraws_what_was_made_from_it():
    stock.product("A-1", styles=("lifestyle-home",))
    run_export("google")
    Rendition.objects.get(name="cutout").recall()
    listings.withdraw_recalled()
    assert Listing.objects.get().is_withdrawn


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_back_lately_is_withdrawn_at_once_and_the_rest_by_the_look_at_all():
    stock.product("A-1", styles=("lifestyle-home",))
    stock.product("B-1")
    run_export("google")
    Rendition.objects.get(name="cutout", variant__sku="A-1").recall()
    Rendition.objects.get(name="main", variant__sku="B-1").recall()
    Rendition.objects.filter(variant__sku="B-1", name="main").update(decided_at=timezone.now() - timedelta(hours=1))
    assert listings.withdraw_recalled_lately() == 1
    assert listings.withdraw_recalled_lately() == 0
    assert Listing.objects.get(is_withdrawn=True).sku == "A-1"
    assert listings.withdraw_recalled() == 1


@pytest.mark.django_db(transaction=True)
def test_listing_comes_back_after_a_withdrawal():
    stock.product("A-1")
    run_export("google")
    main = Rendition.objects.get(name="main")
    main.recall()
    listings.withdraw_recalled()
    main.approve()
    run_export("google")
    assert [change.kind for change in read_all(Channel.objects.get(name="google"))] == ["upsert", "withdrawn", "upsert"]


def announce(listing: Listing, text: str) -> ListingChange:
    return listings._announce(listing, ChangeKind.UPSERT, {"title": text, "images": []})


def titles(changes: list[ListingChange]) -> list[str]:
    return [change.payload["title"] for change in changes]


@pytest.mark.django_db(transaction=True)
def test_change_of_a_slow_transaction_is_neither_lost_nor_read_twice(google):
    """The slow one writes first and commits last: without care its lower id would appear behind the reader's back."""
    listing = Listing.objects.create(channel=google, sku="X-1")
    other = Listing.objects.create(channel=google, sku="X-2")
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            announce(Listing.objects.get(pk=listing.pk), "slow")
            written.set()
            assert may_commit.wait(20)
        connections.close_all()

    def quick() -> None:
        with transaction.atomic():
            announce(Listing.objects.get(pk=other.pk), "quick")
        connections.close_all()

    threads = [threading.Thread(target=slow), threading.Thread(target=quick)]
    threads[0].start()
    assert written.wait(20)
    threads[1].start()
    first = listings.page(google, cursor="", limit=100)
    may_commit.set()
    for thread in threads:
        thread.join(20)
    second = listings.page(google, cursor=first.next_cursor, limit=100)
    assert (titles(first.changes), titles(second.changes)) == ([], ["slow", "quick"])
    assert listings.page(google, cursor=second.next_cursor, limit=100).changes == []


@pytest.mark.django_db(transaction=True)
def test_rolled_back_change_is_never_seen(google):
    listing = Listing.objects.create(channel=google, sku="X-1")

    def fails() -> None:
        with transaction.atomic():
            announce(listing, "gone")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with transaction.atomic():
        announce(listing, "stays")
    assert titles(read_all(google)) == ["stays"]


@pytest.mark.django_db(transaction=True)
def test_interleaved_writers_and_a_reader_see_every_change_once_in_order(google):
    rows = [Listing.objects.create(channel=google, sku=f"X-{number}") for number in range(4)]
    stop, read = threading.Event(), []

    def write(number: int) -> None:
        for step in range(12):
            with transaction.atomic():
                mine = Listing.objects.get(pk=rows[number].pk)
                announce(mine, f"{number}:{step}:a")
                announce(mine, f"{number}:{step}:b")
        connections.close_all()

    def follow() -> None:
        cursor = ""
        while True:
            last_round = stop.is_set()
            page = listings.page(google, cursor=cursor, limit=5)
            read.extend(page.changes)
            cursor = page.next_cursor
            if last_round and not page.changes:
                break
        connections.close_all()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    reader = threading.Thread(target=follow)
    for thread in [*writers, reader]:
        thread.start()
    for thread in writers:
        thread.join(60)
    stop.set()
    reader.join(60)
    assert len(read) == len({change.pk for change in read}) == 4 * 12 * 2
    for number in range(4):
        mine = [text for text in titles(read) if text.startswith(f"{number}:")]
        assert mine == [f"{number}:{step}:{part}" for step in range(12) for part in "ab"]


@pytest.mark.django_db(transaction=True)
def test_page_is_answered_from_the_index_wherever_it_lies(google):
    listing = Listing.objects.create(channel=google, sku="X-1")
    rows = [ListingChange(channel=google, listing=listing, kind="upsert", payload={}) for _ in range(6000)]
    first = ListingChange.objects.bulk_create(rows, batch_size=2000)[0].pk
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplaces_listingchange")
    query = ListingChange.objects.filter(channel=google, pk__gt=first + 3000).order_by("pk")[:101]
    plan = query.explain(analyze=True, format="json")
    assert '"Index Scan"' in plan
    assert '"Seq Scan"' not in plan
    assert '"Sort"' not in plan


def test_cursor_that_is_not_ours_is_refused(google):
    for cursor in ("nonsense", "MTotMQ", "Mjox", "é"):
        with pytest.raises(listings.BadCursor):
            listings.page(google, cursor=cursor, limit=10)


@pytest.mark.django_db(transaction=True)
def test_switched_off_channel_takes_its_links_away(client):
    stock.product("A-1")
    run_export("google")
    link = ExportFile.objects.get(role="main").public_path
    Channel.objects.filter(name="google").update(is_active=False)
    assert client.get(link).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_public_link_needs_no_sign_in_and_is_cached_for_ever(client):
    stock.product("A-1")
    run_export("google")
    file = ExportFile.objects.get(role="main")
    answer = client.get(file.public_path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert b"".join(answer.streaming_content)[:3] == b"\xff\xd8\xff"
    assert not answer.cookies
    answer.close()
    head = client.head(file.public_path)
    head.close()
    assert (head.status_code, head["Content-Length"]) == (200, str(file.bytes))
    part = client.get(file.public_path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part["Content-Range"], len(b"".join(part.streaming_content))) == (
        206,
        f"bytes 0-9/{file.bytes}",
        10,
    )
    assert client.get(file.public_path, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    for other in (f"/m/{'0' * 16}/{file.name}", f"/m/{file.public_key}/other.jpg", f"/m/{file.public_key}/../x"):
        assert client.get(other).status_code == 404
    assert client.post(file.public_path).status_code == 405


@pytest.mark.django_db
def test_files_without_a_channel_have_no_public_link(client):
    stock.product("A-1")
    run_export(None)
    file = ExportFile.objects.filter(kind="picture").first()
    assert file.public_path == ""
    assert client.get(f"/m/{file.sha256[:16]}/{file.name.rsplit('/')[-1]}").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_old_changes_go_but_the_last_of_a_listing_stays(google):
    from datetime import timedelta

    from django.utils import timezone

    listing = Listing.objects.create(channel=google, sku=builders.variant().sku)
    for text in ("one", "two", "three"):
        with transaction.atomic():
            announce(listing, text)
    ListingChange.objects.update(created_at=timezone.now() - timedelta(days=500))
    assert listings.forget_old() == 2
    assert titles(read_all(google)) == ["three"]
