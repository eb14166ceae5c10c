import pytest

from accounts.models import Scope
from tests import builders
from tests.builders import bearer

pytestmark = pytest.mark.django_db


@pytest.fixture
def headers(operator):
    return bearer(builders.token(operator, Scope.READ))


def _get(client, headers, path, **query):
    return client.get(f"/api/v1{path}", query, headers=headers)


def test_products_come_page_by_page(client, headers):
    for sku in ("B2", "A1", "C3"):
        builders.source_image(builders.variant(sku))
    first = _get(client, headers, "/products", limit=2).json()
    assert [item["sku"] for item in first["items"]] == ["A1", "B2"]
    last = _get(client, headers, "/products", limit=2, cursor=first["next"]).json()
    assert [item["sku"] for item in last["items"]] == ["C3"]
    assert last["next"] is None


def test_products_are_found_by_prefix_and_category(client, headers):
    builders.variant("AC-1", category="fashion")
    builders.variant("AC-2", category="outdoor")
    builders.variant("a%c", category="outdoor")
    assert [one["sku"] for one in _get(client, headers, "/products", prefix="AC").json()["items"]] == ["AC-1", "AC-2"]
    assert [one["sku"] for one in _get(client, headers, "/products", prefix="a%").json()["items"]] == ["a%c"]
    assert [one["sku"] for one in _get(client, headers, "/products", category="fashion").json()["items"]] == ["AC-1"]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"category": "garden"}, {"prefix": "x" * 81}]
)
def test_wrong_queries_are_refused(client, headers, query):
    assert _get(client, headers, "/products", **query).status_code == 422


def test_a_product_has_its_photos_in_order(client, headers):
    variant = builders.variant("AC 41.2", asin="B0F7KQ4102")
    builders.source_image(variant, view=2)
    builders.source_image(variant, view=1)
    product = _get(client, headers, "/products/AC 41.2").json()
    assert (product["asin"], [photo["view"] for photo in product["photos"]]) == ("B0F7KQ4102", [1, 2])
    assert _get(client, headers, "/products/ac 41.2").status_code == 404
    assert _get(client, headers, "/products/%00").status_code == 404


def test_an_unchanged_answer_is_not_sent_again(client, headers):
    builders.variant("A1")
    tag = _get(client, headers, "/products/A1")["ETag"]
    assert _get(client, {**headers, "If-None-Match": tag}, "/products/A1").status_code == 304


def test_a_page_costs_the_same_queries_however_long(client, headers, django_assert_num_queries):
    for number in range(20):
        builders.source_image(builders.variant(f"A{number}"))
    _get(client, headers, "/products")
    with django_assert_num_queries(4):
        assert len(_get(client, headers, "/products").json()["items"]) == 20


def test_products_need_a_token_that_may_read(client, operator):
    assert _get(client, {}, "/products").status_code == 401
    assert _get(client, bearer(builders.token(operator, Scope.UPLOAD)), "/products").status_code == 403
