"""Versioned limits: the default from scoring, overrides by category and kind, new versions and reverts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from accounts.models import User
from catalog.models import Category
from processing.models import Rendition
from processing.scoring.limits import BACKDROPS, CATEGORY_LIMITS, DEFAULT_LIMITS, LABELS, LIMITS_VERSION, Limit
from review.models import HumanReason, Policy

# Rules of the marketplaces' machines: pass or fail, whatever the rest looks like.
HARD_CODES = frozenset({"SIZE", "FORMAT", "BYTES", "BG_NOT_WHITE"})
# A rendition without a single check: nothing is known of it, so nobody can vouch for it unseen.
UNMEASURED = "UNMEASURED"
# Why a version was saved whose limits are those that the checks suggest; their own version follows.
SUGGESTED_NOTE = "Defaults of the checks, "

MEASURES = {
    "EDGE_HALO": "Edge colour",
    "EDGE_TIGHT": "Edge position",
    "EDGE_ROUGH": "Edge smoothness",
    "EDGE_SOFT": "Edge width",
    "EDGE_SMUDGE": "Edge fades nowhere",
    "EDGE_LOST": "Edge follows the photo",
    "HOLE": "Holes",
    "BLOTCH": "No blotches",
    "ISLAND": "Stray islands",
    "PART_MISSING": "Missing parts",
    "FRAME_CONTACT": "Frame contact",
    "RESIDUE": "Backdrop residue",
    "SHADOW_LEFT": "Shadow residue",
    "CONFIDENCE": "Engine's confidence",
    "REPAIRED": "Engine's confidence before repairs",
    "BLUR": "Sharpness",
    "COMPRESSION": "Compression",
    "FIDELITY": "Product unchanged",
    "BG_NOT_WHITE": "White background",
    "BG_MATCH": "Background match",
    "SIZE": "Size",
    "FORMAT": "File format",
    "BYTES": "File size",
    "FILL": "Fill",
    "CENTRE": "Centring",
    "MARGIN": "Margin",
    "SCALE": "Scale",
    "CONTACT": "Ground contact",
    "LIGHT_SIDE": "Light direction",
    "SHADOW_SIDE": "Shadow direction",
    "FLICKER": "Even light from frame to frame",
    "FROZEN": "Movement",
    "COLOUR_DRIFT": "Colour",
    "EXPOSURE": "Exposure",
}


class PolicyError(ValueError):
    """A limit that cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Rule:
    code: str
    limit: float
    direction: str
    hard: bool

    def passes(self, value: float) -> bool:
        """Not a number never passes: a failed measurement is a doubt."""
        return value >= self.limit if self.direction == "min" else value <= self.limit


def label_of(code: str) -> str:
    """In the reader's language; what is stored is English, as workers are."""
    if code in HumanReason.values:
        return str(HumanReason(code).label)
    if code == UNMEASURED:
        return gettext("Not measured")
    return gettext(LABELS[code]) if code in LABELS else code.replace("_", " ").capitalize()


def measure_of(code: str) -> str:
    """What a check measures, for those that passed: their labels name the fault that was not found."""
    return gettext(MEASURES[code]) if code in MEASURES else label_of(code)


def backdrop_of(code: str) -> str:
    return BACKDROPS.get(code, "spec")


def default_limits() -> dict[str, dict[str, Any]]:
    return _rows(DEFAULT_LIMITS)


def default_overrides() -> list[dict[str, Any]]:
    """What scoring asks of single categories, as far as the catalogue has them."""
    return [
        {"category": category, "kind": "", "limits": _rows(CATEGORY_LIMITS[category])}
        for category in Category.values
        if category in CATEGORY_LIMITS
    ]


def _rows(limits: Mapping[str, Limit]) -> dict[str, dict[str, Any]]:
    return {
        code: {"limit": one.limit, "direction": one.direction, "hard": code in HARD_CODES}
        for code, one in limits.items()
    }


def ensure_policy() -> Policy:
    """The active policy; the first call ever writes version 1 from the defaults of scoring."""
    active = Policy.objects.filter(is_active=True).first()
    if active is not None:
        return active
    with transaction.atomic():
        made, _ = Policy.objects.get_or_create(
            version=1,
            defaults={
                "limits": default_limits(),
                "overrides": default_overrides(),
                "is_active": True,
                "note": f"{SUGGESTED_NOTE}{LIMITS_VERSION}",
            },
        )
    return made


class RuleBook:
    """The rules of one policy, worked out once for each category and kind."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._known: dict[tuple[str, str], dict[str, Rule]] = {}

    def rules(self, rendition: Rendition) -> dict[str, Rule]:
        product = rendition.variant.product if rendition.variant else None
        place = (product.category if product else Category.DEFAULT, rendition.kind)
        if place not in self._known:
            self._known[place] = rules_for(self.policy, category=place[0], kind=place[1])
        return self._known[place]


def limits_of(policy: Policy) -> dict[str, dict[str, Any]]:
    """The limits of all categories and kinds. Checks that are newer than the policy have their defaults."""
    limits: dict[str, dict[str, Any]] = default_limits() | policy.limits
    return limits


def rules_for(policy: Policy, *, category: str, kind: str) -> dict[str, Rule]:
    """The limits that hold for renditions of a kind in a category."""
    limits = limits_of(policy)
    for override in policy.overrides:
        if override.get("category") in ("", None, category) and override.get("kind") in ("", None, kind):
            limits |= override["limits"]
    return {
        code: Rule(code, float(row["limit"]), row["direction"], bool(row.get("hard"))) for code, row in limits.items()
    }


def with_changes(policy: Policy, changes: dict[str, float], *, category: str = "", kind: str = "") -> Policy:
    """An unsaved policy with other limits for a category and kind (empty means all). For previews and as the next version."""
    rows = _changed_rows(policy, changes)
    limits, overrides = limits_of(policy), [dict(one) for one in policy.overrides]
    if not (category or kind):
        limits |= rows
    else:
        same = [one for one in overrides if (one.get("category", ""), one.get("kind", "")) == (category, kind)]
        if same:
            same[0]["limits"] = same[0]["limits"] | rows
        else:
            overrides.append({"category": category, "kind": kind, "limits": rows})
    return Policy(
        version=0, limits=limits, overrides=overrides, audit_rate=policy.audit_rate, fault_rate=policy.fault_rate
    )


def _changed_rows(policy: Policy, changes: dict[str, float]) -> dict[str, dict[str, Any]]:
    known, rows = limits_of(policy), {}
    for code, limit in changes.items():
        if code not in known:
            raise PolicyError(f"There is no check {code}.")
        if not math.isfinite(limit) or limit < 0:
            raise PolicyError(gettext("%(name)s: the limit must be a number from 0 up.") % {"name": label_of(code)})
        rows[code] = {**known[code], "limit": limit}
    return rows


def save_version(draft: Policy, *, note: str, by: User | None) -> Policy:
    """Writes the draft as the next version and makes it the one in force for new work."""
    with transaction.atomic():
        # Also serialises two managers saving at once: the second waits here and gets the next number.
        list(Policy.objects.select_for_update().filter(is_active=True))
        newest = Policy.objects.aggregate(newest=Max("version"))["newest"] or 0
        Policy.objects.filter(is_active=True).update(is_active=False)
        return Policy.objects.create(
            version=newest + 1,
            limits=draft.limits,
            overrides=draft.overrides,
            audit_rate=draft.audit_rate,
            fault_rate=draft.fault_rate,
            note=note,
            created_by=by,
            is_active=True,
        )


def revert_to(policy: Policy, *, by: User | None) -> Policy:
    """The limits of an older version again, as a new version."""
    return save_version(policy, note=f"Back to version {policy.version}", by=by)
