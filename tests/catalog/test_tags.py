"""Tags on products: one word whatever its capitals, and what an act has changed is known."""

import pytest

from accounts.models import Role
from catalog import tags
from catalog.models import Tag
from tests import builders

pytestmark = pytest.mark.django_db


def test_a_tag_is_one_word_whatever_its_capitals():
    made = tags.make(tags.clean("  Spring \n 27 "))
    assert made.name == "Spring 27"
    assert tags.make("SPRING 27") == made
    assert tags.named("spring 27").get() == made


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 41])
def test_a_name_that_cannot_be_kept_is_refused(text):
    with pytest.raises(ValueError, match="tag"):
        tags.clean(text)


def test_what_an_act_has_changed_is_told():
    one, two = builders.variant("MUG-1"), builders.variant("MUG-2")
    tag = tags.make("Spring")
    assert tags.add(tag, [one.pk]) == [one.pk]
    assert tags.add(tag, [one.pk, two.pk]) == [two.pk]
    assert tags.remove(tag, [one.pk]) == [one.pk]
    assert tags.remove(tag, [one.pk]) == []
    assert list(Tag.objects.get().variants.values_list("sku", flat=True)) == ["MUG-2"]


def test_products_of_the_api_have_tags_and_are_found_by_them(client):
    client.force_login(builders.user(role=Role.MANAGER))
    one, _ = builders.variant("MUG-1"), builders.variant("MUG-2")
    tags.add(tags.make("Spring"), [one.pk])
    found = client.get("/api/v1/products", {"tag": "spring"}).json()["items"]
    assert [(item["sku"], item["tags"]) for item in found] == [("MUG-1", ["Spring"])]
    assert client.get("/api/v1/products/MUG-2").json()["tags"] == []
    assert client.get("/api/v1/products", {"tag": "winter"}).json()["items"] == []
