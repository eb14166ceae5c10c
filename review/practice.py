"""Practice for newcomers: pictures with known answers, told right after each. Nothing of it is counted anywhere else."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.templatetags.static import static
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from accounts.models import User
from processing.models import Check
from processing.reworks import ANSWERS
from processing.scoring.limits import limits_for
from review.gate import find_doubts
from review.items import passed_row
from review.models import DecisionVerdict, PracticeAnswer
from review.policies import HARD_CODES, Rule, backdrop_of, label_of

if TYPE_CHECKING:
    from review.injection import Faulty

ITEMS_FILE = Path(__file__).parent / "practice.json"
FINE = _(
    "Nothing is wrong with this one. The room also shows pictures that are fine: they are how the machine is checked."
)
# A good picture is shown with the check nearest to its limit, as if it had missed it by this much of it.
MISS = 0.08
RECIPES = {"tighten": _("Tighten the edge by 1 px"), "decontaminate": _("Take the backdrop's colour out of the edge"),
           "fill-holes": _("Fill holes in the product"), "remove-islands": _("Leave out small separate parts"),
           "engine:rembg": _("Cut out with rembg")}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A sample and the fault to put into it; none where `defect` is empty. `say` is told after the answer."""

    name: str
    sample: str
    title: str
    defect: str = ""
    strength: int = 0
    say: str = FINE


@dataclass(frozen=True)
class Told:
    """What the person is told: was it right, what there was to see, and which doubt shows it."""

    is_right: bool
    is_faulty: bool
    say: str


def practice_item(plan: Plan, made: "Faulty", files: dict[str, str]) -> dict[str, Any]:
    """The stored facts of an item, in the shape of the room's items; pictures by file name."""
    rules = {code: Rule(code, one.limit, one.direction, code in HARD_CODES) for code, one in limits_for("").items()}
    checks = [Check(**values) for values in made.checks]
    doubts = find_doubts([check for check in checks if check.code in rules], rules) if plan.defect else []
    doubts = doubts or [_nearly(checks, rules)]
    doubted = {doubt["code"] for doubt in doubts}
    fixes = [one for doubt in doubts for one in ANSWERS.get(doubt["code"], ()) if one in RECIPES]
    return {
        "name": plan.name, "sku": plan.sample.rpartition("_")[0], "title": plan.title,
        "is_faulty": bool(plan.defect), "say": plan.say, "size": list(made.overlay.size), "score": round(made.score, 3),
        "files": {role: name for role, name in files.items() if not role.startswith("heat:")},
        "doubts": [{**doubt, "detail": "", "heat": files.get(f"heat:{doubt['code']}")} for doubt in doubts],
        "passed": [passed_row(check) for check in checks if check.code not in doubted],
        "suggested": fixes[0] if fixes else None,
    }  # fmt: skip


def _nearly(checks: list[Check], rules: dict[str, Rule]) -> dict[str, Any]:
    placed = [check for check in checks if check.worst and check.code in rules and rules[check.code].limit > 0]
    check = max(placed, key=lambda one: one.value / rules[one.code].limit)
    rule = rules[check.code]
    value = rule.limit * (1 - MISS if rule.direction == "min" else 1 + MISS)
    return {
        "code": check.code, "label": label_of(check.code), "value": value, "unit": check.unit, "limit": rule.limit,
        "direction": rule.direction, "severity": "high", "box": check.box, "worst": check.worst,
        "backdrop": check.backdrop or backdrop_of(check.code),
    }  # fmt: skip


@cache
def _stored() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(ITEMS_FILE.read_text())
    return rows


def practice_items() -> list[dict[str, Any]]:
    """All items as the room shows them, without what the answer is."""
    return [_shown(number, row) for number, row in enumerate(_stored(), start=1)]


def _shown(number: int, row: dict[str, Any]) -> dict[str, Any]:
    pictures = {role: static(f"practice/{name}") for role, name in row["files"].items()}
    doubts = [
        {**one, "label": label_of(one["code"]), "heat": static(f"practice/{one['heat']}") if one["heat"] else None}
        for one in row["doubts"]
    ]
    passed = [{**one, "label": gettext(one["label"])} for one in row["passed"]]
    return {
        "id": number, "practice": row["name"], "version": None, "attempt": 1, "queue": "", "score": row["score"],
        "product": {"id": None, "sku": row["sku"], "name": gettext(row["title"])},
        "rendition": {"id": 0, "role": "cutout", "kind": "cutout", "style": "", "w": row["size"][0], "h": row["size"][1]},
        "img": {**pictures, "heat": doubts[0]["heat"], "full": pictures["result"], "previous": None},
        "loupe": [], "doubts": doubts, "passed": passed, "history": [], "notes": [], "depends": 0,
        "recipes": [{"id": one, "label": gettext(label), "est_seconds": 3, "est_cost": 0, "needs_network": False}
                    for one, label in RECIPES.items()],
        "suggested": {"recipe": row["suggested"], "reason": doubts[0]["label"]} if row["suggested"] else None,
    }  # fmt: skip


def answer(user: User, *, name: str, verdict: str) -> Told:
    """Takes an answer down and tells what was right. LookupError for an unknown item, ValueError for a verdict that is none."""
    row = next((one for one in _stored() if one["name"] == name), None)
    if row is None:
        raise LookupError(f"There is no practice item {name!r}.")
    if verdict not in (DecisionVerdict.APPROVE, DecisionVerdict.REJECT, DecisionVerdict.REWORK):
        raise ValueError("Practice takes approve, reject or rework.")
    is_right = (verdict != DecisionVerdict.APPROVE) == row["is_faulty"]
    PracticeAnswer.objects.create(by=user, item=name, verdict=verdict, is_right=is_right)
    return Told(is_right, row["is_faulty"], gettext(row["say"]))


def practised(user: User) -> dict[str, int] | None:
    """The user's last answer to each item, summed up: {"right", "of"}; None before the first."""
    last = PracticeAnswer.objects.filter(by=user).order_by("item", "-id").distinct("item")
    answers = list(last.values_list("is_right", flat=True))
    return {"right": sum(answers), "of": len(answers)} if answers else None
