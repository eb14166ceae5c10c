from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from accounts.access import ABILITIES, may, requires, token_may
from accounts.models import ApiToken, Role
from tests import builders

pytestmark = pytest.mark.django_db


def test_every_ability_belongs_to_a_role():
    assert all(roles and roles <= set(Role.values) for roles in ABILITIES.values())


@pytest.mark.parametrize(
    ("role", "ability", "allowed"),
    [
        (Role.OPERATOR, "submit", True),
        (Role.OPERATOR, "review", False),
        (Role.REVIEWER, "review", True),
        (Role.REVIEWER, "submit", False),
        (Role.MANAGER, "manage", True),
        (Role.INTEGRATOR, "submit", False),
    ],
)
def test_may_follows_the_role(role, ability, allowed):
    assert may(builders.user(role=role), ability) is allowed


def test_inactive_user_may_nothing():
    assert not may(builders.user(role=Role.MANAGER, is_active=False), "view")


def test_integrator_submits_through_a_token_only(integrator):
    assert not may(integrator, "submit")
    assert token_may(integrator, "submit")
    assert not token_may(integrator, "review")


def test_requires_refuses_with_403(reviewer):
    view = requires("submit")(lambda request: HttpResponse("in"))
    request = RequestFactory().get("/")
    request.user = reviewer
    with pytest.raises(PermissionDenied):
        view(request)


def test_token_secret_is_kept_as_a_digest_only(integrator):
    token, secret = ApiToken.issue(user=integrator, name="erp", scopes=["read"])
    assert secret.startswith(token.prefix)
    assert secret not in str(ApiToken.objects.filter(pk=token.pk).values())
    assert ApiToken.objects.find(secret) == token


def test_token_ends_by_date_revocation_or_its_user(integrator):
    token, secret = ApiToken.issue(
        user=integrator, name="erp", scopes=["read"], expires_at=timezone.now() - timedelta(1)
    )
    assert ApiToken.objects.find(secret) is None
    token.expires_at = None
    token.save()
    assert ApiToken.objects.find(secret) == token
    integrator.is_active = False
    integrator.save()
    assert ApiToken.objects.find(secret) is None
    integrator.is_active = True
    integrator.save()
    token.revoke()
    assert ApiToken.objects.find(secret) is None


def test_token_with_an_unknown_scope_is_refused(integrator):
    with pytest.raises(ValueError, match="unknown scopes: everything"):
        ApiToken.issue(user=integrator, name="erp", scopes=["everything"])


def test_last_use_is_written_once_a_minute(integrator, django_assert_num_queries):
    token, _ = ApiToken.issue(user=integrator, name="erp", scopes=["read"])
    token.mark_used(address="10.0.0.1")
    token.refresh_from_db()
    assert token.last_used_from == "10.0.0.1"
    with django_assert_num_queries(0):
        token.mark_used(address="10.0.0.2")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(days=2)}, "This API token ended on"),
        ({"revoked_at": timezone.now()}, "was revoked"),
        ({"digest": "0" * 64}, "not known here"),
    ],
)
def test_token_that_is_not_taken_is_told_why(client, changes, words):
    secret = builders.token(builders.user(), "read")
    ApiToken.objects.update(**changes)
    answer = client.get("/api/v1/products", headers=builders.bearer(secret))
    assert (answer.status_code, words in answer.json()["detail"]) == (401, True)
    assert "Bearer" in client.get("/api/v1/products").json()["detail"]
    assert "signed token" in client.get("/api/v1/products", headers=builders.bearer("a.b.c")).json()["detail"]
