import pytest
from django.urls import reverse

from config import doctor
from review.models import Policy
from review.policies import default_limits, default_overrides, ensure_policy, rules_for, save_version, with_changes
from review.suggestions import adopt, suggestions

pytestmark = pytest.mark.django_db


@pytest.fixture
def old():
    """A policy of an earlier version: another halo limit, and no word of eyewear."""
    policy = ensure_policy()
    policy.limits = {**default_limits(), "EDGE_HALO": {"limit": 1.7, "direction": "max", "hard": False}}
    policy.overrides = [one for one in default_overrides() if one["category"] != "eyewear"]
    policy.save()
    return policy


def keys(policy):
    return {one.key for one in suggestions(policy)}


def test_a_fresh_policy_lacks_nothing():
    assert suggestions(ensure_policy()) == []


def test_changed_defaults_and_new_categories_are_suggested(old):
    assert {":EDGE_HALO", "eyewear:SEE_THROUGH", "eyewear:RESIDUE"} == keys(old)
    halo = suggestions(old)[0]
    assert (halo.label, halo.place, halo.present, halo.suggested) == ("Edge halo", "", 1.7, 0.7)


def test_adopting_changes_what_was_ticked_and_nothing_else(old, manager):
    made = adopt(old, ["eyewear:SEE_THROUGH"], by=manager)
    assert made.version == 2
    assert keys(made) == {":EDGE_HALO", "eyewear:RESIDUE"}
    assert rules_for(made, category="eyewear", kind="main")["SEE_THROUGH"].limit == 0.1
    assert rules_for(made, category="fashion", kind="main")["EDGE_HALO"].limit == 1.7


def test_limits_that_people_chose_are_told_from_old_defaults(old, manager):
    changed = save_version(with_changes(old, {"EDGE_SOFT": 9.0}), note="Soft is fine", by=manager)
    assert {one.code: one.is_own for one in suggestions(changed) if not one.category} == {
        "EDGE_HALO": False,
        "EDGE_SOFT": True,
    }


def test_nothing_ticked_makes_no_version(old, manager):
    assert adopt(old, [], by=manager) == old
    assert Policy.objects.count() == 1


def test_the_page_shows_and_adopts_them(old, as_manager):
    page = as_manager.get(reverse("thresholds")).content.decode()
    assert "This version suggests other limits for 3 checks" in page
    answer = as_manager.post(reverse("thresholds-suggested"), {"base": 1, "limit": [":EDGE_HALO"]}, follow=True)
    assert "Version 2 is in force" in answer.content.decode()
    assert Policy.objects.get(is_active=True).limits["EDGE_HALO"]["limit"] == 0.7


def test_a_version_saved_meanwhile_is_looked_at_first(old, as_manager, manager):
    save_version(old, note="", by=manager)
    answer = as_manager.post(reverse("thresholds-suggested"), {"base": 1, "limit": [":EDGE_HALO"]}, follow=True)
    assert "was saved meanwhile" in answer.content.decode()
    assert Policy.objects.count() == 2


def test_the_doctor_says_so_until_they_are_adopted(old, manager):
    assert doctor.look_at_limits().level is doctor.Level.WARNING
    adopt(old, keys(old), by=manager)
    assert doctor.look_at_limits().level is doctor.Level.FINE
