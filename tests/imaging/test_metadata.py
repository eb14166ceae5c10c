import pytest

from processing.imaging.metadata import Metadata, png_text, read_metadata
from tests.images import file_of, solid


def test_metadata_round_trips_through_a_jpeg():
    full = Metadata(
        title="Blåbær krus", sku="MUG-01", creator="Ana", copyright="© Shop", extra={"recipe": "packshot@3"}
    )
    found = read_metadata(file_of(solid(), "JPEG", xmp=full.packet()))
    assert found == {"title": "Blåbær krus", "sku": "MUG-01", "creator": "Ana", "copyright": "© Shop"}
    assert b'firstpass:recipe="packshot@3"' in full.packet()


def test_metadata_of_a_plain_cutout_claims_no_source_type():
    assert b"DigitalSourceType" not in Metadata(title="x").packet()


def test_metadata_drops_characters_xml_cannot_hold():
    found = read_metadata(file_of(solid(), "PNG", pnginfo=png_text(Metadata(title="a\0b\x08c"))))
    assert found["title"] == "abc"


def test_metadata_refuses_long_packets_and_bad_names():
    with pytest.raises(ValueError, match="bytes"):
        Metadata(title="x" * 70_000).packet()
    with pytest.raises(ValueError, match="plain name"):
        Metadata(extra={'a="1" b': "2"}).packet()


ENTITY = """<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "boom">]><x><rdf:Description
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
><dc:title>&a;</dc:title></rdf:Description></x>"""


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"<broken", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"\xff\xfe\x00", b"<a/>",
        b"\xfe\xff" + ENTITY.encode("utf-16-be"), ENTITY.replace("UTF-16", "UTF-8").encode(),
    ],
)  # fmt: skip
def test_read_metadata_ignores_hostile_packets(packet):
    assert read_metadata(file_of(solid(), "JPEG", xmp=packet) if packet else b"nothing") == {}
