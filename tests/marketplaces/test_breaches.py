"""Which exported files a change of rules would break, from what is kept of them."""

import json
from dataclasses import replace
from datetime import date

import pytest
from django.core.management import call_command

from marketplaces import breaches
from marketplaces.breaches import breaches_of
from marketplaces.exports import run_export
from marketplaces.models import Channel, ExportFile
from marketplaces.packfile import PACKS_DIR, load_pack
from tests.marketplaces import stock

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


def exported(name: str = "google", **product) -> Channel:
    stock.product("BOX-01", **product)
    run_export(name)
    return Channel.objects.get(name=name)


def changed(name: str, **values):
    pack = load_pack(name)
    rules = tuple(replace(rule, value=values.get(rule.code, rule.value)) for rule in pack.rules)
    return replace(pack, version=pack.version + 1, rules=rules)


def test_present_rules_break_nothing_that_passed_them():
    report = breaches_of(exported(), on=TODAY)
    assert (report.files, report.exports, report.untold) == (1, [], set())


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [
        ("MAX_BYTES", 1000, "at most 1,000"),
        ("FORMATS", ("PNG",), "allowed are PNG"),
        ("NAME_PATTERN", "[0-9]+", "does not have the form"),
        ("MAX_MEGAPIXELS", 0.5, "at most 0.5"),
        ("MAX_COUNT", 0, "at most 0"),
    ],
)
def test_new_version_names_the_exports_it_breaks(code, value, words):
    channel = exported()
    report = breaches_of(channel, on=TODAY, pack=changed("google", **{code: value}))
    assert report.exports == [channel.exports.get().pk]
    assert report.version == 2
    assert any(words in one.detail for one in report.breaches)


def test_rule_that_begins_later_breaks_small_pictures_from_that_day():
    channel = exported(size=(400, 400))
    assert breaches_of(channel, on=date(2027, 1, 30)).exports == []
    assert breaches_of(channel, on=date(2027, 1, 31)).exports == [channel.exports.get().pk]


def test_operators_own_value_counts():
    channel = exported()
    channel.overrides = {"MIN_SHORT_SIDE:main:warn": 1501, "MAX_BYTES:all:block": 2000}
    assert channel.rules().rule_value("MAX_BYTES", "main", on=TODAY) == 2000
    assert {one.code for one in breaches_of(channel, on=TODAY).breaches} >= {"MAX_BYTES", "MIN_SHORT_SIDE"}


def test_what_only_bytes_tell_is_kept_or_said_to_be_unknown():
    channel = exported("amazon", asin="B000000001")
    assert ExportFile.objects.get(role="main").receipt["made"]["found"] == {
        "WHITE_BACKGROUND": "white", "NO_ALPHA": "opaque", "SRGB": "sRGB",
    }  # fmt: skip
    ebay = exported_again("ebay")
    report = breaches_of(ebay, on=TODAY, pack=changed("amazon"))
    assert "WHITE_BACKGROUND" in report.untold
    assert breaches_of(channel, on=TODAY).untold == set()


def exported_again(name: str) -> Channel:
    run_export(name)
    return Channel.objects.get(name=name)


def test_only_what_is_out_there_counts_unless_all_is_asked_for():
    channel = exported()
    exported_again("google")
    strict = changed("google", MAX_BYTES=1000)
    newest = channel.exports.order_by("-pk").first()
    assert breaches_of(channel, on=TODAY, pack=strict).exports == [newest.pk]
    assert len(breaches_of(channel, on=TODAY, pack=strict, everything=True).exports) == 2


def test_command_tries_a_new_pack_file(tmp_path, capsys):
    channel = exported()
    data = json.loads((PACKS_DIR / "google.json").read_text())
    data["version"] = 2
    for rule in data["rules"]:
        if rule["code"] == "MAX_BYTES":
            rule["value"] = 1000
    path = tmp_path / "google.json"
    path.write_text(json.dumps(data))
    call_command("rules", "google", pack=path, json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["exports"]) == (2, [channel.exports.get().pk])
    call_command("rules", "google", on=TODAY)
    assert "breaks none of them" in capsys.readouterr().out


def test_no_file_is_read(monkeypatch):
    channel = exported()

    def refuse(*args, **kwargs):
        raise AssertionError("a file was read")

    monkeypatch.setattr("catalog.files.load", refuse)
    monkeypatch.setattr(breaches.Image, "open", refuse)
    assert breaches_of(channel, on=TODAY).files == 1


def test_page_lists_breaches_of_today_and_of_the_day_the_rules_change(signed_in):
    channel = exported(size=(400, 400))
    address = f"/channels/{channel.name}/breaches"
    today = signed_in.get(address).content.decode()
    assert "warns" in today
    assert "From 31 January 2027" in today
    later = signed_in.get(address, {"on": "2027-01-31"}).content.decode()
    assert f"Export {channel.exports.get().pk}" in later
    assert "blocks" in later
    assert signed_in.get(address, {"on": "never"}).status_code == 200
