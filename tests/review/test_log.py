"""Who decided or changed what, when: the page, its filters, and the same as CSV."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import events
from review.decisions import Choice, decide
from review.log import Sieve, entries, page
from review.models import Decision
from review.policies import ensure_policy, save_version, with_changes
from review.undoing import undo
from tests.review.builders import known_fault, task

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(reviewer, manager) -> Decision:
    """A rejection taken back, a changed limit, a recall by the machine."""
    row = task()
    choice = Choice(uuid.uuid4(), row.pk, "reject", reason="EDGE_HALO", note="=cmd", ms=4200)
    decide(reviewer, choice)
    undo(reviewer, choice.client_id)
    policy = ensure_policy()
    save_version(with_changes(policy, {"EDGE_HALO": 2.5}), note="Halos sell", by=manager)
    events.record("rendition.recalled", subject="rendition:1", data={"sku": "MUG-1", "name": "main", "by": "audit"})
    return Decision.objects.get(verdict="reject")


def acts(**fields) -> list[str]:
    return [entry.act for entry in entries(Sieve(**fields))]


def test_entries_are_the_newest_first_with_undo_as_its_own(history):
    assert acts()[:2] == ["rendition.recalled", "policy.saved"]
    assert acts()[-2:] == ["decision.undo", "decision.reject"] or "decision.undo" in acts()
    times = [entry.at for entry in entries(Sieve())]
    assert times == sorted(times, reverse=True)


def test_entries_tell_what_was_measured_and_what_changed(history):
    told = {entry.act: entry for entry in entries(Sieve())}
    said = told["decision.reject"].detail
    assert "edge halo 3.8 (limit 1.5)" in said
    assert "looked at for 4.2 s" in said
    assert "was: rejected" in told["decision.undo"].detail
    newest = next(entry for entry in entries(Sieve(act="policy.saved")))
    assert "→ 2.5" in newest.detail
    assert "“Halos sell”" in newest.detail


def test_filters_narrow_the_list(history):
    assert set(acts(person="rita")) == {"decision.reject", "decision.undo"}
    assert acts(person="mona") == ["policy.saved"]
    assert acts(act="decision.undo") == ["decision.undo"]
    assert "rendition.recalled" in acts(text="mug-1")
    assert acts(text="sell") == ["policy.saved"]
    today = timezone.localdate()
    assert acts(until=today - timedelta(days=1)) == []
    assert len(acts(since=today, until=today)) == len(acts())


def test_a_known_fault_is_named_to_managers(reviewer):
    decide(reviewer, Choice(uuid.uuid4(), known_fault().pk, "approve"))
    assert "known fault" in next(iter(entries(Sieve()))).detail


def test_pages_follow_each_other_without_gap_or_repeat(reviewer):
    for _ in range(60):
        decide(reviewer, Choice(uuid.uuid4(), task().pk, "approve"))
    first, following = page(Sieve(act="decision.approve"))
    second, end = page(Sieve(act="decision.approve", before=following))
    assert (len(first), len(second), end) == (50, 10, None)
    assert len({entry.ref for entry in [*first, *second]}) == 60


def test_log_page_lists_and_filters(client, manager, history):
    client.force_login(manager)
    text = client.get(reverse("audit-log"), {"person": "rita"}).content.decode()
    assert "Rejected" in text
    assert "Halos sell" not in text
    nonsense = {"since": "tomorrow", "before": "x", "act": "no", "text": "'; --"}
    assert client.get(reverse("audit-log"), nonsense).status_code == 200


def test_csv_has_every_entry_and_no_formulas(client, manager, history):
    client.force_login(manager)
    answer = client.get(reverse("audit-log-csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert len(rows) == len(acts())
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_reviewers_do_not_see_the_log(client, reviewer):
    client.force_login(reviewer)
    assert client.get(reverse("audit-log")).status_code == 403


def test_recall_from_an_export_names_the_export_and_its_first_pictures():
    files = [{"name": f"A-{n}.jpg"} for n in range(5)]
    data = {"export": 7, "channel": "amazon", "count": 5, "files": files}
    events.record("export.recalled", subject="export:7", data=data)
    (entry,) = entries(Sieve(act="export.recalled"))
    assert (entry.what, entry.url) == ("amazon, export 7", reverse("export", args=[7]))
    assert entry.detail == "A-0.jpg, A-1.jpg, A-2.jpg and 2 more"
