import pytest
from django.urls import reverse

from accounts.access import client_address

pytestmark = pytest.mark.django_db


def sign_in(client, password, *, name="olga", page="sign-in", **headers):
    address = reverse(page) if page == "sign-in" else "/admin/login/"
    return client.post(address, {"username": name, "password": password}, **headers)


def test_too_many_wrong_passwords_close_the_door_even_for_the_right_one(client, operator, counts, settings):
    settings.SIGN_IN_TRIES = 3
    for _ in range(3):
        assert "do not fit" in sign_in(client, "wrong").content.decode()
    page = sign_in(client, "secret-pass-1").content.decode()
    assert "Too many wrong tries" in page
    assert "_auth_user_id" not in client.session


def test_another_address_is_not_locked_out_by_a_few_wrong_guesses(client, operator, counts, settings):
    settings.SIGN_IN_TRIES = 3
    for _ in range(4):
        sign_in(client, "wrong", REMOTE_ADDR="198.51.100.7")
    assert sign_in(client, "secret-pass-1").status_code == 302


def test_many_names_from_one_address_are_stopped_too(client, operator, counts, settings):
    settings.SIGN_IN_TRIES = 3
    for number in range(30):
        sign_in(client, "wrong", name=f"guess-{number}")
    assert "Too many" in sign_in(client, "wrong", name="one-more").content.decode()


def test_right_passwords_are_not_counted(client, operator, counts, settings):
    settings.SIGN_IN_TRIES = 3
    for _ in range(8):
        assert sign_in(client, "secret-pass-1").status_code == 302
        client.logout()
    assert set(counts.values()) == {0}


def test_the_admin_counts_with_it(client, operator, counts, settings):
    settings.SIGN_IN_TRIES = 3
    for _ in range(3):
        sign_in(client, "wrong", page="admin")
    assert "Too many wrong tries" in sign_in(client, "secret-pass-1").content.decode()


def test_names_are_counted_without_being_kept(client, operator, counts):
    sign_in(client, "wrong", name="my-password-in-the-wrong-field")
    assert counts
    assert not any("my-password" in name for name in counts)


@pytest.mark.parametrize(
    ("is_behind", "forwarded", "expected"),
    [
        (False, "203.0.113.9", "127.0.0.1"),
        (True, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (True, "nonsense", "127.0.0.1"),
        (True, "", "127.0.0.1"),
    ],
)
def test_the_callers_address_is_what_our_own_proxy_noted(rf, settings, is_behind, forwarded, expected):
    settings.BEHIND_PROXY = is_behind
    assert client_address(rf.get("/", headers={"X-Forwarded-For": forwarded})) == expected
