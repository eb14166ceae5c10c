"""Receipts of really made pictures, and the same file made again from its photo."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.files import load, remove, store
from marketplaces.exports import run_export
from marketplaces.models import ExportFile
from marketplaces.receipts import explain
from marketplaces.remaking import CannotRemake, difference, remake
from processing.models import Rendition
from tests.marketplaces import pictures
from tests.processing import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(db):
    """A job that the engine has carried, all of it approved."""
    job = making.run(making.photo("BOX-01"))
    for rendition in Rendition.objects.filter(job=job):
        rendition.approve()
    return job


def test_receipt_names_recipe_photo_versions_seed_and_model(made):
    run_export(None)
    told = explain(ExportFile.objects.get(name="BOX-01/cutout.png"))
    assert told["recipe"]["name"] == "packshot"
    assert told["source"]["sha256"] == made.snapshot["source"]["sha256"]
    assert set(told["versions"]) >= set(told["steps"])
    assert told["versions"]["cutout"]
    assert (told["engine"]["name"], len(told["engine"]["model_hash"])) == ("studio", 16)
    assert told["again"]["can_be_made_again"] is True
    assert told["again"]["steps_kept"] == f"{len(told['steps'])} of {len(told['steps'])}"


def test_every_file_is_made_again_to_the_byte(made):
    run_export(None)
    run_export("shopify")
    for file in ExportFile.objects.filter(
        kind="picture", name__in=["BOX-01/cutout.png", "BOX-01/main.jpg", "BOX-01-1.jpg"]
    ):
        again = remake(file)
        assert again.is_same, (file.name, again.to_dict())
        assert set(again.steps.values()) == {"made again, the same"}
        assert again.notes == []


def test_what_comes_out_otherwise_is_told_and_by_how_much(made, monkeypatch):
    from processing.steps import render

    run_export(None)
    file = ExportFile.objects.get(name="BOX-01/main.jpg")
    monkeypatch.setattr(render, "VERSION", "next")
    assert any("has another version since" in note and "next in place of" in note for note in remake(file).notes)
    other = pictures.jpeg(pictures.packshot((300, 300), product=(40, 60, 150))[0])
    kept = store(other, suffix="jpg")
    ExportFile.objects.filter(pk=file.pk).update(sha256=kept.sha256, path=kept.path)
    file.refresh_from_db()
    again = remake(file)
    assert not again.is_same
    assert again.psnr_db < 40
    assert again.delta_e[1] > 5


def test_what_is_gone_is_said(made):
    run_export(None)
    file = ExportFile.objects.get(name="BOX-01/cutout.png")
    path = made.snapshot["source"]["path"]
    photo = load(path)
    remove(path)
    try:
        assert explain(file)["again"]["gone"] == "The original photo was removed by the retention rule."
        with pytest.raises(CannotRemake, match="original photo was removed"):
            remake(file)
    finally:
        store(photo, suffix="jpg")
    # The exported file itself may be gone: its checksum is enough.
    remove(file.path)
    assert remake(file).is_same
    assert explain(file)["again"]["file_is_kept"] is False
    file.rendition = None
    assert "this receipt is what is left" in explain(file)["again"]["gone"]


def test_command_makes_a_file_again_and_writes_it(made, tmp_path):
    """And what comes out otherwise is told, and by how much."""
    run_export(None, out=tmp_path / "tree")
    out = StringIO()
    target = tmp_path / "again.png"
    source = tmp_path / "tree/BOX-01/cutout.png"
    call_command("receipt", str(source), "--remake", "--out", str(target), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["remade"]["same"] is True
    assert target.read_bytes() == source.read_bytes()
    words = StringIO()
    call_command("receipt", str(source), "--remake", stdout=words)
    assert "Made again: the same to the byte." in words.getvalue()
    with pytest.raises(CommandError, match="--out needs --remake"):
        call_command("receipt", str(source), "--out", str(target))


def test_difference_of_equal_pictures_is_none():
    data = pictures.jpeg(pictures.packshot((200, 200))[0])
    assert difference(data, data) == (99.0, (0.0, 0.0))
