"""The audit log as a page and as CSV."""

from collections.abc import Iterator
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts.access import requires
from accounts.models import User
from catalog.sheets import csv_lines
from review.log import ACTS, MACHINE, Entry, Sieve, entries, page

_FIRST_YEAR, _LAST_YEAR = 2000, 9000
COLUMNS = ("when", "who", "act", "what", "detail", "reference")


@require_GET
@requires("manage")
def audit_log(request: HttpRequest) -> HttpResponse:
    sieve = _sieve(request.GET)
    rows, following = page(sieve)
    chosen = {name: request.GET[name] for name in ("person", "act", "text", "since", "until") if request.GET.get(name)}
    context = {
        "rows": rows,
        "sieve": sieve,
        "chosen": urlencode(chosen),
        "older": urlencode({**chosen, "before": following.isoformat()}) if following else "",
        "people": [MACHINE, *User.objects.order_by("username").values_list("username", flat=True)],
        "acts": ACTS,
    }
    return render(request, "review/log.html", context)


@require_GET
@requires("manage")
def audit_log_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All entries that the filters let through, streamed."""
    response = StreamingHttpResponse(_lines(entries(_sieve(request.GET))), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-log-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


def _lines(rows: Iterator[Entry]) -> Iterator[str]:
    cells = ((row.at.isoformat(), row.who, row.label, row.what, row.detail, row.ref) for row in rows)
    return csv_lines(COLUMNS, cells)


def _sieve(data: QueryDict) -> Sieve:
    act = data.get("act", "")
    return Sieve(
        person=data.get("person", "")[:150],
        act=act if act in ACTS else "",
        text=data.get("text", "").strip()[:100],
        since=_day(data.get("since", "")),
        until=_day(data.get("until", "")),
        before=_moment(data.get("before", "")),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Beyond, a time zone or one day more leads out of the calendar.
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
