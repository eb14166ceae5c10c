import pytest
from django.urls import reverse

from catalog.models import Category
from processing.models import Check
from processing.scoring.limits import limits_for
from review import gate
from review.models import Policy
from review.policies import PolicyError, ensure_policy, revert_to, rules_for, save_version, with_changes
from tests import builders

pytestmark = pytest.mark.django_db


def send(client, **fields):
    data = {"base": ensure_policy().version, "category": "", "kind": "", **fields}
    return client.post(reverse("thresholds"), data)


def test_first_policy_is_written_once_and_in_force():
    assert ensure_policy() == ensure_policy()
    assert Policy.objects.get().is_active


def test_first_policy_asks_of_each_category_what_scoring_asks():
    policy = ensure_policy()
    for category in Category.values:
        rules = rules_for(policy, category=category, kind="main")
        assert {code: rule.limit for code, rule in rules.items()} == {
            code: one.limit for code, one in limits_for(category).items()
        }


def test_policy_older_than_a_check_judges_it_by_its_default_and_can_change_it(as_manager):
    policy = ensure_policy()
    del policy.limits["BLOTCH"]
    policy.save()
    assert rules_for(policy, category="default", kind="main")["BLOTCH"].limit == limits_for()["BLOTCH"].limit
    send(as_manager, act="save")
    assert Policy.objects.count() == 1
    send(as_manager, act="save", **{"limit-BLOTCH": "0.5"})
    assert rules_for(ensure_policy(), category="default", kind="main")["BLOTCH"].limit == 0.5


def test_save_makes_the_next_version_and_keeps_the_old_one(as_manager, manager):
    before = ensure_policy().limits["EDGE_HALO"]["limit"]
    send(as_manager, act="save", note="halos sell", **{"limit-EDGE_HALO": "2,25"})
    made = ensure_policy()
    assert (made.version, made.note, made.created_by) == (2, "halos sell", manager)
    assert made.limits["EDGE_HALO"]["limit"] == 2.25
    assert Policy.objects.get(version=1).limits["EDGE_HALO"]["limit"] == before


def test_save_for_a_part_writes_an_exception_only(as_manager):
    before = ensure_policy().overrides
    send(as_manager, act="save", category="fashion", kind="main", **{"limit-EDGE_HALO": "3"})
    *others, override = ensure_policy().overrides
    assert others == before
    assert (override["category"], override["kind"]) == ("fashion", "main")
    assert list(override["limits"]) == ["EDGE_HALO"]
    page = as_manager.get(reverse("thresholds")).content.decode()
    assert "Fashion · Main picture" in page


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf"])
def test_limit_that_is_no_number_is_refused_with_its_name(as_manager, text):
    page = as_manager.post(reverse("thresholds"), {"act": "save", "base": 1, "limit-EDGE_HALO": text}, follow=True)
    assert "Edge halo" in page.content.decode()
    assert Policy.objects.count() == 1


def test_save_of_an_outdated_page_is_refused(as_manager):
    save_version(with_changes(ensure_policy(), {"EDGE_HALO": 9.0}), note="", by=None)
    send(as_manager, act="save", base=1, **{"limit-EDGE_HALO": "3"})
    assert ensure_policy().limits["EDGE_HALO"]["limit"] == 9.0


def test_save_without_a_change_makes_no_version(as_manager):
    send(as_manager, act="save")
    assert Policy.objects.count() == 1


def test_preview_tells_what_would_happen_and_saves_nothing(as_manager):
    row = builders.rendition()
    Check.objects.create(rendition=row, code="EDGE_HALO", value=4.0, unit="px", passed=True)
    gate.judge_pending()
    page = send(as_manager, act="preview", **{"limit-EDGE_HALO": "5"}).content.decode()
    assert "Of the last 1 pictures 1 → 0 to review." in page
    told = send(as_manager, act="measure", **{"limit-EDGE_HALO": "5"}).json()
    assert (told["review_before"], told["review_after"]) == (1, 0)
    assert send(as_manager, act="measure", **{"limit-EDGE_HALO": "x"}).status_code == 422
    assert Policy.objects.count() == 1


def test_revert_brings_the_old_limits_back_as_a_new_version(as_manager):
    old = ensure_policy().limits["EDGE_HALO"]["limit"]
    save_version(with_changes(ensure_policy(), {"EDGE_HALO": 9.0}), note="", by=None)
    as_manager.post(reverse("thresholds-revert", args=[1]))
    assert (ensure_policy().version, ensure_policy().limits["EDGE_HALO"]["limit"]) == (3, old)


def test_revert_keeps_exceptions_of_the_old_version():
    first = save_version(with_changes(ensure_policy(), {"BLUR": 0.5}, category="fashion"), note="", by=None)
    save_version(with_changes(first, {"BLUR": 0.9}, category="fashion"), note="", by=None)
    assert revert_to(first, by=None).overrides == first.overrides


def test_unknown_check_cannot_get_a_limit():
    with pytest.raises(PolicyError, match="no check WARMTH"):
        with_changes(ensure_policy(), {"WARMTH": 1.0})


def test_thresholds_are_for_managers(client, reviewer):
    client.force_login(reviewer)
    assert client.get(reverse("thresholds")).status_code == 403
    assert client.post(reverse("thresholds-revert", args=[1])).status_code == 403
