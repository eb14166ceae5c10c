"""Tags on what is selected in the gallery, and products side by side."""

import pytest
from django.urls import reverse

from accounts.models import Role
from catalog import tags
from tests import builders
from tests.insights.selecting import act, approved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("boss")]


def tagged(name: str) -> list[str]:
    return list(tags.make(name).variants.order_by("sku").values_list("sku", flat=True))


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_tag_is_put_on_and_only_what_was_changed_is_taken_back(client):
    one, two = approved("MUG-1"), approved("MUG-2")
    tags.add(tags.make("Spring"), [one.variant_id])
    act(client, "tag", one, two, tag=" spring ")
    assert tagged("Spring") == ["MUG-1", "MUG-2"]
    assert "1 product has the tag Spring now." in text_of(client.get(reverse("gallery")))
    client.post(reverse("gallery-tag-undo"))
    assert tagged("Spring") == ["MUG-1"]


def test_a_tag_is_taken_off_and_comes_back(client):
    one, two = approved("MUG-1"), approved("MUG-2")
    tags.add(tags.make("Spring"), [one.variant_id, two.variant_id])
    act(client, "tag", one, tag="Spring", off="yes")
    assert tagged("Spring") == ["MUG-2"]
    client.post(reverse("gallery-tag-undo"))
    assert tagged("Spring") == ["MUG-1", "MUG-2"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tag": " "}, "A tag needs a name."),
        ({"tag": "x" * 41}, "A tag has at most 40 characters."),
        ({"tag": "Autumn", "off": "yes"}, "None of them has this tag."),
        ({"tag": "Spring"}, "They have this tag already."),
    ],
)
def test_what_cannot_be_tagged_is_said(client, fields, said):
    one = approved("MUG-1")
    tags.add(tags.make("Spring"), [one.variant_id])
    assert said in text_of(client.get(act(client, "tag", one, **fields)["Location"]))


def test_an_act_is_taken_back_by_its_own_page_alone(client):
    one = approved("MUG-1")
    act(client, "tag", one, tag="Spring")
    assert "There is nothing to take back." in text_of(client.post(reverse("gallery-undo"), follow=True))
    assert tagged("Spring") == ["MUG-1"]


def test_the_gallery_is_narrowed_by_a_tag(client):
    one, _ = approved("MUG-1"), approved("MUG-2")
    tags.add(tags.make("Spring 27"), [one.variant_id])
    assert 'href="?tag=Spring+27"' in text_of(client.get(reverse("gallery")))
    page = text_of(client.get(reverse("gallery"), {"tag": "spring 27"}))
    assert "MUG-1" in page
    assert "MUG-2" not in page
    assert "MUG-1" not in text_of(client.get(reverse("gallery"), {"tag": "winter"}))


def test_the_filter_that_hides_most_is_taken_off_with_one_click(client):
    approved("MUG-1", category="home-goods"), approved("MUG-2", category="home-goods")
    page = text_of(client.get(reverse("gallery"), {"category": "home-goods", "state": "rejected"}))
    assert "Without Status: 2 products" in page
    assert 'href="?category=home-goods"' in page


def test_products_stand_side_by_side_with_the_picture_they_share(client):
    one, two = approved("MUG-1"), approved("MUG-2")
    page = text_of(client.get(reverse("gallery-compare"), {"variant": [one.variant_id, two.variant_id]}))
    assert page.index("MUG-1") < page.index("MUG-2")
    assert page.count('<figure class="pane') == 2
    alone = client.get(reverse("gallery-compare"), {"variant": one.variant_id}, follow=True)
    assert "Select two to four products to compare them." in text_of(alone)


def test_tags_are_for_those_who_may_submit(client):
    one = approved("MUG-1")
    client.force_login(builders.user("rita", role=Role.REVIEWER))
    assert act(client, "tag", one, tag="Spring").status_code == 403


def test_a_product_leads_to_the_ones_beside_it_and_to_its_tags(client):
    one, two = approved("MUG-1"), approved("MUG-2")
    tags.add(tags.make("Spring"), [one.variant_id])
    page = text_of(client.get(one.variant.product.get_absolute_url()))
    assert f'rel="prev" href="{two.variant.product.get_absolute_url()}"' in page
    assert 'rel="next"' not in page
    assert 'href="/gallery?tag=Spring"' in page


def test_a_filter_that_is_on_is_shown_also_when_nothing_fits(client):
    approved("MUG-1")
    page = text_of(client.get(reverse("gallery"), {"state": "rejected"}))
    assert "<span>0 ×</span>" in page
