"""Every page, every API operation and every role: made from the URL configuration, so that a new one without a rule fails here."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import ABILITIES, SCOPE_ABILITY, ApiTokenAuth, TokenAuth, token_may
from accounts.models import Role, Scope
from config.api import api
from tests import builders

pytestmark = pytest.mark.django_db
# Pages for strangers, and Django's own.
OPEN = {"sign-in", "sign-out", "public-file", "provider-hook", "password-forgotten", "password-choose", "sign-in-code"}
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


# ---------------------------------------------------------------- the API

OPEN_OPERATIONS = {"/health"}


def operations() -> list[tuple[str, str, list]]:
    """(method, address, what authenticates) of every operation."""
    found = []
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            address = re.sub(r"\{(?:(\w+):)?\w+\}", lambda match: VALUES[match[1] or "str"], path)
            for operation in view.operations:
                found += [(method, address, operation.auth_callbacks) for method in operation.methods]
    return found


def scoped_operations() -> list[tuple[str, str, Scope]]:
    return [
        (method, address, one.scope)
        for method, address, given in operations()
        for one in given
        if isinstance(one, TokenAuth)
    ]


def call(client, method: str, address: str, **headers: str) -> int:
    options = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
    return getattr(client, method.lower())(f"/api/v1{address}", headers=headers, **options).status_code


def test_every_operation_asks_for_a_scope():
    bare = {address for _, address, given in operations() if not given}
    others = {address for _, address, given in operations() if any(isinstance(one, ApiTokenAuth) for one in given)}
    assert (bare, others) == (OPEN_OPERATIONS, {"/tokens/exchange"})
    assert len(scoped_operations()) == len(operations()) - 2


def test_strangers_get_401_from_every_operation(client):
    for method, address, _ in operations():
        if address not in OPEN_OPERATIONS:
            assert call(client, method, address) == 401, (method, address)
            assert call(client, method, address, Authorization="Bearer fp_nonsense") == 401, (method, address)


@pytest.mark.parametrize("scope", Scope.values)
def test_a_scope_opens_its_own_operations_and_no_other(client, settings, broker, scope):
    settings.API_RATE_PER_MINUTE = 100_000
    auth = builders.bearer(builders.token(builders.user(role=Role.MANAGER), scope))
    for method, address, wanted in scoped_operations():
        is_open = call(client, method, address, **auth) != 403
        assert is_open == (wanted == scope), (method, address)


@pytest.mark.parametrize("role", Role.values)
def test_a_token_opens_what_the_role_of_its_user_may(client, settings, broker, role):
    settings.API_RATE_PER_MINUTE = 100_000
    owner = builders.user(role=role)
    auth = builders.bearer(builders.token(owner, *Scope.values))
    for method, address, scope in scoped_operations():
        is_open = call(client, method, address, **auth) != 403
        assert is_open == token_may(owner, SCOPE_ABILITY[scope]), (method, address)


@pytest.mark.parametrize("role", Role.values)
def test_a_session_opens_what_the_role_may_on_pages(client, broker, role):
    """The pages' own calls: an integrator works through tokens alone."""
    client.force_login(builders.user(role=role))
    for method, address, scope in scoped_operations():
        is_open = call(client, method, address) != 403
        assert is_open == (role in ABILITIES[SCOPE_ABILITY[scope]]), (method, address)
