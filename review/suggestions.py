"""What this version of the checks suggests and the policy in force lacks: changed defaults, limits for new categories.

A policy keeps the limits it was saved with, so that an upgrade never changes a verdict by itself. People adopt what they like.
"""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.models import User
from catalog.models import Category
from processing.scoring.limits import LIMITS_VERSION
from review.models import Policy
from review.policies import (
    SUGGESTED_NOTE,
    default_limits,
    default_overrides,
    label_of,
    rules_for,
    save_version,
    with_changes,
)


@dataclass(frozen=True)
class Suggestion:
    """Another limit for one check, in one category or (empty) in all. `is_own`: people chose the present one."""

    category: str
    code: str
    present: float
    suggested: float
    is_own: bool

    @property
    def key(self) -> str:
        return f"{self.category}:{self.code}"

    @property
    def label(self) -> str:
        return label_of(self.code)

    @property
    def place(self) -> str:
        return str(Category(self.category).label) if self.category else ""


def suggestions(policy: Policy) -> list[Suggestion]:
    """Where the policy holds another limit than the checks suggest, general ones first."""
    # The versions that nobody saved: what stands there was a default.
    before = list(Policy.objects.filter(created_by=None))
    wanted = {"": default_limits(), **{one["category"]: one["limits"] for one in default_overrides()}}
    return [one for category, rows in wanted.items() for one in _differences(policy, before, category, rows)]


def adopt(policy: Policy, keys: Collection[str], *, by: User | None) -> Policy:
    """The next version, with the suggested limits of these keys; the policy itself where nothing of them is left to do."""
    chosen = [one for one in suggestions(policy) if one.key in keys]
    draft = policy
    for category in dict.fromkeys(one.category for one in chosen):
        changes = {one.code: one.suggested for one in chosen if one.category == category}
        draft = with_changes(draft, changes, category=category)
    return save_version(draft, note=f"{SUGGESTED_NOTE}{LIMITS_VERSION}", by=by) if chosen else policy


def _differences(
    policy: Policy, before: list[Policy], category: str, rows: dict[str, dict[str, float]]
) -> list[Suggestion]:
    limits = _limits(policy, category)
    offered = [_limits(one, category) for one in before]
    return [
        Suggestion(
            category=category,
            code=code,
            present=limits[code],
            suggested=row["limit"],
            is_own=not any(one[code] == limits[code] for one in offered),
        )
        for code, row in rows.items()
        if limits[code] != row["limit"]
    ]


def _limits(policy: Policy, category: str) -> dict[str, float]:
    return {code: rule.limit for code, rule in rules_for(policy, category=category, kind="").items()}
