"""Short-lived tokens made from API tokens."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.utils import timezone

from accounts import service_tokens
from accounts.models import ApiToken, Scope
from tests import builders

pytestmark = pytest.mark.django_db
EXCHANGE = "/api/v1/tokens/exchange"


@pytest.fixture
def token(integrator) -> ApiToken:
    return ApiToken.issue(user=integrator, name="ERP", scopes=[Scope.READ, Scope.EXPORT])[0]


def ask(client, secret, **body):
    return client.post(EXCHANGE, json.dumps(body), content_type="application/json", headers=builders.bearer(secret))


def forged(claims: dict, *, key: bytes = b"", algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key or service_tokens._key(settings.SECRET_KEY), algorithm=algorithm)


def claims_of(text: str) -> dict:
    return jwt.decode(text, options={"verify_signature": False})


def test_exchanged_token_opens_what_its_scopes_allow(client, integrator):
    secret = builders.token(integrator, Scope.READ, Scope.EXPORT)
    answer = ask(client, secret, scopes=["read"], seconds=60)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    given = answer.json()
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 60, "read")
    signed = builders.bearer(given["access_token"])
    assert client.get("/api/v1/products", headers=signed).status_code == 200
    refused = client.get("/api/v1/exports/1", headers=signed)
    assert (refused.status_code, "scope export" in refused.json()["detail"]) == (403, True)


def test_exchange_gives_no_scope_the_api_token_lacks(client, integrator):
    answer = ask(client, builders.token(integrator, Scope.READ), scopes=["export"])
    assert answer.status_code == 422
    assert "no scope export" in answer.json()["detail"]


def test_signed_token_cannot_be_exchanged_again(client, integrator):
    given = ask(client, builders.token(integrator, Scope.READ)).json()["access_token"]
    assert ask(client, given).status_code == 401


@pytest.mark.parametrize("seconds", [29, 901])
def test_lifetime_is_bounded(client, integrator, seconds):
    assert ask(client, builders.token(integrator, Scope.READ), seconds=seconds).status_code == 422


def test_signed_token_ends_with_its_api_token(token):
    signed = service_tokens.exchange(token).access_token
    assert service_tokens.read(signed) == (token, frozenset({"read", "export"}))
    token.revoke()
    assert service_tokens.read(signed) is None


def test_signed_token_loses_scopes_its_api_token_loses(token):
    signed = service_tokens.exchange(token).access_token
    ApiToken.objects.filter(pk=token.pk).update(scopes=["read"])
    found = service_tokens.read(signed)
    assert found is not None
    assert found[1] == {"read"}


def test_signed_token_never_outlives_its_api_token(token):
    token.expires_at = timezone.now() + timedelta(seconds=40)
    issued = service_tokens.exchange(token, lifetime_s=600)
    assert 38 <= issued.expires_in <= 40


def test_user_who_is_switched_off_has_no_token(token):
    signed = service_tokens.exchange(token).access_token
    token.user.is_active = False
    token.user.save()
    assert service_tokens.read(signed) is None


@pytest.mark.parametrize(("late_s", "is_good"), [(10, True), (-10, True), (60, False), (-2000, False)])
def test_clocks_may_differ_by_half_a_minute(token, late_s, is_good):
    """Signed by a machine whose clock is ahead, or read by one whose clock is."""
    claims = claims_of(service_tokens.exchange(token).access_token)
    now = timezone.now() + timedelta(seconds=late_s)
    moved = {**claims, "iat": now, "nbf": now, "exp": now + timedelta(seconds=300)}
    assert (service_tokens.read(forged(moved)) is not None) == is_good


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_tokens_signed_otherwise_are_refused(token):
    good = service_tokens.exchange(token).access_token
    claims = claims_of(good)
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    unsigned = f"{header}.{good.split('.')[1]}."
    for bad in (
        unsigned,
        forged(claims, algorithm="HS512"),
        forged(claims, key=settings.SECRET_KEY.encode().ljust(32, b"0")),
        forged({**claims, "aud": "another service"}),
        forged({**claims, "iss": "somebody"}),
        forged({**claims, "sub": "999999"}),
        forged({name: value for name, value in claims.items() if name != "exp"}),
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        "a.b.c",
    ):
        assert service_tokens.read(bad) is None


def test_use_of_a_signed_token_is_seen_on_its_api_token(client, integrator):
    secret = builders.token(integrator, Scope.READ)
    given = ask(client, secret).json()["access_token"]
    ApiToken.objects.update(last_used_at=None)
    client.get("/api/v1/products", headers=builders.bearer(given))
    assert ApiToken.objects.get().last_used_at is not None


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 404), (["upload"], 403)])
def test_signed_token_opens_pictures_as_its_api_token_does(client, integrator, scopes, status):
    given = ask(client, builders.token(integrator, Scope.READ, Scope.UPLOAD), scopes=scopes).json()
    answer = client.get(f"/media/{'0' * 64}/a.webp", headers=builders.bearer(given["access_token"]))
    assert answer.status_code == status, "404: let in, but there is no such picture"
