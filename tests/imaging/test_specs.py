import json
from dataclasses import replace

import pytest

from processing.imaging.codec import EncodeSettings
from processing.imaging.specs import Spec

HERO = Spec(name="hero", size=(1200, 1200), background="white", fill=0.88)


def test_spec_key_is_canonical_and_tells_every_field_apart():
    changed = [
        replace(HERO, name="x"),
        replace(HERO, size=(1200, 1199)),
        replace(HERO, background="lifestyle-home"),
        replace(HERO, fill=0.9),
        replace(HERO, fill=None),
        replace(HERO, shadow="natural"),
        replace(HERO, reflection=True),
        replace(HERO, enlarge=True),
        replace(HERO, encode=EncodeSettings.named("jpeg")),
    ]
    keys = {HERO.key(), *(spec.key() for spec in changed)}
    assert len(keys) == len(changed) + 1
    assert replace(HERO, padding=1.4).key() == HERO.key(), "padding has no say where fill rules"


def test_spec_survives_json():
    spec = replace(HERO, encode=EncodeSettings("avif", 70, "small"), shadow="soft-drop")
    assert Spec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fill": 1.2}, "fill"),
        ({"padding": 0.9}, "padding"),
        ({"shadow": "long"}, "shadow"),
        ({"background": ""}, "background"),
        ({"size": (1, 1)}, "sides"),
        ({"background": "transparent", "encode": EncodeSettings.named("jpeg")}, "JPEG"),
    ],
)
def test_spec_refuses_what_cannot_be_made(change, words):
    with pytest.raises(ValueError, match=words):
        replace(HERO, **change)


def test_spec_from_dict_refuses_unknown_values():
    with pytest.raises(ValueError, match="rendition description"):
        Spec.from_dict({**HERO.to_dict(), "glitter": 1})
    with pytest.raises(ValueError, match="rendition description"):
        Spec.from_dict({"name": "hero"})
