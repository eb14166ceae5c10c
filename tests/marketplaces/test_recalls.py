import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Event
from catalog.files import load
from marketplaces import listings, recalls, starting
from marketplaces.exports import run_export
from marketplaces.models import Export, ExportFile
from processing.models import Rendition
from tests import builders
from tests.marketplaces import stock

pytestmark = pytest.mark.django_db(transaction=True)


def document(export: Export, name: str):
    return json.loads(load(export.files.get(name=name).path))


def test_recalled_picture_is_marked_in_a_folder_tree_and_told_once(client, manager):
    stock.product("A-1", styles=("lifestyle-home",))
    stock.product("B-1")
    run_export(None)
    taken = Rendition.objects.get(kind="style", variant__sku="A-1")
    taken.recall()
    assert recalls.mark_recalled() == 1
    assert recalls.mark_recalled() == 0
    event = Event.objects.get(kind="export.recalled")
    file = ExportFile.objects.get(rendition=taken)
    assert (event.data["channel"], event.data["count"], event.data["files"][0]["name"]) == ("seed", 1, file.name)
    client.force_login(manager)
    page = client.get(reverse("export", args=[file.export_id])).content.decode()
    assert "1 picture was taken back after this export" in page


def test_what_was_taken_back_lately_is_marked_at_once_and_the_rest_by_the_look_at_a_week():
    stock.product("A-1", styles=("lifestyle-home",))
    stock.product("B-1")
    run_export(None)
    Rendition.objects.get(kind="style", variant__sku="A-1").recall()
    Rendition.objects.get(name="main", variant__sku="B-1").recall()
    Rendition.objects.filter(variant__sku="B-1", name="main").update(decided_at=timezone.now() - timedelta(hours=1))
    assert recalls.mark_recalled_lately() == 1
    assert recalls.mark_recalled() >= 1
    assert not ExportFile.objects.filter(rendition__state="recalled", withdrawn_at=None).exists()


def test_documents_of_a_folder_tree_are_written_without_what_was_recalled(client, manager):
    stock.product("A-1", styles=("lifestyle-home",))
    run_export(None)
    export = Export.objects.get()
    taken = Rendition.objects.get(kind="style")
    name = ExportFile.objects.get(rendition=taken).name
    taken.recall()
    recalls.mark_recalled()
    starting.sweep()
    (product,) = document(export, "catalog.json")["products"]
    assert name not in product["files"]
    assert not product["is_complete"]
    assert name not in [file["name"] for file in document(export, "manifest.json")["files"]]
    assert document(export, "manifest.json")["blocked"][-1]["code"] == "recalled"
    client.force_login(manager)
    archive = b"".join(client.get(reverse("export-download", args=[export.pk])).streaming_content)
    assert name not in zipfile.ZipFile(io.BytesIO(archive)).namelist()


def test_recall_reaches_what_was_made_from_the_picture_two_steps_on():
    stock.product("A-1", styles=("lifestyle-home",))
    run_export(None)
    main = Rendition.objects.get(kind="main")
    size = builders.rendition(main.job, name="size-hero", kind="size", parent=main)
    ExportFile.objects.filter(rendition__kind="style").update(rendition=size)
    Rendition.objects.get(kind="cutout").recall()
    recalls.mark_recalled()
    assert not ExportFile.objects.filter(kind="picture", withdrawn_at=None).exists()


def test_recalled_picture_that_was_made_again_at_once_is_found_by_its_event():
    stock.product("A-1")
    run_export(None)
    main = Rendition.objects.get(kind="main")
    main.recall()
    Event.objects.create(kind="rendition.recalled", subject=f"rendition:{main.pk}")
    Rendition.objects.filter(pk=main.pk).update(is_current=False)
    assert recalls.mark_recalled() == 1


def test_older_export_to_a_channel_is_marked_although_its_listing_shows_another_picture():
    stock.product("A-1", styles=("lifestyle-home",))
    run_export("google")
    taken = Rendition.objects.get(kind="style")
    taken.recall()
    listings.withdraw_recalled()
    recalls.mark_recalled()
    told = Event.objects.filter(kind="export.recalled")
    assert [event.data["count"] for event in told] == [1]
    assert ExportFile.objects.get(rendition=taken).withdrawn_at
