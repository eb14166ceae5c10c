"""Models are fetched on demand, checked, and never left half written."""

import hashlib
import json
from dataclasses import replace
from io import StringIO

import httpx
import pytest
from django.core.management import CommandError, call_command

from processing.providers import model_files
from processing.providers.rembg_engine import Rembg

DATA = b"a model" * 1000


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    settings.MODELS_DIR = tmp_path / "models"
    small = replace(model_files.MODELS["u2netp"], md5=hashlib.md5(DATA).hexdigest())
    monkeypatch.setitem(model_files.MODELS, "u2netp", small)
    return settings.MODELS_DIR


@pytest.fixture
def mirror(tmp_path):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "u2netp.onnx").write_bytes(DATA)
    return tmp_path / "mirror"


def fetch(*args):
    out = StringIO()
    call_command("fetch_models", *args, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def test_model_is_fetched_once_and_makes_rembg_ready(folder, mirror):
    assert "fetch_models u2netp" in Rembg("u2netp").unavailable_reason()
    assert fetch("u2netp", "--from", str(mirror))["models"][0]["fetched"] is True
    assert Rembg("u2netp").unavailable_reason() == ""
    assert fetch("u2netp", "--from", str(mirror))["models"][0]["fetched"] is False
    assert [path.name for path in folder.iterdir()] == ["u2netp.onnx"]


def test_wrong_file_is_not_kept(folder, mirror):
    (mirror / "u2netp.onnx").write_bytes(b"something else")
    with pytest.raises(CommandError, match="not what was published"):
        fetch("u2netp", "--from", str(mirror))
    assert list(folder.iterdir()) == []


def test_damaged_model_is_fetched_again(folder, mirror):
    folder.mkdir()
    (folder / "u2netp.onnx").write_bytes(b"half")
    assert fetch("u2netp", "--from", str(mirror))["models"][0]["fetched"] is True


def test_offline_says_what_to_do(folder):
    with pytest.raises(CommandError, match=r"cannot be reached .*on another machine and run this with --from FOLDER"):
        fetch("u2netp", "--from", "http://127.0.0.1:9")


def test_answer_that_is_no_file_is_told(folder, monkeypatch):
    transport = httpx.MockTransport(lambda request: httpx.Response(404))
    real = httpx.Client
    monkeypatch.setattr(model_files.httpx, "Client", lambda **kw: real(transport=transport))
    with pytest.raises(CommandError, match=r"u2netp.onnx answered 404"):
        fetch("u2netp")


def test_model_comes_over_the_line(folder, monkeypatch):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=DATA))
    real = httpx.Client
    monkeypatch.setattr(model_files.httpx, "Client", lambda **kw: real(transport=transport))
    fetch("u2netp")
    assert (folder / "u2netp.onnx").read_bytes() == DATA


def test_unknown_model_and_missing_file_are_told(folder, tmp_path):
    with pytest.raises(CommandError, match="no model named nothing; known are isnet-general-use"):
        fetch("nothing")
    with pytest.raises(CommandError, match=r"There is no u2netp.onnx in"):
        fetch("u2netp", "--from", str(tmp_path))


def test_list_says_what_is_here(folder, mirror):
    fetch("u2netp", "--from", str(mirror))
    rows = {row["name"]: row["is_here"] for row in fetch("--list")["models"]}
    assert (rows["u2netp"], rows["isnet-general-use"]) == (True, False)


def test_no_room_is_told_before_anything_is_fetched(folder, monkeypatch):
    monkeypatch.setattr("processing.management.commands.fetch_models.free_bytes", lambda folder: 1000)
    with pytest.raises(CommandError, match="no room for u2netp"):
        fetch("u2netp")
