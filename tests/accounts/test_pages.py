import pytest
from django.urls import reverse

from accounts.models import ApiToken

pytestmark = pytest.mark.django_db


def test_stranger_is_sent_to_sign_in(client):
    response = client.get(reverse("inbox"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign-in"))


def test_sign_in_with_a_wrong_password_says_so(client, operator):
    response = client.post(reverse("sign-in"), {"username": "olga", "password": "wrong"})
    assert "do not fit" in response.content.decode()


def test_sign_in_leads_to_the_inbox(client, operator):
    response = client.post(reverse("sign-in"), {"username": "olga", "password": "secret-pass-1"})
    assert response["Location"] == reverse("inbox")


def test_theme_is_saved_and_drawn(signed_in, operator):
    signed_in.post(reverse("settings"), {"theme": "dark", "first_name": "", "last_name": ""})
    operator.refresh_from_db()
    assert operator.theme == "dark"
    assert 'data-theme="dark"' in signed_in.get(reverse("settings")).content.decode()


def test_new_token_is_shown_once(signed_in, operator):
    signed_in.post(reverse("token-new"), {"name": "erp", "scopes": ["read", "upload"], "days": "90"})
    token = ApiToken.objects.get(user=operator)
    assert token.scopes == ["read", "upload"]
    assert token.expires_at is not None
    assert "shown once" in signed_in.get(reverse("tokens")).content.decode()
    assert "shown once" not in signed_in.get(reverse("tokens")).content.decode()


def test_token_without_scopes_is_refused(signed_in):
    response = signed_in.post(reverse("token-new"), {"name": "erp", "days": "90"})
    assert response.status_code == 422
    assert not ApiToken.objects.exists()


def test_foreign_token_cannot_be_revoked(signed_in, integrator):
    token, _ = ApiToken.issue(user=integrator, name="erp", scopes=["read"])
    assert signed_in.post(reverse("token-revoke", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_reviewer_has_no_tokens_page(client, reviewer):
    client.force_login(reviewer)
    assert client.get(reverse("tokens")).status_code == 403


def test_pages_forbid_inline_script_and_foreign_hosts(signed_in):
    policy = signed_in.get(reverse("inbox"))["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_request_id_is_answered_and_made_up_when_odd(signed_in):
    assert signed_in.get(reverse("inbox"), headers={"X-Request-Id": "abcd-1234"})["X-Request-Id"] == "abcd-1234"
    assert len(signed_in.get(reverse("inbox"), headers={"X-Request-Id": "no spaces!"})["X-Request-Id"]) == 32


def test_pages_are_kept_by_nobody(signed_in):
    assert signed_in.get("/")["Cache-Control"] == "private, no-cache"
    assert "no-store" in signed_in.get(reverse("tokens"))["Cache-Control"]
    assert "no-store" in signed_in.get(reverse("webhooks"))["Cache-Control"]
