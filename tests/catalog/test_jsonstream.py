"""Documents read piece by piece give what the whole would have given, wherever a piece ends; broken ones are told by line."""

import io
import json
import random

import pytest

from catalog import jsonstream
from catalog.jsonstream import BrokenDocument, JsonStream

DOCUMENT = {
    "recipe": "packshot",
    "hours": None,
    "items": [
        {
            "sku": "Mütze-1",
            "image_url": "https://cdn.example.com/a.jpg",
            "price": -1.25e-3,
            "tags": ["a,]", '"}'],
            "ok": True,
        },
        {"sku": 'with "quotes" and \\ and \u2028', "nested": {"deep": [[], {}, [1, 2]]}},
        12345,
        "a text",
        None,
    ],
    "name": "Autumn",
}


def parts(data: bytes, most: int = 64 * 2**10) -> list:
    return list(JsonStream(io.BytesIO(data), most=most).parts("items"))


def whole(document: dict) -> list:
    found: list = []
    for name, value in document.items():
        found += [("", entry) for entry in value] if name == "items" else [(name, value)]
    return found


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 2**16])
@pytest.mark.parametrize("indent", [None, 2])
def test_stream_gives_the_same_wherever_a_piece_ends(monkeypatch, piece, indent):
    monkeypatch.setattr(jsonstream, "PIECE_BYTES", piece)
    for escaped in (True, False):
        data = json.dumps(DOCUMENT, ensure_ascii=escaped, indent=indent).encode()
        assert parts(data) == whole(DOCUMENT)
        assert parts(json.dumps(DOCUMENT["items"], ensure_ascii=escaped).encode()) == [
            ("", one) for one in DOCUMENT["items"]
        ]


def test_stream_agrees_with_the_library_on_damaged_documents(monkeypatch):
    """A letter is taken out, changed or doubled: both take it, or both refuse it."""
    monkeypatch.setattr(jsonstream, "PIECE_BYTES", 5)
    rng = random.Random(4)
    text = json.dumps(DOCUMENT)
    for _ in range(400):
        at = rng.randrange(len(text))
        damaged = text[:at] + rng.choice(["", "x", '"', ",", "]", "}", text[at] * 2, "1"]) + text[at + 1 :]
        try:
            expected = json.loads(damaged, object_pairs_hook=once)
        except ValueError:
            with pytest.raises(BrokenDocument):
                parts(damaged.encode())
            continue
        if isinstance(expected.get("items"), list):
            assert parts(damaged.encode()) == whole(expected), damaged


def once(pairs: list) -> dict:
    """The library lets the last of two equal names win; here both are refused, at the outermost level."""
    if (pairs and len({name for name, _ in pairs}) < len(pairs)) or any(not name for name, _ in pairs):
        raise ValueError("twice")
    return dict(pairs)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Expecting value"),
        (b"7", "neither an object nor a list"),
        (b'{"items": [1]} more', "Extra data in line 1"),
        (b'{"items": [1, 2\n', "Expecting ',' in line 2"),
        (b'[{"sku": "A"},\n{"sku" "B"}]', "line 2"),
        (b'["\xff"]', "not UTF-8"),
        (b'{"a": 1, "a": 2}', "comes twice"),
        (b"{1: 2}", "name of a field"),
        (b'["' + b"x" * 200_000, "more than 64 kB"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_broken_document_is_refused_with_the_place(data, words):
    with pytest.raises(BrokenDocument, match=words):
        parts(data)
