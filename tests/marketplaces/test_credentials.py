"""Content credentials with a certificate made here, read again by the library and by a program that is not ours."""

import datetime as dt
import io
import json
import shutil
import subprocess

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from catalog.files import load, store
from catalog.models import SourceImage
from marketplaces import credentials
from marketplaces.checks import files_can_be_signed
from marketplaces.exports import run_export
from marketplaces.models import ExportFile, RenderedFile
from marketplaces.recheck import check_folder
from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.metadata import read_metadata
from processing.models import Rendition, Step
from tests.marketplaces import pictures, stock

pytestmark = pytest.mark.django_db
KEY = ec.generate_private_key(ec.SECP256R1())
NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def certificate(name, key, *, issuer=None, issuer_key=None):
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    now, is_root = dt.datetime.now(dt.UTC), issuer is None
    names = (
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    )
    usage = dict.fromkeys(names, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage), True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()), False)
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    return builder.sign(issuer_key or key, hashes.SHA256())


def sign_outside(data: bytes) -> bytes:
    """A key that never leaves its box: raw r and s, as the standard has them."""
    r, s = decode_dss_signature(KEY.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.fixture
def root(tmp_path, settings):
    """Signing switched on; the root's certificate to trust."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    authority = certificate("root", root_key)
    leaf = certificate("signer", KEY, issuer=authority, issuer_key=root_key)
    pem = serialization.Encoding.PEM
    (tmp_path / "chain.pem").write_bytes(leaf.public_bytes(pem) + authority.public_bytes(pem))
    plain = serialization.NoEncryption()
    (tmp_path / "key.pem").write_bytes(KEY.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    settings.C2PA_CERTIFICATE, settings.C2PA_PRIVATE_KEY = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    return authority.public_bytes(pem).decode()


def read(data: bytes, media_type: str, root: str) -> tuple[str, dict]:
    """(state, active manifest) of a signed file, with the root trusted."""
    trust = c2pa.Settings.from_dict({"trust": {"user_anchors": root}, "verify": {"verify_trust": True}})
    with c2pa.Reader(media_type, io.BytesIO(data), context=c2pa.Context(settings=trust)) as reader:
        told = json.loads(reader.json())
        return reader.get_validation_state(), told["manifests"][told["active_manifest"]]


def actions(manifest: dict) -> list[dict]:
    return next(one for one in manifest["assertions"] if one["label"].startswith("c2pa.actions"))["data"]["actions"]


def with_photo(variant) -> None:
    """A photo with a place and a serial number in it."""
    exif = Image.Exif()
    exif[0xA431] = "SERIAL-12345"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), "grey").save(buffer, "JPEG", exif=exif)
    kept = store(buffer.getvalue(), suffix="jpg")
    SourceImage.objects.filter(variant=variant).update(sha256=kept.sha256, path=kept.path, format="JPEG")


def test_files_are_signed_pass_their_pack_and_say_what_was_done(root, tmp_path, settings):
    variant = stock.product("BOX-01", styles=("lifestyle-home",))
    with_photo(variant)
    job = Rendition.objects.get(name="main").job
    Step.objects.create(job=job, name="enhance", kind="enhance", position=1, key="e" * 64)
    for rendition in Rendition.objects.all():
        rendition.provenance["steps"]["enhance"] = "e" * 64
        rendition.save(update_fields=["provenance"])
    report = run_export("google", out=tmp_path / "out")
    assert report.blocked == []
    assert check_folder(tmp_path / "out", on=dt.date.today()).is_fine
    for file in ExportFile.objects.filter(kind="picture"):
        data = load(file.path)
        state, manifest = read(data, file.media_type, root)
        assert state == "Trusted"
        done = [one["action"] for one in actions(manifest)]
        assert done[:3] == ["c2pa.opened", "c2pa.color_adjustments", "c2pa.edited"]
        assert manifest["ingredients"][0]["relationship"] == "parentOf"
        assert "thumbnail" not in manifest
        drawn = [one.get("digitalSourceType") for one in actions(manifest) if "digitalSourceType" in one]
        assert drawn == ([f"{NEWSCODES}compositeSynthetic"] if file.role == "lifestyle" else [])
        # What the packet says is still there under the signature.
        assert read_metadata(data)["sku"] == "BOX-01"
    signed = {file.name: file for file in ExportFile.objects.filter(kind="picture")}
    settings.C2PA_CERTIFICATE = ""
    for plain in run_export("google").files:
        file = signed[plain["name"]]
        assert RenderedFile.objects.get(sha256=file.sha256).facts["unsigned_sha256"] == plain["sha256"]
        assert 2_000 < file.bytes - plain["bytes"] < 8_000


def test_nothing_of_the_cameras_data_comes_through(root):
    with_photo(stock.product("BOX-01"))
    run_export("google")
    data = load(ExportFile.objects.get(role="main").path)
    assert b"SERIAL-12345" not in data
    assert "GPS" not in str(dict(Image.open(io.BytesIO(data)).getexif()))


@pytest.mark.skipif(
    not shutil.which("exiftool"), reason="exiftool is not installed; the library's own reader is used above"
)
def test_exiftool_finds_manifest_packet_and_profile(root, tmp_path):
    with_photo(stock.product("BOX-01", styles=("lifestyle-home",)))
    for channel in ("google", "site", None):
        run_export(channel, out=tmp_path / str(channel))
    for path in [*tmp_path.rglob("*.jpg"), *tmp_path.rglob("*.webp"), *tmp_path.rglob("*.png")]:
        command = ["exiftool", "-j", "-a", "-G0:1", str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
        names = {name.rsplit(":", 1)[-1] for name in told}
        assert {"Title", "Identifier", "ProfileDescription"} <= names, path
        # This program looks for manifests in JPEG and PNG alone; the library finds them in all.
        assert path.suffix == ".webp" or any(name.startswith("JUMBF:") for name in told), path
        media_type = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}[path.suffix]
        assert read(path.read_bytes(), media_type, root)[0] == "Trusted"
        assert not [name for name in names if name.startswith(("GPS", "SerialNumber", "BodySerial"))]


def test_avif_is_signed_last_and_keeps_packet_and_profile(root, tmp_path):
    """Its container is another one than those of the rest: boxes, as in a film."""
    with_photo(stock.product("BOX-01"))
    picture = encode(pictures.packshot((600, 600))[0], EncodeSettings.named("avif"))
    Rendition.objects.filter(name="main").update(artifact=stock.kept(picture, media_type="image/avif"))
    run_export(None, out=tmp_path)
    data = (tmp_path / "BOX-01" / "main.avif").read_bytes()
    state, manifest = read(data, "image/avif", root)
    assert (state, "thumbnail" in manifest) == ("Trusted", False)
    assert read_metadata(data)["sku"] == "BOX-01"
    assert Image.open(io.BytesIO(data)).info["icc_profile"]
    assert b"SERIAL-12345" not in data
    at = data.index(b"BOX-01")
    tampered = data[:at] + b"BOX-02" + data[at + 6 :]
    assert read(tampered, "image/avif", root)[0] == "Invalid"


def test_second_export_signs_nothing_again(root):
    stock.product("BOX-01")
    first = run_export("google")
    assert [file["sha256"] for file in run_export("google").files] == [file["sha256"] for file in first.files]


def test_photo_that_is_gone_is_not_claimed_to_be_there(root):
    stock.product("BOX-01")  # its photo's row has no bytes behind it
    run_export("google")
    _, manifest = read(load(ExportFile.objects.get(role="main").path), "image/jpeg", root)
    assert actions(manifest)[0] == {
        "action": "c2pa.created",
        "digitalSourceType": f"{NEWSCODES}algorithmicallyEnhanced",
    }
    assert "ingredients" not in manifest


def test_changed_byte_breaks_the_signature(root):
    stock.product("BOX-01")
    run_export("google")
    data = bytearray(load(ExportFile.objects.get(role="main").path))
    data[-20] ^= 1
    assert read(bytes(data), "image/jpeg", root)[0] == "Invalid"


def test_key_may_stay_in_its_box(root, settings):
    settings.C2PA_PRIVATE_KEY, settings.C2PA_SIGNER = "", "tests.marketplaces.test_credentials.sign_outside"
    assert credentials.problem() == ""
    stock.product("BOX-01")
    run_export("google")
    assert read(load(ExportFile.objects.get(role="main").path), "image/jpeg", root)[0] == "Trusted"


def test_settings_that_cannot_sign_are_named_by_the_system_check(root, settings, tmp_path):
    assert files_can_be_signed(None) == []
    (tmp_path / "chain.pem").write_text("no certificate")
    credentials._fingerprint.cache_clear()
    assert "cannot be used" in files_can_be_signed(None)[0].msg
    settings.C2PA_SIGNER = "tests.marketplaces.test_credentials.sign_outside"
    assert "either C2PA_PRIVATE_KEY" in files_can_be_signed(None)[0].msg
    settings.C2PA_ALGORITHM = "rot13"
    assert "rot13" in files_can_be_signed(None)[0].msg
    settings.C2PA_CERTIFICATE = ""
    assert files_can_be_signed(None) == []


def test_nothing_leaves_unsigned_where_signing_is_asked_for(root, settings):
    stock.product("BOX-01")
    settings.C2PA_PRIVATE_KEY = "/nowhere/key.pem"
    with pytest.raises(credentials.SigningError, match="could not be signed"):
        run_export("google")
    assert not ExportFile.objects.filter(kind="picture").exists()


def test_without_a_certificate_files_are_plain():
    stock.product("BOX-01")
    run_export("google")
    data = load(ExportFile.objects.get(role="main").path)
    with pytest.raises(c2pa.C2paError):
        read(data, "image/jpeg", "")
