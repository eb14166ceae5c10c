import json

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import actors, events, people
from accounts.models import ApiToken, Role, User, WebhookEndpoint
from review import log
from tests import builders

pytestmark = pytest.mark.django_db


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def choose(client, link: str, password: str):
    form = client.get(path_of(link), follow=True)
    return client.post(form.redirect_chain[-1][0], {"new_password1": password, "new_password2": password})


def test_a_manager_adds_a_person_who_chooses_a_password(as_manager, client):
    as_manager.post(reverse("person-new"), {"username": "nora", "role": "reviewer", "email": "nora@shop.example"})
    page = as_manager.get(reverse("people"))
    link = page.context["fresh"]["link"]
    assert as_manager.get(reverse("people")).context["fresh"] is None, "shown once"
    client.logout()
    assert choose(client, link, "a-long-enough-1").status_code == 302
    assert client.login(username="nora", password="a-long-enough-1") is True
    assert User.objects.get(username="nora").role == Role.REVIEWER


def test_who_chooses_a_password_is_signed_in(client, operator):
    before = client.session.session_key
    answer = choose(client, people.new_password_link(operator), "a-long-enough-1")
    assert answer.headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert (client.session["_auth_user_id"], client.session.session_key != before) == (str(operator.pk), True)


def test_the_link_of_somebody_switched_off_no_longer_opens(client, operator):
    link = people.new_password_link(operator)
    people.switch(operator, is_active=False)
    assert "no longer works" in client.get(path_of(link), follow=True).content.decode()


def test_a_link_works_once(client, operator):
    link = people.new_password_link(operator)
    choose(client, link, "a-long-enough-1")
    assert "no longer works" in client.get(path_of(link)).content.decode()


def test_a_weak_password_is_refused(client, operator):
    answer = choose(client, people.new_password_link(operator), "12345678")
    assert "too common" in answer.content.decode()


def test_a_taken_name_is_told(as_manager, operator):
    answer = as_manager.post(reverse("person-new"), {"username": "olga", "role": "operator"})
    assert answer.status_code == 422
    assert "already exists" in answer.content.decode()


def test_switching_off_ends_sessions_and_tokens(as_manager, operator):
    _, secret = ApiToken.issue(user=operator, name="erp", scopes=["read"])
    seat = Client()
    seat.force_login(operator)
    as_manager.post(reverse("person-switch", args=[operator.pk]))
    operator.refresh_from_db()
    assert operator.is_active is False
    assert ApiToken.objects.find(secret) is None
    assert seat.get(reverse("inbox")).status_code == 302


def test_roles_change_and_the_audit_log_says_who_did_it(as_manager, operator):
    as_manager.post(reverse("person-role", args=[operator.pk]), {"role": "manager"})
    operator.refresh_from_db()
    assert operator.role == Role.MANAGER
    [entry] = [entry for entry in log.entries(log.Sieve()) if entry.act == "person.changed"]
    assert (entry.who, entry.what, entry.detail) == ("mona", "olga", "Role operator → manager")


@pytest.mark.parametrize("act", ["person-role", "person-switch", "person-link"])
def test_nobody_changes_themselves_or_an_administrator(as_manager, manager, act):
    boss = builders.user("boss", is_superuser=True)
    for target in (manager, boss):
        page = as_manager.post(reverse(act, args=[target.pk]), {"role": "reviewer"}, follow=True)
        before = (target.role, target.is_active)
        target.refresh_from_db()
        assert (target.role, target.is_active) == before
        assert page.context["fresh"] is None
        assert [message.level_tag for message in page.context["messages"]] == ["error"]


def test_an_unknown_role_is_refused(as_manager, operator):
    as_manager.post(reverse("person-role", args=[operator.pk]), {"role": "owner"})
    operator.refresh_from_db()
    assert operator.role == Role.OPERATOR


def test_everybody_changes_the_own_password(signed_in, operator):
    given = {"old_password": "secret-pass-1", "new_password1": "other-secret-2", "new_password2": "other-secret-2"}
    assert signed_in.post(reverse("password-change"), given).status_code == 302
    operator.refresh_from_db()
    assert operator.check_password("other-secret-2")
    assert signed_in.get(reverse("settings")).status_code == 200, "still signed in here"


def test_a_forgotten_password_is_an_email_where_the_site_sends_any(client, operator, settings):
    settings.EMAIL_HOST, settings.SITE_URL = "mail.example", "https://pictures.example"
    User.objects.filter(pk=operator.pk).update(email="olga@shop.example")
    known = client.post(reverse("password-forgotten"), {"email": "olga@shop.example"}, follow=True)
    unknown = client.post(reverse("password-forgotten"), {"email": "who@shop.example"}, follow=True)
    assert [len(page.context["messages"]) for page in (known, unknown)] == [1, 1]
    [email] = mail.outbox
    assert email.to == ["olga@shop.example"]
    link = next(word for word in email.body.split() if word.startswith("https://pictures.example/password/"))
    assert choose(client, link, "a-long-enough-1").status_code == 302


def test_without_a_mail_server_the_page_says_whom_to_ask(client):
    page = client.get(reverse("password-forgotten")).content.decode()
    assert "Ask a manager" in page
    assert 'type="email"' not in page


def tell(capsys, *arguments: str):
    call_command("user", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_command_adds_changes_and_lists_people(capsys, db):
    made = tell(capsys, "anna", "--role", "manager")
    assert (made["role"], "/password/" in made["link"]) == ("manager", True)
    token = tell(capsys, "anna", "--token", "read,upload")["token"]
    assert ApiToken.objects.find(token).scopes == ["read", "upload"]
    assert tell(capsys, "anna", "--off")["is_active"] is False
    assert [one["name"] for one in tell(capsys)] == ["anna"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["bad name!"], "valid username"),
        (["anna", "--token", "all"], "unknown scopes"),
        (["anna", "--on", "--off"], "both"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(arguments, why):
    with pytest.raises(CommandError, match=why):
        call_command("user", *arguments)


def test_who_has_left_is_told_nothing_more(integrator):
    endpoint = WebhookEndpoint.objects.create(user=integrator, url="https://shop.example/hook")
    events.record("job.completed", subject="job:1", data={})
    people.switch(integrator, is_active=False)
    events.record("job.completed", subject="job:2", data={})
    assert [one.event.subject for one in endpoint.deliveries.all()] == ["job:1"]
    assert actors.send_due_webhooks() == 0, "nor what was still waiting"
