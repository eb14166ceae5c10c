from base64 import b32decode
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP

from accounts import people, second_factor
from accounts.models import RecoveryCode, User
from config import checks
from review import log
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counts")]
PASSWORD = "secret-pass-1"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until a test moves it."""

    class Clock:
        now = 1_800_000_000.0

    monkeypatch.setattr(second_factor, "time", SimpleNamespace(time=lambda: Clock.now))
    return Clock


def code_of(user: User) -> str:
    totp = TOTP(b32decode(second_factor.key_of(user)))
    totp.time = second_factor.time.time()
    return f"{totp.token():06d}"


@pytest.fixture
def guarded(operator, clock):
    """An operator with a second factor, and the recovery codes."""
    second_factor.begin(operator)
    codes = second_factor.confirm(operator, code_of(operator))
    clock.now += 60
    return operator, codes


def give_password(client, *, address="/sign-in/?next=/gallery"):
    return client.post(address, {"username": "olga", "password": PASSWORD}, follow=True)


def give_code(client, code, **more):
    return client.post(reverse("sign-in-code"), {"code": code, **more})


def test_the_reference_values_of_the_standard_are_met(operator, clock):
    """RFC 6238, appendix B: the key of its tests at 59 s, cut to six digits."""
    User.objects.filter(pk=operator.pk).update(
        second_factor_key=second_factor.sealing.box(second_factor.PURPOSE)
        .encrypt(b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        .decode()
    )
    operator.refresh_from_db()
    clock.now = 59.0
    assert len(second_factor.confirm(operator, "287 082")) == second_factor.RECOVERY_CODES


def test_set_up_shows_a_picture_and_the_key_and_takes_a_code(signed_in, operator, clock):
    signed_in.post(reverse("second-factor-begin"))
    operator.refresh_from_db()
    page = signed_in.get(reverse("second-factor"))
    assert "<svg" in page.content.decode()
    assert page.context["key"].replace(" ", "") == second_factor.key_of(operator)
    assert " style=" not in page.context["drawing"], "the content security policy stops inline styles"
    assert signed_in.post(reverse("second-factor-confirm"), {"code": "000000"}).status_code == 422
    signed_in.post(reverse("second-factor-confirm"), {"code": code_of(operator)})
    page = signed_in.get(reverse("second-factor"))
    assert len(page.context["codes"]) == 10
    assert signed_in.get(reverse("second-factor")).context["codes"] is None, "shown once"
    assert signed_in.get(reverse("inbox")).status_code == 200, "this session has shown a code"


def test_a_key_made_in_another_tab_is_not_turned_on_by_a_code_of_the_one_before(operator, clock, monkeypatch):
    second_factor.begin(operator)
    takes = second_factor._takes_digits

    def meanwhile(user, code):
        taken = takes(user, code)
        second_factor.begin(User.objects.get(pk=user.pk))
        return taken

    monkeypatch.setattr(second_factor, "_takes_digits", meanwhile)
    with pytest.raises(second_factor.NotTaken):
        second_factor.confirm(operator, code_of(operator))
    operator.refresh_from_db()
    assert not second_factor.is_asked_of(operator)
    assert not operator.recovery_codes.exists()


def test_keys_and_codes_are_not_in_the_database_as_they_are(guarded):
    user, codes = guarded
    kept = str(User.objects.filter(pk=user.pk).values()) + str(RecoveryCode.objects.values())
    assert second_factor.key_of(user) not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_the_password_alone_opens_nothing(client, guarded):
    answer = give_password(client)
    assert answer.redirect_chain[-1][0].startswith("/sign-in/code?next=")
    assert client.get(reverse("inbox")).status_code == 302
    assert client.get("/api/v1/products").status_code == 401
    assert client.get("/admin/").status_code == 302


def test_the_code_leads_to_where_one_wanted_to_go(client, guarded):
    page = give_password(client)
    answer = give_code(client, code_of(guarded[0]), next=page.context["next"])
    assert answer["Location"] == "/gallery"
    assert client.get(reverse("inbox")).status_code == 200


def test_no_code_leads_away_from_the_site(client, guarded):
    give_password(client)
    assert give_code(client, code_of(guarded[0]), next="https://evil.example/")["Location"] == "/"


def test_the_session_gets_a_new_key_with_the_code(client, guarded):
    give_password(client)
    before = client.session.session_key
    give_code(client, code_of(guarded[0]))
    assert client.session.session_key != before


def test_a_code_is_taken_once(client, guarded):
    give_password(client)
    code = code_of(guarded[0])
    give_code(client, code)
    other = Client()
    give_password(other)
    assert "does not fit" in give_code(other, code).content.decode()


def test_a_code_of_long_ago_is_not_taken(client, guarded, clock):
    old = code_of(guarded[0])
    clock.now += 90
    give_password(client)
    assert give_code(client, old).status_code == 200
    assert client.get(reverse("inbox")).status_code == 302


def test_a_recovery_code_is_taken_once_however_it_is_typed(client, guarded):
    code = guarded[1][0].upper().replace("-", " ")
    give_password(client)
    assert give_code(client, code).status_code == 302
    other = Client()
    give_password(other)
    assert give_code(other, code).status_code == 200


def test_the_last_recovery_codes_are_told(client, guarded):
    user, codes = guarded
    RecoveryCode.objects.filter(pk__in=list(user.recovery_codes.values_list("pk", flat=True)[:7])).delete()
    give_password(client)
    assert "Recovery codes left: 2" in give_with_any(client, codes).content.decode()


def give_with_any(client, codes):
    for code in codes:
        if give_code(client, code).status_code == 302:
            return client.get(reverse("inbox"))
    raise AssertionError("no recovery code was taken")


def test_too_many_wrong_codes_close_the_door_even_for_the_right_one(client, guarded, settings):
    settings.SIGN_IN_TRIES = 3
    give_password(client)
    for _ in range(3):
        give_code(client, "000000", REMOTE_ADDR="198.51.100.7")
    assert "Too many wrong tries" in give_code(client, code_of(guarded[0])).content.decode()


def test_right_codes_are_not_counted(client, guarded, counts):
    give_password(client)
    give_code(client, code_of(guarded[0]))
    assert set(counts.values()) == {0}


@pytest.mark.parametrize("door", ["admin", "link"])
def test_other_ways_in_ask_for_the_code_too(client, guarded, door):
    if door == "admin":
        User.objects.filter(pk=guarded[0].pk).update(is_staff=True)
        client.post("/admin/login/", {"username": "olga", "password": PASSWORD})
    else:
        link = "/" + people.password_link(guarded[0]).split("/", 3)[3]
        form = client.get(link, follow=True).redirect_chain[-1][0]
        client.post(form, {"new_password1": "a-long-enough-1", "new_password2": "a-long-enough-1"})
    assert client.get(reverse("inbox"), follow=True).redirect_chain[-1][0].startswith("/sign-in/code")


def test_who_has_not_given_the_code_may_leave(client, guarded):
    give_password(client)
    assert client.post(reverse("sign-out")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_strangers_find_no_page_for_codes(client):
    assert client.get(reverse("sign-in-code"))["Location"] == "/sign-in/"


def test_sessions_of_before_are_asked_when_it_is_turned_on(client, operator, clock):
    client.force_login(operator)
    second_factor.begin(operator)
    second_factor.confirm(operator, code_of(operator))
    assert client.get(reverse("inbox")).status_code == 302


def test_api_tokens_work_as_before(client, guarded):
    auth = builders.bearer(builders.token(guarded[0], "read"))
    assert client.get("/api/v1/products", headers=auth).status_code == 200


def test_turning_off_wants_password_and_code(client, guarded, clock):
    user, codes = guarded
    give_password(client)
    give_code(client, codes[0])
    off = reverse("second-factor-off")
    for given in ({"password": "wrong", "code": code_of(user)}, {"password": PASSWORD, "code": "000000"}):
        assert client.post(off, given).status_code == 422
    assert client.post(off, {"password": PASSWORD, "code": code_of(user)}).status_code == 302
    user.refresh_from_db()
    assert (user.second_factor_key, user.second_factor_at, user.recovery_codes.count()) == ("", None, 0)


def test_new_recovery_codes_end_the_old_ones(client, guarded):
    user, codes = guarded
    give_password(client)
    give_code(client, codes[0])
    client.post(reverse("second-factor-codes"), {"password": PASSWORD, "code": code_of(user)})
    fresh = client.get(reverse("second-factor")).context["codes"]
    assert len(fresh) == 10
    assert set(fresh).isdisjoint(codes)


def test_setting_up_again_needs_it_turned_off(client, guarded):
    user, codes = guarded
    give_password(client)
    give_code(client, codes[0])
    before = second_factor.key_of(user)
    client.post(reverse("second-factor-begin"))
    user.refresh_from_db()
    assert second_factor.key_of(user) == before


def test_a_manager_resets_it_and_the_audit_log_says_so(client, guarded, manager):
    client.force_login(manager)
    client.post(reverse("person-second-factor", args=[guarded[0].pk]))
    guarded[0].refresh_from_db()
    assert not second_factor.is_asked_of(guarded[0])
    details = [entry.detail for entry in log.entries(log.Sieve()) if entry.act == "person.changed"]
    assert details == ["Second factor reset", "Second factor turned on"]


def test_the_audit_log_tells_a_recovery_code_that_was_used(client, guarded):
    give_password(client)
    give_code(client, "aaaa-bbbb-cccc-dddd")
    give_code(client, guarded[1][0])
    details = [entry.detail for entry in log.entries(log.Sieve()) if entry.act == "person.changed"]
    assert details == ["Recovery code used", "Second factor turned on"]


def test_an_administrators_is_reset_by_administrators_only(as_manager, clock):
    boss = builders.user("boss", is_superuser=True)
    second_factor.begin(boss)
    second_factor.confirm(boss, code_of(boss))
    as_manager.post(reverse("person-second-factor", args=[boss.pk]))
    boss.refresh_from_db()
    assert second_factor.is_asked_of(boss)


def test_the_command_resets_it(guarded, capsys):
    call_command("user", "olga", "--reset-second-factor")
    guarded[0].refresh_from_db()
    assert not second_factor.is_asked_of(guarded[0])
    assert "second factor" not in capsys.readouterr().out


def test_whose_role_must_have_one_gets_to_its_set_up_alone(client, manager, settings, clock):
    settings.SECOND_FACTOR_FOR = ["manager"]
    client.force_login(manager)
    assert client.get(reverse("inbox"))["Location"] == reverse("second-factor")
    assert client.get(reverse("inbox"), headers={"Accept": "application/json"}).status_code == 403
    assert client.get("/api/v1/products").status_code == 403
    client.post(reverse("second-factor-begin"))
    manager.refresh_from_db()
    client.post(reverse("second-factor-confirm"), {"code": code_of(manager)})
    assert client.get(reverse("inbox")).status_code == 200


def test_administrators_may_be_named_apart_from_roles(client, settings):
    settings.SECOND_FACTOR_FOR = ["administrator"]
    client.force_login(builders.user("boss", is_superuser=True))
    assert client.get(reverse("inbox")).status_code == 302
    client.force_login(builders.user("lisa"))
    assert client.get(reverse("inbox")).status_code == 200


def test_a_required_role_uses_tokens_as_before(client, manager, settings):
    settings.SECOND_FACTOR_FOR = ["manager"]
    auth = builders.bearer(builders.token(manager, "read"))
    assert client.get("/api/v1/products", headers=auth).status_code == 200


def test_an_unknown_role_in_the_setting_is_told(settings):
    settings.SECOND_FACTOR_FOR = ["managers"]
    [error] = checks.roles_with_a_second_factor_exist(None)
    assert "managers" in error.msg


def test_a_changed_site_key_leaves_the_recovery_codes(client, guarded, settings):
    user, codes = guarded
    give_password(client)
    code = code_of(user)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key, made today"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SECRET_KEY_FALLBACKS", [])
        with pytest.raises(second_factor.NotTaken, match="key has changed"):
            second_factor.check(user, code)
    second_factor.check(user, codes[0])
