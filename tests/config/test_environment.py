import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import database_from_url, env_bool, env_choice, env_int, env_list, env_url, env_zone


def test_env_bool_reads_words(monkeypatch):
    monkeypatch.setenv("FLAG", " Yes ")
    assert env_bool("FLAG", default=False) is True
    monkeypatch.setenv("FLAG", "off")
    assert env_bool("FLAG", default=True) is False
    monkeypatch.delenv("FLAG")
    assert env_bool("FLAG", default=True) is True


def test_env_bool_refuses_other_words(monkeypatch):
    monkeypatch.setenv("FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="FLAG is 'maybe'"):
        env_bool("FLAG", default=False)


@pytest.mark.parametrize(
    ("value", "message"), [("many", "use a whole number"), ("-1", "the least is 0"), ("12", "the most is 9")]
)
def test_env_int_refuses_what_is_no_count(monkeypatch, value, message):
    monkeypatch.setenv("COUNT", value)
    with pytest.raises(ImproperlyConfigured, match=message):
        env_int("COUNT", default=3, most=9)


def test_env_list_drops_empty_parts(monkeypatch):
    monkeypatch.setenv("HOSTS", "a, ,b,")
    assert env_list("HOSTS") == ["a", "b"]


def test_database_from_url_reads_every_part():
    found = database_from_url("postgresql://ann:p%40ss@db.example:5433/shop?sslmode=require")
    assert found["NAME"] == "shop"
    assert (found["USER"], found["PASSWORD"]) == ("ann", "p@ss")
    assert (found["HOST"], found["PORT"]) == ("db.example", "5433")
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_database_from_url_takes_a_socket_folder():
    found = database_from_url("postgresql://postgres@/firstpass?host=/run/pg")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/run/pg", "", {})


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///db", "needs PostgreSQL"),
        ("postgresql://host", "names no database"),
        ("postgresql://host:port/x", "port that is not a number"),
    ],
)
def test_database_from_url_says_what_is_wrong(url, message):
    with pytest.raises(ImproperlyConfigured, match=message):
        database_from_url(url)


def test_env_url_takes_whole_addresses_only(monkeypatch):
    monkeypatch.setenv("SITE", "https://pictures.example/")
    assert env_url("SITE", "http://localhost") == "https://pictures.example"
    # Compose hands on what is not set as an empty text.
    monkeypatch.setenv("SITE", "")
    assert env_url("SITE", "http://localhost") == "http://localhost"
    monkeypatch.setenv("SITE", "pictures.example")
    with pytest.raises(ImproperlyConfigured, match="write the whole address"):
        env_url("SITE", "http://localhost")


def test_env_choice_and_zone_refuse_what_is_not_there(monkeypatch):
    monkeypatch.setenv("LOG", "Loud")
    with pytest.raises(ImproperlyConfigured, match="use one of line, json"):
        env_choice("LOG", "line", "json")
    monkeypatch.setenv("ZONE", "Mars/Olympus")
    with pytest.raises(ImproperlyConfigured, match="such as Europe/Berlin"):
        env_zone("ZONE", "UTC")
    monkeypatch.delenv("LOG")
    monkeypatch.delenv("ZONE")
    assert (env_choice("LOG", "line", "json"), env_zone("ZONE", "UTC")) == ("line", "UTC")
