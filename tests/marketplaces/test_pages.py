import io
import json
import zipfile

import pytest
from django.urls import reverse

from marketplaces.actors import carry_out_export
from marketplaces.channels import ensure_channels
from marketplaces.exports import open_export, run_export
from marketplaces.models import Channel, Export, ExportFile
from tests.marketplaces import stock

pytestmark = pytest.mark.django_db
ASIN = "B0F7KQ4102"


def test_exports_page_starts_empty_and_lists_every_channel(signed_in):
    page = signed_in.get(reverse("exports")).content.decode()
    assert "Nothing exported yet" in page
    for label in ("Amazon", "Google Merchant Center", "Shopify", "eBay", "Sandbox"):
        assert label in page


def test_new_export_shows_names_and_what_is_missing(signed_in):
    stock.product("BOX-01", asin=ASIN)
    stock.product("MUG-01")
    page = signed_in.get(reverse("export-new"), {"channel": "amazon"}).content.decode()
    assert f"{ASIN}.MAIN.jpg" in page
    assert "No ASIN" in page
    assert "Export 2 products" in page
    part = signed_in.get(reverse("export-new"), {"channel": "google"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "BOX-01-main.jpg" in part


def test_new_export_keeps_the_scope(signed_in, broker, django_capture_on_commit_callbacks):
    stock.product("BOX-01", asin=ASIN)
    stock.product("MUG-01", asin="B0CMUG01BL")
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in.post(reverse("export-new"), {"channel": "amazon", "skus": "MUG-01\n MUG-01 , \n"})
    export = Export.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, export.get_absolute_url())
    assert export.scope == {"skus": ["MUG-01"]}
    carry_out_export(export.pk)
    page = signed_in.get(export.get_absolute_url()).content.decode()
    assert "B0CMUG01BL.MAIN.jpg" in page
    assert ASIN not in page


def test_wrong_input_is_shown_and_starts_nothing(signed_in):
    answer = signed_in.post(reverse("export-new"), {"channel": "bazaar"})
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    assert not Export.objects.exists()


def test_export_page_tells_why_and_links_into_review(client, manager):
    client.force_login(manager)
    stock.product("BOX-01", asin=ASIN, main="in_review")
    stock.product("MUG-01")
    export = run_export("amazon").export
    page = client.get(export.get_absolute_url()).content.decode()
    assert "Waiting for review" in page
    assert reverse("review-queue") in page
    assert "Number missing" in page
    assert "No ASIN: Amazon names files by it." in page


def test_export_downloads_as_zip_and_single_files(signed_in):
    stock.product("BOX-01", asin=ASIN)
    export = run_export("amazon").export
    answer = signed_in.get(reverse("export-download", args=[export.pk]))
    assert answer["Content-Disposition"] == f'attachment; filename="amazon-{export.pk}.zip"'
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    manifest = json.loads(archive.read("manifest.json"))
    assert [file["name"] for file in manifest["files"]] == [f"{ASIN}.MAIN.jpg"]
    feed = signed_in.get(reverse("export-file", args=[export.pk, "feeds/amazon-images.tsv"]))
    assert feed["Content-Disposition"].startswith("attachment")
    assert "main_product_image_locator" in feed.content.decode()
    assert signed_in.get(reverse("export-file", args=[export.pk, "nothing.txt"])).status_code == 404
    export.files.filter(name="feeds/amazon-images.tsv").update(name='feeds/a"; b=é.tsv')
    odd = signed_in.get(reverse("export-file", args=[export.pk, 'feeds/a"; b=é.tsv']))
    assert odd["Content-Disposition"] == "attachment; filename*=utf-8''a%22%3B%20b%3D%C3%A9.tsv"


def test_zip_of_the_same_export_is_the_same_bytes(signed_in):
    stock.product("BOX-01", asin=ASIN)
    export = run_export("amazon").export
    one, two = (
        b"".join(signed_in.get(reverse("export-download", args=[export.pk])).streaming_content) for _ in range(2)
    )
    assert one == two


def test_unfinished_export_shows_progress_and_offers_no_zip(signed_in):
    export = open_export("google")
    page = signed_in.get(export.get_absolute_url()).content.decode()
    assert "Waiting for a delivery worker" in page
    assert "Download zip" not in page
    assert signed_in.get(reverse("export-download", args=[export.pk])).status_code == 302
    progress = reverse("export-progress", args=[export.pk])
    assert signed_in.get(progress, {"since": 0}).status_code == 204
    carry_out_export(export.pk)
    assert signed_in.get(progress, {"since": 0}).json() == {
        "rev": 0,
        "done": 0,
        "total": 0,
        "state": "done",
        "over": True,
    }


def test_run_again_keeps_channel_and_scope(signed_in):
    stock.product("BOX-01")
    export = run_export("google", scope={"skus": ["BOX-01"]}).export
    answer = signed_in.post(reverse("export-again", args=[export.pk]))
    fresh = Export.objects.exclude(pk=export.pk).get()
    assert answer["Location"] == fresh.get_absolute_url()
    assert (fresh.channel.name, fresh.scope, fresh.state) == ("google", {"skus": ["BOX-01"]}, "queued")


def test_channel_page_shows_every_rule_with_its_source(signed_in):
    ensure_channels()
    page = signed_in.get(reverse("channel", args=["google"])).content.decode()
    pack = Channel.objects.get(name="google").rules()
    for rule in pack.rules:
        assert rule.kind.label in page
    assert "from 31 Jan 2027" in page
    assert "https://support.google.com/merchants/answer/6324350?hl=pt" in page
    assert "Save own values" not in page
    assert signed_in.get(reverse("channel", args=["bazaar"])).status_code == 404


def test_manager_overrides_a_rule_and_takes_it_back(as_manager):
    ensure_channels()
    address, key = reverse("channel-rules", args=["amazon"]), "rule:MIN_FILL:main:block"
    assert as_manager.post(address, {key: "0.8"}).status_code == 302
    assert Channel.objects.get(name="amazon").overrides == {"MIN_FILL:main:block": 0.8}
    assert 'value="0.8"' in as_manager.get(reverse("channel", args=["amazon"])).content.decode()
    as_manager.post(address, {key: "0.85"})
    assert Channel.objects.get(name="amazon").overrides == {}


def test_wrong_override_is_shown_beside_its_rule_and_not_saved(as_manager):
    ensure_channels()
    answer = as_manager.post(reverse("channel-rules", args=["amazon"]), {"rule:MIN_FILL:main:block": "85 %"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Nothing was saved" in page
    assert 'value="85 %"' in page
    assert Channel.objects.get(name="amazon").overrides == {}


def test_override_changes_the_next_export(as_manager):
    stock.product("BOX-01", asin=ASIN, size=(800, 800))
    assert run_export("amazon").files
    as_manager.post(reverse("channel-rules", args=["amazon"]), {"rule:MIN_LONG_SIDE:all:block": "1,000"})
    assert run_export("amazon").blocked[0]["code"] == "too-small"


def test_manager_changes_settings(as_manager):
    ensure_channels()
    values = {
        "label": "Amazon DE",
        "is_active": "on",
        "creator": "Studio A",
        "marketplace_id": "A1PA6795UKMFR9",
        "name_by_sku": "on",
    }
    assert as_manager.post(reverse("channel-settings", args=["amazon"]), values).status_code == 302
    channel = Channel.objects.get(name="amazon")
    assert (channel.label, channel.settings["marketplace_id"], channel.settings["name_by_sku"]) == (
        "Amazon DE",
        "A1PA6795UKMFR9",
        True,
    )
    assert as_manager.post(reverse("channel-settings", args=["amazon"]), {"label": ""}).status_code == 422


@pytest.mark.parametrize("name", ["channel-settings", "channel-rules"])
def test_operator_may_not_manage_channels(signed_in, name):
    ensure_channels()
    assert signed_in.post(reverse(name, args=["amazon"]), {"label": "x"}).status_code == 403


@pytest.mark.parametrize("name", ["exports", "export-new"])
def test_reviewer_may_not_export(client, reviewer, name):
    client.force_login(reviewer)
    assert client.get(reverse(name)).status_code == 403


def test_strangers_are_sent_to_sign_in(client):
    for path in ("/exports/", "/exports/new", "/exports/1", "/exports/1/download", "/channels/amazon"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("sign-in"))


def test_lists_take_few_queries(signed_in, django_assert_max_num_queries):
    for sku in ("A-1", "B-1", "C-1", "D-1"):
        stock.product(sku, styles=("studio-white",))
    export = run_export("google").export
    for _ in range(3):
        open_export("google")
    with django_assert_max_num_queries(12):
        signed_in.get(reverse("exports"))
    with django_assert_max_num_queries(14):
        signed_in.get(export.get_absolute_url())
    assert ExportFile.objects.filter(kind="picture").count() == 8
