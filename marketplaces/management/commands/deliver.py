import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplaces.deliveries.start import CannotDeliver, recall, start, target_named
from marketplaces.models import Delivery, Export


class Command(BaseCommand):
    help = "Send a finished export to a delivery target; again, to go on with what has not arrived."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("export", type=int, help="number of a finished export")
        parser.add_argument(
            "--to", required=True, metavar="TARGET", help="name of a target, as in its channel's settings"
        )
        parser.add_argument("--wait", action="store_true", help="carry it out here and now, pauses included")
        parser.add_argument("--recall", action="store_true", help="take everything back from the target instead")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        export = Export.objects.select_related("channel").filter(pk=options["export"]).first()
        if export is None:
            raise CommandError(f"There is no export {options['export']}.")
        try:
            delivery = self._delivery(export, target_named(options["to"]), is_recall=options["recall"])
        except CannotDeliver as error:
            raise CommandError(str(error)) from error
        if options["wait"]:
            self._carry_out(delivery)
        told = _told(delivery)
        self.stdout.write(json.dumps(told, ensure_ascii=False) if options["json"] else _words(told))
        if options["wait"] and told["state"] == "failed":
            raise SystemExit(1)

    def _delivery(self, export: Export, target: Any, *, is_recall: bool) -> Delivery:
        if not is_recall:
            return start(export, target)
        delivery = Delivery.objects.filter(export=export, target=target).first()
        if delivery is None:
            raise CannotDeliver(f"Export {export.pk} was never sent to {target.name}.")
        recall(delivery)
        return delivery

    def _carry_out(self, delivery: Delivery) -> None:
        """Until it is over. A worker that carries it at the same time is waited for."""
        from marketplaces.deliveries.carry import carry

        while True:
            is_more = carry(delivery.pk)
            delivery.refresh_from_db()
            if delivery.is_over:
                return
            self._progress(delivery)
            pause_s = (delivery.available_at - timezone.now()).total_seconds()
            if not is_more:
                time.sleep(min(max(pause_s, 0.5), 5.0))

    def _progress(self, delivery: Delivery) -> None:
        files = delivery.files
        left, total = files.moving().count(), files.count()
        self.stderr.write(f"{total - left} of {total} files settled. {delivery.error}")


def _told(delivery: Delivery) -> dict[str, Any]:
    delivery.refresh_from_db()
    files = [
        {
            "name": file.name,
            "state": file.state,
            "url": file.remote_url,
            "sha256": file.sha256,
            "attempts": file.attempt_count,
            "arrival": file.arrival,
            "error": file.error,
        }
        for file in delivery.files.all()
    ]
    return {
        "delivery": delivery.pk,
        "export": delivery.export_id,
        "target": delivery.target.name,
        "state": delivery.state,
        "error": delivery.error,
        "files": files,
    }


def _words(told: dict[str, Any]) -> str:
    counts: dict[str, int] = {}
    for file in told["files"]:
        counts[file["state"]] = counts.get(file["state"], 0) + 1
    summary = ", ".join(f"{count} {state}" for state, count in counts.items()) or "no files"
    lines = [f"delivery {told['delivery']} to {told['target']}: {told['state']} ({summary})"]
    lines += [f"  {file['name']}: {file['error']}" for file in told["files"] if file["error"]]
    return "\n".join([*lines, told["error"]] if told["error"] else lines)
