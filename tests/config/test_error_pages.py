"""What a person sees who went astray: a page with a way on, never a bare line or an empty window."""

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client
from django.urls import reverse

from config.error_pages import server_error

pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_unknown_address_leads_back_to_the_inbox(signed_in):
    answer = signed_in.get("/nowhere", headers=BROWSER)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_page_of_another_role_says_whom_to_ask(client, reviewer):
    client.force_login(reviewer)
    answer = client.get(reverse("batch-new"), headers=BROWSER)
    assert answer.status_code == 403
    assert "Ask a manager" in answer.content.decode()


def test_address_of_a_button_shows_a_page_to_people_and_none_to_programs(signed_in):
    address = reverse("token-new")
    shown = signed_in.get(address, headers=BROWSER)
    assert (shown.status_code, shown["Allow"]) == (405, "POST")
    assert "Go back and press that button" in shown.content.decode()
    assert signed_in.get(address).content == b""


def test_form_of_an_old_page_is_told_to_be_loaded_again(operator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    answer = client.post(reverse("settings"), {"theme": "dark"}, headers=BROWSER)
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()


def test_too_large_request_is_told_to_come_in_parts(signed_in, monkeypatch):
    def refuse(request):
        raise RequestDataTooBig

    monkeypatch.setattr("accounts.views.signed_in", refuse)
    answer = signed_in.get(reverse("settings"), headers=BROWSER)
    assert answer.status_code == 400
    assert "in parts" in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "status"),
    [("/products/a%00b", 404), ("/gallery?q=a%00b", 400), ("/exports/?channel=%00", 400), ("/gallery?batch=%C2%B2", 200),
     ("/money?batch=%C2%B2", 200), ("/settings/log?until=9999-12-31", 200), ("/settings/log?since=0001-01-01", 200)],
)  # fmt: skip
def test_addresses_that_nobody_means_break_nothing(client, manager, address, status):
    client.force_login(manager)
    assert client.get(address, headers=BROWSER).status_code == status


def test_broken_page_names_its_request_without_asking_the_database(rf, django_assert_num_queries):
    request = rf.get("/")
    request.id = "abc123def"
    with django_assert_num_queries(0):
        answer = server_error(request)
    assert answer.status_code == 500
    assert "abc123def" in answer.content.decode()


def test_form_sent_after_the_session_ended_leads_back_to_its_page(client):
    before = "http://testserver/batches/7"
    answer = client.post("/batches/7/pause", headers={"Referer": before})
    assert answer["Location"] == f"{reverse('sign-in')}?next=http%3A//testserver/batches/7"
    elsewhere = client.post("/batches/7/pause", headers={"Referer": "https://shop.example/"})
    assert elsewhere["Location"] == f"{reverse('sign-in')}?next=/"


def test_script_of_a_signed_out_page_is_told_so(client):
    answer = client.post(reverse("review-keys"), headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert "signed out" in answer.json()["detail"]
