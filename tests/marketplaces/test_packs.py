import json
from datetime import date

import pytest

from marketplaces.packfile import PACK_NAMES, PACKS_DIR, all_packs, load_pack, parse_pack
from marketplaces.rulekinds import PackError

TODAY = date(2026, 11, 21)


def raw(name: str = "amazon") -> dict:
    return json.loads((PACKS_DIR / f"{name}.json").read_text())


def test_every_pack_is_valid_and_named_after_its_file():
    assert [pack.name for pack in all_packs()] == list(PACK_NAMES)
    assert {path.stem for path in PACKS_DIR.glob("*.json")} == set(PACK_NAMES)


@pytest.mark.parametrize("pack", all_packs(), ids=lambda pack: pack.name)
def test_pack_presets_meet_their_own_size_rules(pack):
    for role in pack.roles:
        width, height = role.size
        least_long = pack.rule_value("MIN_LONG_SIDE", role.role, on=TODAY) or 0
        least_short = pack.rule_value("MIN_SHORT_SIDE", role.role, on=TODAY) or 0
        assert max(width, height) >= least_long
        assert min(width, height) >= least_short
        assert role.max_bytes <= (pack.rule_value("MAX_BYTES", role.role, on=TODAY) or role.max_bytes)
        assert role.fill >= (pack.rule_value("MIN_FILL", role.role, on=TODAY) or 0)
        formats = pack.rule_value("FORMATS", role.role, on=TODAY)
        assert formats is None or role.encode.format.upper() in formats


@pytest.mark.parametrize("pack", all_packs(), ids=lambda pack: pack.name)
def test_every_rule_says_where_it_is_from_and_when_it_was_looked_at(pack):
    for rule in pack.rules:
        assert rule.source
        assert rule.confidence
        assert rule.checked_on <= TODAY


def test_google_floor_changes_on_the_last_of_january_2027():
    google = load_pack("google")
    assert google.rule_value("MIN_SHORT_SIDE", "main", on=date(2027, 1, 30)) == 100
    for worn in ("fashion", "eyewear", "jewellery"):
        assert google.rule_value("MIN_SHORT_SIDE", "main", category=worn, on=date(2027, 1, 30)) == 250
    assert google.rule_value("MIN_SHORT_SIDE", "main", on=date(2027, 1, 31)) == 500


def test_pack_past_its_review_date_is_due():
    amazon = load_pack("amazon")
    assert not amazon.is_due(TODAY)
    assert amazon.is_due(date(2027, 5, 22))


def test_override_changes_a_value_without_touching_the_file():
    amazon = load_pack("amazon")
    key = "MIN_FILL:main:block"
    changed = amazon.with_overrides({key: "0.8"})
    assert changed.rule_value("MIN_FILL", "main", on=TODAY) == 0.8
    assert next(rule for rule in changed.rules if rule.key == key).is_overridden
    assert load_pack("amazon").rule_value("MIN_FILL", "main", on=TODAY) == 0.85


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("NOTHING:main:block", 1, "there is no rule"),
        ("MIN_FILL:main:block", "85", "share from 0 to 1"),
        ("MIN_LONG_SIDE:main:block", "big", "MIN_LONG_SIDE:main:block"),
        ("FORMATS:all:block", "JPEG, PSD", "use some of"),
        ("WHITE_BACKGROUND:main:block", "perhaps", "yes or no"),
        ("NAME_PATTERN:all:block", "(", "no pattern"),
    ],
)
def test_override_of_a_wrong_kind_is_refused(key, value, message):
    with pytest.raises(PackError, match=message):
        load_pack("amazon").with_overrides({key: value})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data.pop("version"), r"x.json: version: is missing"),
        (lambda data: data.update(surprise=1), r"x.json: surprise: unknown field"),
        (lambda data: data["rules"][2].update(checked_on="soon"), r"rules\[2\]: checked_on: must be a day"),
        (lambda data: data["rules"][0].update(code="SPARKLE"), r"rules\[0\]: code: 'SPARKLE' is none of"),
        (lambda data: data["rules"][0].update(severity="maybe"), r"rules\[0\]: severity"),
        (lambda data: data["rules"][0].update(value="wide"), r"rules\[0\]: value: 'wide' is not usable"),
        (lambda data: data["rules"][1].update(scope={"role": ["hero"]}), r"rules\[1\]: scope: role: 'hero'"),
        (lambda data: data["rules"].append(data["rules"][0]), r"is given twice"),
        (lambda data: data["roles"][0].update(size=[2000]), r"roles\[0\]: size"),
        (lambda data: data["roles"][0].update(encode={"format": "psd", "quality": 90}), r"roles\[0\]: encode"),
        (lambda data: data["roles"][0].update(fill=1.4), r"roles\[0\]: fill"),
        (lambda data: data.update(feeds=["fax"]), r"feeds: 'fax'"),
    ],
)
def test_broken_pack_names_file_and_field(damage, message):
    data = raw()
    damage(data)
    with pytest.raises(PackError, match=message):
        parse_pack(data, where="x.json")


def test_unknown_pack_lists_the_known_ones():
    with pytest.raises(PackError, match="amazon, google"):
        load_pack("bazaar")


def test_check_names_a_pack_that_cannot_be_read(monkeypatch, tmp_path):
    from marketplaces import packfile
    from marketplaces.checks import packs_are_valid

    assert packs_are_valid(None) == []
    (tmp_path / "amazon.json").write_text("{")
    monkeypatch.setattr(packfile, "PACKS_DIR", tmp_path)
    monkeypatch.setattr(packfile, "PACK_NAMES", ("amazon",))
    monkeypatch.setattr("marketplaces.checks.PACK_NAMES", ("amazon",))
    monkeypatch.setattr("marketplaces.checks.load_pack", packfile.load_pack.__wrapped__)
    assert [(one.id, "amazon.json: cannot be read" in one.msg) for one in packs_are_valid(None)] == [
        ("marketplaces.E001", True)
    ]
