"""The thresholds page: each limit beside what was measured, what people said, and what another limit would do."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import requires
from accounts.models import User
from catalog.models import Category
from processing.models import RenditionKind
from processing.scoring.limits import LABELS
from review.audit_rates import doubts_by_route, raised
from review.faults import hit_rate, misses_by_defect
from review.models import Policy
from review.policies import (
    HARD_CODES,
    PolicyError,
    Rule,
    ensure_policy,
    label_of,
    limits_of,
    revert_to,
    rules_for,
    save_version,
    with_changes,
)
from review.promises import FIRST_RENEWAL, promises
from review.replay import Agreement, Bucket, Histogram, agreement, histograms, replay, span_of
from review.suggestions import adopt, suggestions

VERSIONS_SHOWN = 12
RATES = {"audit_rate": _("Audits"), "fault_rate": _("Known faults")}
UNITS = {"dE00": "ΔE", "0..1": _("of 1"), "share": _("of 1"), "times": "×", "ratio": "×"}
# The drawing of a histogram, in its own units.
WIDTH, HEIGHT, MARK = 400, 72, 6


@dataclass(frozen=True)
class Scope:
    category: str
    kind: str

    @classmethod
    def of(cls, data: QueryDict) -> "Scope":
        category, kind = data.get("category", ""), data.get("kind", "")
        return cls(category if category in Category.values else "", kind if kind in RenditionKind.values else "")

    def url(self) -> str:
        chosen = {name: value for name, value in vars(self).items() if value}
        return reverse("thresholds") + (f"?{urlencode(chosen)}" if chosen else "")


@require_http_methods(["GET", "POST"])
@requires("manage")
def thresholds(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request, Scope.of(request.GET))
    scope = Scope.of(request.POST)
    policy = ensure_policy()
    try:
        draft = _draft(policy, request.POST, scope)
    except PolicyError as error:
        if request.POST.get("act") == "measure":
            return JsonResponse({"sentence": str(error)}, status=422)
        messages.error(request, str(error))
        return redirect(scope.url())
    if request.POST.get("act") == "save":
        return _save(request, policy, draft, scope)
    told = replay(policy, draft, category=scope.category, kind=scope.kind)
    if request.POST.get("act") == "measure":
        return JsonResponse({"sentence": told.sentence(), **vars(told)})
    return _page(request, scope, draft=draft, sentence=told.sentence(), note=request.POST.get("note", ""))


def _draft(policy: Policy, data: QueryDict, scope: Scope) -> Policy:
    rules = _rules(policy, scope)
    changes = {}
    for code, rule in rules.items():
        text = data.get(f"limit-{code}", "").strip().replace(",", ".")
        if text and (value := _number(code, text)) != rule.limit:
            changes[code] = value
    draft = with_changes(policy, changes, category=scope.category, kind=scope.kind)
    for name, label in RATES.items():
        if text := data.get(name, "").strip().replace(",", "."):
            rate = _number(str(label), text) / 100
            if not 0 <= rate <= 1:
                raise PolicyError(gettext("%(label)s: give a share between 0 and 100 %%.") % {"label": label})
            setattr(draft, name, rate)
    return draft


def _is_same(policy: Policy, draft: Policy) -> bool:
    unchanged = all(getattr(policy, name) == getattr(draft, name) for name in ("overrides", *RATES))
    return unchanged and limits_of(policy) == draft.limits


def _number(code: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise PolicyError(
            gettext("%(name)s: %(text)s is not a number.") % {"name": label_of(code), "text": repr(text)}
        ) from error


def _rules(policy: Policy, scope: Scope) -> dict[str, Rule]:
    return rules_for(policy, category=scope.category, kind=scope.kind)


def _save(request: HttpRequest, policy: Policy, draft: Policy, scope: Scope) -> HttpResponse:
    if _is_same(policy, draft):
        messages.warning(request, gettext("Nothing was changed, so there is no new version."))
    elif str(policy.version) != request.POST.get("base"):
        messages.error(request, _saved_meanwhile(policy))
    else:
        user = request.user if isinstance(request.user, User) else None
        made = save_version(draft, note=request.POST.get("note", "")[:400], by=user)
        messages.success(request, _in_force(made))
    return redirect(scope.url())


@require_POST
@requires("manage")
def revert(request: HttpRequest, version: int) -> HttpResponse:
    old = get_object_or_404(Policy, version=version)
    made = revert_to(old, by=request.user if isinstance(request.user, User) else None)
    messages.success(
        request,
        gettext("Version %(version)s is in force: the limits of version %(old)s again.")
        % {"version": made.version, "old": version},
    )
    return redirect("thresholds")


@require_POST
@requires("manage")
def adopt_suggested(request: HttpRequest) -> HttpResponse:
    """The ticked ones of what this version of the checks suggests, as a version of their own."""
    policy = ensure_policy()
    if str(policy.version) != request.POST.get("base"):
        messages.error(request, _saved_meanwhile(policy))
        return redirect("thresholds")
    made = adopt(policy, request.POST.getlist("limit"), by=request.user if isinstance(request.user, User) else None)
    if made.version == policy.version:
        messages.warning(request, gettext("Nothing was changed, so there is no new version."))
    else:
        messages.success(request, _in_force(made))
    return redirect("thresholds")


def _saved_meanwhile(policy: Policy) -> str:
    text = gettext("Version %(version)s was saved meanwhile. Look at it and change again.")
    return text % {"version": policy.version}


def _in_force(policy: Policy) -> str:
    return gettext("Version %(version)s is in force for new work.") % {"version": policy.version}


def _page(
    request: HttpRequest, scope: Scope, *, draft: Policy | None = None, sentence: str = "", note: str = ""
) -> HttpResponse:
    policy = ensure_policy()
    context = {
        "policy": policy,
        **_limits(policy, draft or policy, scope),
        "scope": scope,
        "suggestions": suggestions(policy),
        "categories": Category.choices,
        "kinds": RenditionKind.choices,
        "overrides": [_override(one) for one in policy.overrides],
        "versions": Policy.objects.select_related("created_by")[:VERSIONS_SHOWN],
        **_audits(policy),
        "sentence": sentence,
        "note": note,
        "audit_percent": round(100 * (draft or policy).audit_rate, 2),
        "fault_percent": round(100 * (draft or policy).fault_rate, 2),
        "hits": hit_rate(),
        "misses": misses_by_defect(),
    }
    return render(request, "review/thresholds.html", context)


def _limits(policy: Policy, draft: Policy, scope: Scope) -> dict[str, Any]:
    """A row for each limit in force, with the draft's value: those with measurements, and those without."""
    rules, wanted = _rules(policy, scope), _rules(draft, scope)
    found = histograms(rules.values(), category=scope.category, kind=scope.kind)
    agreed = agreement(category=scope.category, kind=scope.kind)
    rows = [_row(rules[code], wanted[code], found.get(code), agreed.get(code)) for code in sorted(rules, key=_place)]
    return {
        "measured": [row for row in rows if row["total"]],
        "unmeasured": [row for row in rows if not row["total"]],
    }


def _audits(policy: Policy) -> dict[str, Any]:
    """What is promised of each route, and how much is audited for that."""
    doubted, routes = doubts_by_route(), promises()
    return {
        "routes": [(one, doubted.get(one.route)) for one in routes if not one.is_silent],
        "silent": [one.label for one in routes if one.is_silent],
        "audits_needed": FIRST_RENEWAL,
        "pictures_needed": round(FIRST_RENEWAL / policy.audit_rate) if policy.audit_rate else None,
        "raised_percent": round(100 * raised(policy.audit_rate), 1),
    }


def _place(code: str) -> tuple[bool, int]:
    """Soft checks before hard rules, each in the order in which a picture is made."""
    known = list(LABELS)
    return code in HARD_CODES, known.index(code) if code in known else len(known)


def _row(rule: Rule, wanted: Rule, drawn: Histogram | None, agreed: Agreement | None) -> dict[str, Any]:
    low, high = span_of(rule)
    agreed = agreed or Agreement(0, 0, 0)
    buckets = drawn.buckets if drawn else []
    return {
        "code": rule.code,
        "label": label_of(rule.code),
        "rule": rule,
        "limit": f"{wanted.limit:g}",
        "unit": UNITS.get(drawn.unit, drawn.unit) if drawn else "",
        "is_changed": wanted.limit != rule.limit,
        "total": sum(one.count for one in buckets),
        "bars": _bars(buckets),
        "x": _x(wanted.limit, low, high),
        "low": low,
        "high": high,
        "low_text": number_format(f"{low:g}"),
        "high_text": number_format(f"{high:g}"),
        "raised": agreed.shared + agreed.machine,
        "shared": agreed.shared,
        "missed": agreed.person,
    }


def _x(value: float, low: float, high: float) -> float:
    return round(WIDTH * min(max((value - low) / (high - low), 0), 1), 1)


def _bars(buckets: list[Bucket]) -> list[dict[str, Any]]:
    """Rectangles: heights by square root, so that the few bad ones stay visible beside the many good ones."""
    tallest = max((one.count for one in buckets), default=0) or 1
    wide = WIDTH / max(len(buckets), 1)
    return [
        {
            "x": round(n * wide, 1),
            "width": round(wide - 1, 1),
            "height": round(max(HEIGHT * (one.count / tallest) ** 0.5, 1.5), 1),
            "y": round(HEIGHT - max(HEIGHT * (one.count / tallest) ** 0.5, 1.5), 1),
            "approved": one.approved,
            "rejected": one.rejected,
            "count": one.count,
            "range": f"{one.low:.3g} to {one.high:.3g}",
        }
        for n, one in enumerate(buckets)
        if one.count
    ]


def _override(row: dict[str, Any]) -> dict[str, Any]:
    category, kind = row.get("category", ""), row.get("kind", "")
    names = [dict(Category.choices).get(category, ""), dict(RenditionKind.choices).get(kind, "")]
    return {
        "label": " · ".join(str(name) for name in names if name),
        "url": Scope(category, kind).url(),
        "limits": ", ".join(f"{label_of(code)} {one['limit']:g}" for code, one in row["limits"].items()),
    }
