import base64
import hashlib
import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from accounts.models import Event
from marketplaces.actors import carry_out_export
from marketplaces.channels import UnknownChannel, ensure_channels
from marketplaces.exports import run_export
from marketplaces.management.commands.export import Command as ExportCommand
from marketplaces.models import Channel, Export, ExportFile, ExportState, RenderedFile
from marketplaces.recheck import check_folder
from marketplaces.starting import start_export, sweep
from processing.imaging.codec import decode
from processing.imaging.metadata import read_metadata
from processing.models import Job, Rendition
from tests.images import file_of
from tests.marketplaces import stock

pytestmark = pytest.mark.django_db
ASIN = "B0F7KQ4102"


def test_amazon_export_names_files_by_asin(tmp_path):
    variant = stock.product("BOX-01", asin=ASIN, styles=("lifestyle-home",))
    stock.product(of=variant, view=2)
    report = run_export("amazon", out=tmp_path)
    assert [file["name"] for file in report.files] == [f"{ASIN}.MAIN.jpg", f"{ASIN}.PT01.jpg", f"{ASIN}.PT02.jpg"]
    assert report.blocked == []
    for file in report.files:
        data = (tmp_path / file["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert (decode(data).size, len(data)) == ((file["width"], file["height"]), file["bytes"])
    assert {"manifest.json", "SHA256SUMS", "feeds"} <= {path.name for path in tmp_path.iterdir()}


def test_second_export_renders_nothing_again_and_writes_nothing(tmp_path):
    stock.product("BOX-01", asin=ASIN, styles=("studio-white",))
    first = run_export("amazon", out=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.jpg")}
    rendered = RenderedFile.objects.count()
    second = run_export("amazon", out=tmp_path)
    assert RenderedFile.objects.count() == rendered
    assert [file["sha256"] for file in first.files] == [file["sha256"] for file in second.files]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.jpg")} == before


def test_folder_follows_the_export_and_leaves_foreign_files_alone(tmp_path):
    stock.product("A-1")
    stock.product("B-1")
    run_export("shopify", out=tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    Rendition.objects.filter(variant__sku="B-1", name="main").update(state="rejected")
    run_export("shopify", out=tmp_path)
    assert {path.name for path in tmp_path.glob("*.jpg")} == {"A-1-1.jpg"}
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_files_carry_title_sku_profile_and_their_true_source_type():
    variant = stock.product("BOX-01", styles=("lifestyle-home",))
    variant.product.name = "Grüne Dose"
    variant.product.save()
    Channel.objects.update_or_create(
        name="google",
        defaults={"pack": "google", "label": "Google", "settings": {"creator": "Studio A", "copyright": "© A"}},
    )
    run_export("google")
    by_role = {file.role: file for file in ExportFile.objects.filter(kind="picture")}
    from catalog.files import load

    main = read_metadata(load(by_role["main"].path))
    assert main == {"title": "Grüne Dose", "sku": "BOX-01", "creator": "Studio A", "copyright": "© A"}
    scene = read_metadata(load(by_role["lifestyle"].path))
    assert scene["digital_source_type"].endswith("/compositeSynthetic")


def test_export_is_announced_once_with_its_counts():
    stock.product("BOX-01")
    report = run_export("google")
    event = Event.objects.get(kind="export.completed")
    main = Rendition.objects.get(name="main")
    assert event.data == {
        "export": report.export.pk, "channel": "google", "files": 1, "blocked": 0, "renditions": [main.pk],
        "renditions_are_all": True,
    }  # fmt: skip


def test_started_export_is_carried_out_by_the_worker(broker, django_capture_on_commit_callbacks):
    stock.product("BOX-01")
    with django_capture_on_commit_callbacks(execute=True):
        export = start_export("google")
    assert broker.queues["delivery"].qsize() == 1
    carry_out_export(export.pk)
    carry_out_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.done_count, export.files.filter(kind="picture").count()) == ("done", 1, 1)
    assert Event.objects.filter(kind="export.completed").count() == 1


def test_stalled_export_is_sent_again(broker):
    ensure_channels()
    stalled = Export.objects.create(
        channel=Channel.objects.get(name="google"),
        state=ExportState.RUNNING,
        seen_at=timezone.now() - timedelta(hours=1),
    )
    Export.objects.create(state=ExportState.RUNNING, seen_at=timezone.now())
    assert sweep() == 1
    stalled.refresh_from_db()
    assert stalled.state == ExportState.QUEUED
    assert sweep() == 0


def test_unknown_and_switched_off_channels_are_refused():
    with pytest.raises(UnknownChannel, match="amazon, google"):
        run_export("bazaar")
    Channel.objects.filter(name="ebay").update(is_active=False)
    with pytest.raises(UnknownChannel, match="switched off"):
        run_export("ebay")


@pytest.mark.parametrize(
    "channel",
    [
        "amazon",
        "google",
        "shopify",
        "ebay",
        "walmart",
        "etsy",
        "tiktok",
        "meta",
        "instagram-feed",
        "instagram-story",
        "zalando",
        "otto",
        "pinterest",
        "site",
    ],
)
def test_every_channel_exports_and_passes_its_own_pack_from_disk(channel, tmp_path):
    stock.product("BOX-01", asin=ASIN, gtin="09520001002045", size=(1500, 1500), styles=("lifestyle-home",))
    report = run_export(channel, out=tmp_path)
    assert report.files, report.blocked
    out = StringIO()
    call_command("verify", str(tmp_path), "--json", stdout=out)
    verdict = json.loads(out.getvalue())
    assert verdict["fine"], verdict["problems"]
    assert verdict["checked"] == len(report.files)


def test_seed_tree_has_the_promised_layout(tmp_path):
    variant = stock.product("BOX-01", styles=("lifestyle-home",))
    stock.product(of=variant, view=2)
    job = Job.objects.filter(variant=variant).first()
    main = Rendition.objects.get(job=job, name="main")
    stock.made(job, "size-hero", "size", main.artifact, parent=main)
    report = run_export(None, out=tmp_path)
    assert {file["name"] for file in report.files} == {
        "BOX-01/cutout.png", "BOX-01/main.jpg", "BOX-01/bg-lifestyle-home.png", "BOX-01/sizes/hero.webp",
        "BOX-01/view-2/cutout.png", "BOX-01/view-2/main.jpg",
    }  # fmt: skip
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    assert [product["sku"] for product in catalog["products"]] == ["BOX-01"]
    metadata = json.loads((tmp_path / "BOX-01/metadata.json").read_text())
    assert {file["name"] for file in metadata["files"]} >= {"cutout.png", "bg-lifestyle-home.png", "sizes/hero.webp"}
    assert decode((tmp_path / "BOX-01/cutout.png").read_bytes()).mode == "RGBA"
    scene = read_metadata((tmp_path / "BOX-01/bg-lifestyle-home.png").read_bytes())
    assert scene["digital_source_type"].endswith("/compositeSynthetic")
    call_command("verify", str(tmp_path), stdout=StringIO())


def test_export_command_prints_one_object(tmp_path):
    stock.product("BOX-01", asin=ASIN)
    out = StringIO()
    call_command("export", "amazon", "--out", str(tmp_path), "--json", stdout=out)
    printed = json.loads(out.getvalue())
    assert printed["channel"] == "amazon"
    assert printed["path"] == str(tmp_path)
    assert set(printed["files"][0]) == {"name", "sku", "role", "sha256", "bytes", "width", "height"}
    with pytest.raises(CommandError, match="There is no channel 'bazaar'"):
        call_command("export", "bazaar")


def test_export_command_tells_people_what_is_missing(tmp_path, settings):
    stock.product("BOX-01")
    settings.SITE_URL = "http://localhost:8000"
    out = StringIO()
    call_command("export", "amazon", "--out", str(tmp_path), stdout=out)
    assert "amazon: 0 files of 0 products" in out.getvalue()
    assert "BOX-01: No ASIN" in out.getvalue()
    assert ("set SITE_URL" in out.getvalue()) == (tmp_path / "feeds").is_dir()


def test_verify_finds_changed_missing_and_foreign_files(tmp_path):
    stock.product("A-1", styles=("studio-white",))
    run_export("shopify", out=tmp_path)
    first, second = sorted(tmp_path.glob("*.jpg"))
    first.write_bytes(first.read_bytes() + b"x")
    second.unlink()
    (tmp_path / "extra.jpg").write_bytes(b"x")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", str(tmp_path), "--json", stdout=out)
    verdict = json.loads(out.getvalue())
    assert {(one["name"], one["code"]) for one in verdict["problems"]} == {
        (first.name, "CHANGED"),
        (second.name, "MISSING"),
    }
    assert [one["name"] for one in verdict["warnings"] if one["code"] == "UNKNOWN"] == ["extra.jpg"]


def test_verify_refuses_a_folder_that_is_no_export(tmp_path):
    with pytest.raises(CommandError, match=r"has no manifest\.json"):
        call_command("verify", str(tmp_path))


@pytest.mark.parametrize(
    "change", [lambda _: [], lambda told: {**told, "files": [{}]}, lambda told: {**told, "files": ["A-1.jpg"]}]
)
def test_verify_refuses_a_manifest_of_another_form(tmp_path, change):
    stock.product("A-1")
    run_export("shopify", out=tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(change(json.loads(manifest.read_text()))))
    with pytest.raises(CommandError, match="is not of the form"):
        call_command("verify", str(tmp_path))


@pytest.mark.parametrize("mask", ["no mask", base64.b64encode(file_of(Image.new("1", (4000, 4000)), "PNG")).decode()])
def test_verify_reads_no_mask_that_was_not_written_by_an_export(tmp_path, mask):
    stock.product("A-1")
    run_export("shopify", out=tmp_path)
    manifest = tmp_path / "manifest.json"
    told = json.loads(manifest.read_text())
    told["files"][0]["made"] = {"box_px": [1, 1, 9, 9], "mask": mask}
    manifest.write_text(json.dumps(told))
    report = check_folder(tmp_path, on=date(2026, 11, 1))
    assert [one["detail"] for one in report.problems if one["name"] == told["files"][0]["name"]] == [
        "the manifest's word on where the product is cannot be read"
    ]


def test_receipt_explains_a_file_from_its_bytes(tmp_path):
    stock.product("BOX-01", asin=ASIN)
    report = run_export("amazon", out=tmp_path)
    out = StringIO()
    call_command("receipt", str(tmp_path / report.files[0]["name"]), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["recipe"] == {"name": "packshot", "version": 1}
    assert told["engine"]["name"] == "studio"
    assert told["source"]["sha256"]
    assert told["made"]["quality"] == 92
    with pytest.raises(CommandError, match="No export of this installation"):
        call_command("receipt", "0" * 64)


def test_export_command_says_once_what_many_have_in_common():
    out = StringIO()
    told = [*[(f"MUG-{number:02}", "Waits for a look.") for number in range(14)], ("BOX-01", "No ASIN.")]
    ExportCommand(stdout=out)._list(told, before="")
    many, single = out.getvalue().splitlines()
    assert many.startswith("  14 x Waits for a look: MUG-00, MUG-01,")
    assert many.endswith("MUG-11 and 2 more")
    assert single == "  BOX-01: No ASIN."
