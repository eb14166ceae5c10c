"""Every page and every role: the table is made from the URL configuration, so a new page without a rule fails here."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import ABILITIES
from accounts.models import Role
from tests import builders

pytestmark = pytest.mark.django_db
# Pages for strangers, and Django's own.
OPEN = {"sign-in", "sign-out", "public-file"}
VALUES = {
    "int": "999999",
    "str": "x",
    "slug": "x",
    "path": "x",
    "sha256": "0" * 64,
    "uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
}


def pages() -> list[tuple[str, str, str | None]]:
    """(name, address, ability) of every page of ours."""
    found = []

    def walk(patterns, prefix=""):
        for one in patterns:
            if isinstance(one, URLResolver):
                if str(one.pattern) not in {"admin/", "api/v1/"}:
                    walk(one.url_patterns, prefix + str(one.pattern))
            elif isinstance(one, URLPattern) and one.name:
                address = re.sub(
                    r"<(?:(\w+):)?\w+>", lambda match: VALUES[match[1] or "str"], prefix + str(one.pattern)
                )
                found.append((one.name, "/" + address.lstrip("^"), getattr(one.callback, "ability", None)))

    walk(get_resolver().url_patterns)
    return found


def test_every_page_states_who_may_open_it():
    assert [name for name, _, ability in pages() if ability is None and name not in OPEN] == []


def test_every_page_asks_for_a_known_ability():
    assert {ability for _, _, ability in pages() if ability} <= set(ABILITIES)


def test_strangers_are_sent_to_sign_in(client):
    for name, address, _ in pages():
        if name not in OPEN:
            response = client.get(address)
            # A page that takes POST alone may say so before anything else; it shows nothing.
            assert response.status_code in {302, 405}, (name, response.status_code)
            if response.status_code == 302:
                assert response["Location"].startswith("/sign-in/"), name


@pytest.mark.parametrize("role", Role.values)
def test_roles_open_what_their_abilities_allow_and_nothing_else(client, role):
    client.force_login(builders.user(role=role))
    for name, address, ability in pages():
        if name in OPEN or ability is None:
            continue
        for method in (client.get, client.post):
            status = method(address).status_code
            if role in ABILITIES[ability]:
                assert status != 403, (name, role)
            elif status != 405:
                assert status == 403, (name, role, status)
