import pytest
from django.urls import reverse

from marketplaces.channels import ensure_channels
from marketplaces.deliveries import secrets
from marketplaces.models import Delivery, DeliveryTarget
from tests import builders
from tests.marketplaces.deliveries.parcels import an_export, carried, delivered, target_of

pytestmark = pytest.mark.django_db


def test_manager_adds_a_target_and_its_secrets_are_never_shown(as_manager, store):
    ensure_channels()
    assert b"HTTP PUT" in as_manager.get(reverse("target-new", args=["shopify"])).content
    url = reverse("target-new", args=["shopify"]) + "?kind=http"
    posted = {"name": "my-cdn", "is_active": "on", "of_base_url": f"http://{store.host}", "of_token": "very-secret"}
    response = as_manager.post(url, posted, follow=True)
    assert response.status_code == 200
    assert b"very-secret" not in response.content
    target = DeliveryTarget.objects.get()
    assert "very-secret" not in str(target.secrets)
    assert secrets.unseal(target.secrets["token"]) == "very-secret"
    as_manager.post(target.get_absolute_url(), {**posted, "of_token": "", "name": "cdn"})
    target.refresh_from_db()
    assert (target.name, secrets.unseal(target.secrets["token"])) == ("cdn", "very-secret")


def test_wrong_settings_are_refused_at_their_field(as_manager, store, deliveries_folder):
    ensure_channels()
    url = reverse("target-new", args=["shopify"])
    wrong = as_manager.post(f"{url}?kind=http", {"name": "a", "of_base_url": "http://169.254.169.254/"})
    assert wrong.status_code == 422
    assert b"must start with https" in wrong.content
    outside = as_manager.post(f"{url}?kind=folder", {"name": "b", "of_folder": "../../etc"})
    assert b"must lie below" in outside.content
    assert not DeliveryTarget.objects.exists()
    assert as_manager.get(f"{url}?kind=carrier-pigeon").status_code == 404


def test_connection_test_keeps_what_it_found(as_manager, exported, store):
    target = target_of("shopify", "http", base_url=f"http://{store.host}")
    page = as_manager.post(reverse("target-test", args=["there"]), follow=True)
    assert b"A file was put, fetched and deleted again." in page.content
    store.before = lambda method, path: (401, b"", {})
    as_manager.post(reverse("target-test", args=["there"]))
    target.refresh_from_db()
    assert (target.test_ok, "credentials" in target.test_result) == (False, True)


def test_target_with_a_history_is_kept(as_manager, exported, store):
    delivered(exported, target_of("shopify", "http", base_url=f"http://{store.host}"))
    target_of("shopify", "http", name="unused", base_url=f"http://{store.host}")
    as_manager.post(reverse("target-delete", args=["there"]))
    as_manager.post(reverse("target-delete", args=["unused"]))
    assert list(DeliveryTarget.objects.values_list("name", flat=True)) == ["there"]


def test_export_is_sent_and_followed_from_the_pages(signed_in, exported, store, broker):
    target_of("shopify", "http", base_url=f"http://{store.host}")
    store.before = lambda method, path: (413, b"", {}) if method == "PUT" and "-2.jpg" in path else None
    assert b"Send to" in signed_in.get(exported.get_absolute_url()).content
    response = signed_in.post(reverse("export-deliver", args=[exported.pk]), {"target": "there"})
    delivery = Delivery.objects.get()
    assert response["Location"] == delivery.get_absolute_url()
    waiting = signed_in.get(delivery.get_absolute_url()).content.decode()
    assert "0 of 3 files" in waiting
    progress = reverse("delivery-progress", args=[delivery.pk])
    assert signed_in.get(progress, {"since": "0"}).status_code == 204
    carried(delivery)
    assert signed_in.get(progress, {"since": "0"}).json()["over"] is True
    page = signed_in.get(delivery.get_absolute_url()).content.decode()
    assert page.index("BOX-01-2.jpg") < page.index("BOX-01-1.jpg")  # what failed comes first
    assert "The target answered 413" in page
    store.before = lambda method, path: None
    signed_in.post(reverse("delivery-retry", args=[delivery.pk]))
    assert carried(delivery).state == "done"
    signed_in.post(reverse("delivery-recall", args=[delivery.pk]), {"name": ["BOX-01-1.jpg"]})
    carried(delivery)
    assert delivery.files.get(name="BOX-01-1.jpg").state == "withdrawn"
    assert b"there" in signed_in.get(reverse("deliveries"), {"target": "there"}).content


def test_api_sends_lists_retries_and_recalls(client, exported, store, operator, broker):
    target_of("shopify", "http", base_url=f"http://{store.host}")
    token = builders.bearer(builders.token(operator, "export"))

    def call(method, path, body=None):
        return getattr(client, method)(
            f"/api/v1{path}", data=body, content_type="application/json", headers=token
        )  # fmt: skip

    assert call("get", "/targets").json()[0]["name"] == "there"
    made = call("post", "/deliveries", {"export": exported.pk, "target": "there"})
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    number = made.json()["id"]
    carried(Delivery.objects.get(pk=number))
    detail = call("get", f"/deliveries/{number}").json()
    assert (detail["state"], detail["counts"], len(detail["files"])) == ("done", {"arrived": 3}, 3)
    assert detail["files"][0]["arrival"]["verdict"] == "identical"
    assert call("get", "/deliveries").json()["items"][0]["id"] == number
    assert call("post", f"/deliveries/{number}/check").json()["counts"] == {"sent": 3}
    assert call("post", f"/deliveries/{number}/recall", {"names": ["BOX-01-1.jpg"]}).status_code == 202
    assert call("post", f"/deliveries/{number}/retry").status_code == 202
    assert call("post", "/deliveries", {"export": exported.pk, "target": "nowhere"}).status_code == 422
    assert call("get", "/deliveries/999999").status_code == 404


def test_delivery_list_is_read_in_few_queries(signed_in, exported, store, django_assert_max_num_queries):
    target = target_of("shopify", "http", base_url=f"http://{store.host}")
    for _ in range(3):
        delivered(an_export(), target)
    with django_assert_max_num_queries(14):
        signed_in.get(reverse("deliveries"))
