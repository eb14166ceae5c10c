"""The files say what they truly are, read by a program that is not ours where there is one."""

import json
import re
import shutil
import subprocess
from io import StringIO

import pytest
from django.core.management import call_command

from catalog.files import store
from catalog.models import SourceImage
from marketplaces.exports import run_export
from marketplaces.provenance import source_type_of
from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.metadata import Metadata
from processing.models import Rendition, Step
from tests import builders
from tests.marketplaces import pictures, stock

pytestmark = pytest.mark.django_db
NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def seen_by_others(path) -> dict[str, str]:
    """Title, Identifier, DigitalSourceType and ProfileDescription as exiftool reads them; from the raw bytes without it."""
    if shutil.which("exiftool"):
        command = ["exiftool", "-j", "-a", "-G0:1", str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
        return {name.rsplit(":", 1)[-1]: str(value) for name, value in told.items()}
    raw = path.read_bytes()
    packet = raw[raw.find(b"<x:xmpmeta") : raw.find(b"</x:xmpmeta>")].decode("utf-8", "replace")
    found = {"ProfileDescription": "sRGB" if b"s\0R\0G\0B" in raw or b"sRGB" in raw else ""}
    for name, pattern in {
        "Title": r"<dc:title>.*?<rdf:li[^>]*>(.*?)</rdf:li>",
        "Identifier": r'dc:identifier="(.*?)"',
        "DigitalSourceType": r'DigitalSourceType="(.*?)"',
    }.items():
        if match := re.search(pattern, packet):
            found[name] = match.group(1)
    return found


def test_exported_files_carry_their_truth(tmp_path):
    stock.product("BOX-01", styles=("lifestyle-home",))
    for channel in ("google", "site", None):
        run_export(channel, out=tmp_path / str(channel))
    files = [path for path in tmp_path.rglob("*") if path.suffix in (".jpg", ".webp", ".png")]
    assert {path.suffix for path in files} == {".jpg", ".webp", ".png"}
    own = [path for path in files if path.parent.name in ("google", "site") or path.name.startswith("bg-")]
    for path in own:
        told = seen_by_others(path)
        is_scene = path.name in ("BOX-01-lifestyle.jpg", "BOX-01-2.webp", "bg-lifestyle-home.png")
        assert (told["Title"], told["Identifier"]) == ("Box-01", "BOX-01")
        assert told.get("DigitalSourceType", "") == (f"{NEWSCODES}compositeSynthetic" if is_scene else "")
        assert "sRGB" in told["ProfileDescription"]
        assert not [name for name in told if name.startswith(("GPS", "SerialNumber", "CameraSerial"))]


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif"])
def test_every_format_tells_all_there_is_to_tell(name, tmp_path):
    said = Metadata("Blue mug & saucer", "MUG-01", "Ana Müller", "© Shop", "compositeWithTrainedAlgorithmicMedia")
    path = tmp_path / f"mug.{name}"
    path.write_bytes(encode(pictures.packshot((320, 320))[0], EncodeSettings.named(name), metadata=said))
    told = seen_by_others(path)
    assert (told["Title"].replace("&amp;", "&"), told["Identifier"]) == ("Blue mug & saucer", "MUG-01")
    assert told["DigitalSourceType"] == f"{NEWSCODES}compositeWithTrainedAlgorithmicMedia"
    assert "sRGB" in told["ProfileDescription"]
    if shutil.which("exiftool"):
        assert (told["Creator"], told["Rights"], told["MIMEType"]) == ("Ana Müller", "© Shop", f"image/{name}")


def test_picture_approved_as_avif_leaves_as_avif_with_its_packet(tmp_path):
    stock.product("BOX-01")
    photo = encode(pictures.packshot((600, 600))[0], EncodeSettings.named("avif"))
    Rendition.objects.filter(name="main").update(artifact=stock.kept(photo, media_type="image/avif"))
    run_export(None, out=tmp_path)
    told = seen_by_others(tmp_path / "BOX-01" / "main.avif")
    assert (told["Title"], told["Identifier"]) == ("Box-01", "BOX-01")
    assert "sRGB" in told["ProfileDescription"]
    call_command("verify", str(tmp_path), stdout=StringIO())


def rendition(kind="style", *, source_type=None, plate=None, provider="") -> Rendition:
    data = pictures.jpeg(
        pictures.packshot((300, 300))[0], metadata=Metadata(digital_source_type=source_type) if source_type else None
    )
    kept = store(data, suffix="jpg")
    image = builders.source_image()
    SourceImage.objects.filter(pk=image.pk).update(sha256=kept.sha256, path=kept.path)
    image.refresh_from_db()
    job = builders.job(image=image)
    steps = {"background:lifestyle-home": "k" * 64, "enhance": "e" * 64}
    builders.artifact(step_key="k" * 64, role="background", meta={"plate": plate or {}})
    Step.objects.create(job=job, name="enhance", kind="enhance", position=1, provider=provider)
    Step.objects.create(job=job, name="cutout", kind="cutout", position=0, provider="replicate-rmbg")
    return builders.rendition(job, name=kind, kind=kind, provenance={"steps": steps})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"kind": "main"}, ""),
        ({"kind": "style"}, "compositeSynthetic"),
        ({"kind": "style", "plate": {"prompt": "a sunny room"}}, "compositeWithTrainedAlgorithmicMedia"),
        ({"kind": "main", "provider": "gemini-edit"}, "compositeWithTrainedAlgorithmicMedia"),
        ({"kind": "main", "source_type": "trainedAlgorithmicMedia"}, "trainedAlgorithmicMedia"),
        (
            {"kind": "style", "source_type": "compositeWithTrainedAlgorithmicMedia"},
            "compositeWithTrainedAlgorithmicMedia",
        ),
        ({"kind": "main", "source_type": "digitalCapture"}, ""),
    ],
)
def test_source_type_is_the_strongest_that_is_true(facts, expected):
    assert source_type_of(rendition(**facts)) == expected
