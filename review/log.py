"""The audit log: who decided or changed what, and when. Read from the rows that the acts themselves leave; nothing is written for it."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.figures import figure
from accounts.models import Event
from review.models import Decision, DecisionVerdict, Policy
from review.policies import label_of

PAGE = 50
CHUNK = 500
# Files of an export that are named in a line.
MOST_NAMES = 3
MACHINE = "Firstpass"
ACTS = {
    **{f"decision.{value}": label for value, label in DecisionVerdict.choices},
    "policy.saved": _("Changed thresholds"),
    "person.changed": _("Changed a person"),
    "rendition.approved": _("Approval in effect"),
    "rendition.rejected": _("Rejection in effect"),
    "rendition.recalled": _("Recalled"),
    "export.completed": _("Exported"),
    "export.recalled": _("Taken out of an export"),
}

EVENTS = ("rendition.approved", "rendition.rejected", "rendition.recalled", "export.completed", "export.recalled")


@dataclass(frozen=True)
class Sieve:
    """What to list. Empty means all; `before` is where the page before ended."""

    person: str = ""
    act: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None
    before: datetime | None = None

    def times(self, name: str = "created_at") -> Q:
        found = Q()
        zone = timezone.get_current_timezone()
        if self.since:
            found &= Q((f"{name}__gte", datetime.combine(self.since, time.min, zone)))
        if self.until:
            found &= Q((f"{name}__lt", datetime.combine(self.until, time.min, zone) + timedelta(days=1)))
        return found & Q((f"{name}__lt", self.before)) if self.before else found

    def wants(self, source: str) -> bool:
        return not self.act or self.act.startswith(source)


@dataclass(frozen=True)
class Entry:
    """One line. `ref` names the row it was read from, for good."""

    at: datetime
    who: str
    act: str
    what: str
    detail: str
    ref: str
    url: str = ""

    @property
    def label(self) -> str:
        return str(ACTS.get(self.act, self.act))


def page(sieve: Sieve) -> tuple[list[Entry], datetime | None]:
    """The newest entries, and where the next page begins, if there is one."""
    rows = list(islice(entries(sieve, chunk=PAGE + 1), PAGE + 1))
    return rows[:PAGE], rows[PAGE - 1].at if len(rows) > PAGE else None


def entries(sieve: Sieve, *, chunk: int = CHUNK) -> Iterator[Entry]:
    """All entries, the newest first."""
    sources = (_decisions(sieve, chunk), _policies(sieve, chunk), _people(sieve, chunk), _events(sieve, chunk))
    return heapq.merge(*sources, key=lambda entry: entry.at, reverse=True)


def _newest_first(rows: QuerySet[Any], chunk: int) -> Iterator[Any]:
    return rows.order_by("-created_at", "-pk").iterator(chunk_size=chunk)


# ---------------------------------------------------------------------------------------------- decisions


def _decisions(sieve: Sieve, chunk: int) -> Iterator[Entry]:
    if not sieve.wants("decision"):
        return
    rows = Decision.objects.filter(sieve.times()).select_related(
        "by", "task__rendition__job", "task__rendition__variant__product", "task__rendition__verdict__policy", "undoes"
    )
    if sieve.act:
        rows = rows.filter(verdict=sieve.act.partition(".")[2])
    if sieve.person:
        rows = rows.filter(by__username=sieve.person)
    if sieve.text:
        rows = rows.filter(Q(task__rendition__job__sku__icontains=sieve.text) | Q(note__icontains=sieve.text))
    for row in _newest_first(rows, chunk):
        yield _decision(row)


def _decision(row: Decision) -> Entry:
    rendition = row.task.rendition
    what = gettext("%(sku)s %(name)s, attempt %(n)s") % {
        "sku": rendition.job.sku,
        "name": rendition.name,
        "n": rendition.attempt,
    }
    url = rendition.variant.product.get_absolute_url() if rendition.variant else ""
    who = str(row.by) if row.by else gettext("somebody removed")
    return Entry(row.created_at, who, f"decision.{row.verdict}", what, _said(row), f"decision:{row.pk}", url)


def _said(row: Decision) -> str:
    """Reason, note, what was measured then, and how long it was looked at."""
    parts = [label_of(row.reason)] if row.reason else []
    parts += [row.rework_id] if row.rework_id else []
    parts += [f"“{row.note}”"] if row.note else []
    if row.undoes is not None:
        parts.append(gettext("was: %(verdict)s") % {"verdict": row.undoes.get_verdict_display().lower()})
    parts += [
        kind
        for is_so, kind in ((row.task.is_audit, gettext("audit")), (row.task.is_known_fault, gettext("known fault")))
        if is_so
    ]
    parts += _measured(row)
    parts += [gettext("looked at for %(time)s s") % {"time": figure(row.ms / 1000, 1)}] if row.ms else []
    return " · ".join(parts)


def _measured(row: Decision) -> list[str]:
    rendition = row.task.rendition
    if row.task.is_known_fault or not hasattr(rendition, "verdict"):
        return []
    doubts = [
        gettext("%(label)s %(value)s (limit %(limit)s)")
        % {"label": label_of(one["code"]).lower(), "value": f"{one['value']:.3g}", "limit": f"{one['limit']:g}"}
        for one in rendition.verdict.doubts
        if one["value"] is not None and one["limit"] is not None
    ]
    return [gettext("measured: %(doubts)s") % {"doubts": ", ".join(doubts)}] if doubts else []


# ---------------------------------------------------------------------------------------------- thresholds


def _policies(sieve: Sieve, chunk: int) -> Iterator[Entry]:
    if not sieve.wants("policy"):
        return
    rows = Policy.objects.filter(sieve.times()).select_related("created_by")
    if sieve.person:
        rows = rows.filter(created_by__username=sieve.person)
    if sieve.text:
        rows = rows.filter(note__icontains=sieve.text)
    for row in _newest_first(rows, chunk):
        who = str(row.created_by or MACHINE)
        parts = [*([f"“{row.note}”"] if row.note else []), *changes_of(row)]
        what = gettext("Version %(n)s") % {"n": row.version}
        yield Entry(
            row.created_at, who, "policy.saved", what, " · ".join(parts), f"policy:{row.pk}", reverse("thresholds")
        )


def changes_of(policy: Policy) -> list[str]:
    """What a version changed of the one before: "edge halo 1.5 → 2"."""
    old = Policy.objects.filter(version__lt=policy.version).order_by("-version").first()
    if old is None:
        return []
    changes = [
        f"{label_of(code).lower()} {old.limits[code]['limit']:g} → {new['limit']:g}"
        for code, new in policy.limits.items()
        if code in old.limits and old.limits[code]["limit"] != new["limit"]
    ]
    for name, label in (("audit_rate", gettext("audits")), ("fault_rate", gettext("known faults"))):
        if getattr(old, name) != getattr(policy, name):
            changes.append(f"{label} {100 * getattr(old, name):g} % → {100 * getattr(policy, name):g} %")
    if old.overrides != policy.overrides:
        changes.append(
            gettext("exceptions %(old)s → %(new)s") % {"old": len(old.overrides), "new": len(policy.overrides)}
        )
    return changes


# ---------------------------------------------------------------------------------------------- people


def _people(sieve: Sieve, chunk: int) -> Iterator[Entry]:
    """Who was added, switched off or given another role, under Settings or in the admin pages."""
    if not sieve.wants("person"):
        return
    rows = LogEntry.objects.filter(
        sieve.times("action_time"), content_type__app_label="accounts", content_type__model="user"
    )
    if sieve.person:
        rows = rows.filter(user__username=sieve.person)
    if sieve.text:
        rows = rows.filter(Q(object_repr__icontains=sieve.text) | Q(change_message__icontains=sieve.text))
    for row in rows.select_related("user").order_by("-action_time", "-pk").iterator(chunk_size=chunk):
        said = row.get_change_message()
        yield Entry(row.action_time, str(row.user), "person.changed", row.object_repr, said, f"person:{row.pk}")


# ---------------------------------------------------------------------------------------------- what followed


def _events(sieve: Sieve, chunk: int) -> Iterator[Entry]:
    kinds = [kind for kind in EVENTS if sieve.act in ("", kind)]
    if not sieve.act and sieve.person != MACHINE:
        # What the gate waves through would bury what people do; it is there when it is asked for.
        kinds.remove("rendition.approved")
    rows = Event.objects.filter(sieve.times(), kind__in=kinds).select_related("actor")
    if sieve.person == MACHINE:
        rows = rows.filter(actor=None)
    elif sieve.person:
        rows = rows.filter(actor__username=sieve.person)
    if sieve.text:
        rows = rows.filter(Q(data__sku__icontains=sieve.text) | Q(data__channel__icontains=sieve.text))
    for row in _newest_first(rows, chunk):
        what = " ".join(str(row.data[name]) for name in ("sku", "name", "channel") if row.data.get(name)) or row.subject
        is_export = row.kind.startswith("export.") and "export" in row.data
        url = reverse("export", args=[row.data["export"]]) if is_export else ""
        what = gettext("%(what)s, export %(n)s") % {"what": what, "n": row.data["export"]} if is_export else what
        yield Entry(row.created_at, str(row.actor or MACHINE), row.kind, what, _why(row.data), f"event:{row.pk}", url)


def _why(data: dict[str, Any]) -> str:
    """By whom and for what, and of an export what was taken out of it."""
    parts = [str(data.get("by", "")), label_of(data["reason"]) if data.get("reason") else ""]
    if isinstance(data.get("files"), list):
        names = [str(file["name"]) for file in data["files"]]
        more = int(data["count"]) - MOST_NAMES
        parts.append(
            ", ".join(names[:MOST_NAMES]) + (" " + gettext("and %(n)s more") % {"n": more} if more > 0 else "")
        )
    return " · ".join(part for part in parts if part)
