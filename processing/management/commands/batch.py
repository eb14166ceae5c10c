import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from processing import jobs, scheduling
from processing.models import Batch, Priority

ACTS = {"pause": jobs.pause, "resume": jobs.resume, "cancel": jobs.cancel}


class Command(BaseCommand):
    help = "Pause, resume, cancel or reorder a batch, and say when it may run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", type=int, metavar="ID")
        parser.add_argument("--act", choices=sorted(ACTS))
        parser.add_argument("--priority", choices=[name.lower() for name in Priority.names])
        parser.add_argument("--place", choices=scheduling.PLACES, help="among the batches of its priority")
        parser.add_argument("--hours", help="off-peak, times of day such as 22:00-06:00, or any")
        parser.add_argument("--not-before", metavar="TIME", help="2026-12-01T20:00, or now")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        batch = Batch.objects.filter(pk=options["batch"]).first()
        if batch is None:
            raise CommandError(f"There is no batch {options['batch']}.")
        if options["priority"]:
            scheduling.set_priority(batch, Priority[options["priority"].upper()])
        if options["place"]:
            scheduling.move(batch, options["place"])
        if options["hours"] or options["not_before"]:
            self._times(batch, hours=options["hours"], not_before=options["not_before"])
        if options["act"]:
            ACTS[options["act"]](batch)
        self._report(batch, as_json=options["json"])

    def _times(self, batch: Batch, *, hours: str | None, not_before: str | None) -> None:
        moment = batch.not_before if not not_before else None if not_before == "now" else moment_of(not_before)
        try:
            chosen = scheduling.hours_of(batch) if not hours else scheduling.hours_from("" if hours == "any" else hours)
        except ValueError as error:
            raise CommandError(str(error)) from error
        scheduling.set_times(batch, not_before=moment, hours=chosen)

    def _report(self, batch: Batch, *, as_json: bool) -> None:
        batch.refresh_from_db()
        waits = scheduling.waits_for(batch)
        answer = {
            "batch": batch.pk, "state": batch.state, "priority": Priority(batch.priority).name.lower(), "rank": batch.rank,
            "waits_for": waits,
        }  # fmt: skip
        words = f"Batch {batch.pk} is {batch.state}, {answer['priority']}{f', runs {waits}' if waits else ''}."
        self.stdout.write(json.dumps(answer) if as_json else words)


def moment_of(text: str) -> Any:
    """An aware moment; without a zone it is in the site's. CommandError when it is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is no moment: write 2026-12-01T20:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
