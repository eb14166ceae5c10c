import json
import logging

import pytest
from django.core.management import call_command

from accounts.models import Role
from catalog import files
from config import doctor, logs
from config.doctor import Level
from config.management.commands import demo
from tests import builders

pytestmark = pytest.mark.django_db


def found(about: str) -> doctor.Finding:
    return next(one for one in doctor.examine() if one.about == about)


def test_a_working_installation_has_nothing_broken(capsys, manager):
    call_command("doctor", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["is_fine"] is True
    assert {"database", "broker", "files", "space", "tables", "work", "people", "checks"} <= {
        one["about"] for one in told["findings"]
    }


def test_a_broker_that_is_away_is_broken_and_ends_with_1(settings, capsys, manager):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    assert "broken   broker    Redis does not answer" in capsys.readouterr().out


def test_a_database_that_is_away_is_told_and_the_rest_is_still_looked_at(monkeypatch):
    from django.db import OperationalError, connection

    def refuses(*args, **kwargs):
        raise OperationalError("connection refused\nmore of it")

    monkeypatch.setattr(connection, "cursor", refuses)
    findings = list(doctor.examine())
    assert (findings[0].level, findings[0].about) == (Level.BROKEN, "database")
    assert "connection refused. Check" in findings[0].text
    assert {"broker", "files"} <= {one.about for one in findings}
    assert "tables" not in {one.about for one in findings}


def test_files_that_cannot_be_written_are_told(monkeypatch, manager):
    def refuses():
        raise files.StorageUnavailable("The folder cannot be written to: correct its rights.")

    monkeypatch.setattr(files, "require", refuses)
    assert found("files").level is Level.BROKEN


def test_nobody_who_can_sign_in_is_told_with_the_command():
    assert "manage.py user NAME" in found("people").text


def test_the_demo_user_is_a_danger_once_others_can_reach_the_site(settings):
    demo.demo_user()
    settings.ALLOWED_HOSTS = ["localhost"]
    assert found("people").level is Level.FINE
    settings.ALLOWED_HOSTS = ["pictures.example"]
    assert found("people").level is Level.BROKEN


def test_a_site_for_others_is_told_what_is_missing(settings, manager):
    settings.ALLOWED_HOSTS, settings.SITE_URL, settings.SECRET_KEY_GIVEN = (
        ["pictures.example"],
        "http://localhost:8000",
        False,
    )
    texts = " ".join(one.text for one in doctor.look_at_settings())
    for word in ("FIRSTPASS_HTTPS", "SITE_URL", "SECRET_KEY"):
        assert word in texts
    settings.HTTPS, settings.SITE_URL, settings.SECRET_KEY_GIVEN = True, "https://pictures.example", True
    assert list(doctor.look_at_settings()) == []


def test_off_peak_hours_that_cannot_be_read_are_told(settings, manager):
    settings.OFF_PEAK_HOURS = "25:99"
    assert "OFF_PEAK_HOURS" in found("checks").text


def test_lines_of_the_log_name_the_request(rf):
    request = rf.get("/batches/1")
    request.id = "4f0c4f0c"
    record = logging.makeLogRecord(
        {"name": "django.request", "levelname": "ERROR", "msg": "Broken: %s", "args": ("/x",)}
    )
    assert "request=" not in logs.LineFormatter().format(record)
    record.request = request
    assert logs.LineFormatter().format(record).endswith("ERROR django.request Broken: /x request=4f0c4f0c")
    line = json.loads(logs.JsonFormatter().format(record))
    assert (line["message"], line["request"]) == ("Broken: /x", "4f0c4f0c")


def test_people_are_counted(db):
    builders.user("mona", role=Role.MANAGER)
    assert found("people").text == "One person can sign in."
