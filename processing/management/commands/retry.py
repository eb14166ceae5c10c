import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from processing import jobs
from processing.models import Batch, Job, JobState
from processing.retries import RetryPlan, in_words, plan_retry


class Command(BaseCommand):
    help = "Make failed photos again, at the step they failed at or from a named one. Finished parts are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--failed", action="store_true", help="all failed jobs")
        what.add_argument("--job", type=int, help="one job, also one that is done")
        parser.add_argument("--batch", type=int, help="with --failed: only those of this batch")
        parser.add_argument("--from", dest="from_step", help="with --job: the step to begin at, for example cutout")
        parser.add_argument("--dry-run", action="store_true", help="say what it would do and cost, and do nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_step"] and options["job"] is None:
            raise CommandError("--from needs --job.")
        plan = self._plan(options)
        if not options["json"]:
            self.stdout.write(in_words(plan))
        if options["dry_run"]:
            if options["json"]:
                self.stdout.write(json.dumps({**vars(plan), "cost": float(plan.cost)}))
            return
        is_one = options["job"] is not None
        ids = self._one(options["job"], options["from_step"]) if is_one else self._failed(options["batch"])
        if options["json"]:
            self.stdout.write(json.dumps({"queued": ids}))
        else:
            self.stdout.write(f"{len(ids)} job{'' if len(ids) == 1 else 's'} queued again.")

    def _plan(self, options: dict[str, Any]) -> RetryPlan:
        chosen = Job.objects.filter(pk=options["job"]) if options["job"] is not None else failed_jobs(options["batch"])
        try:
            return plan_retry(chosen, from_step=options["from_step"])
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _one(self, job_id: int, from_step: str | None) -> list[int]:
        job = Job.objects.filter(pk=job_id).first()
        if job is None:
            raise CommandError(f"There is no job {job_id}.")
        try:
            if not jobs.retry_job(job, from_step=from_step):
                raise CommandError(f"Job {job_id} is {job.state}: only a job that has ended can be tried again.")
        except ValueError as error:
            raise CommandError(str(error)) from error
        return [job_id]

    def _failed(self, batch_id: int | None) -> list[int]:
        failed = failed_jobs(batch_id)
        ids = list(failed.order_by("pk").values_list("pk", flat=True))
        for batch in Batch.objects.filter(pk__in=failed.values("batch")):
            jobs.retry_failed(batch)
        return ids


def failed_jobs(batch_id: int | None) -> QuerySet[Job]:
    failed = Job.objects.filter(state=JobState.FAILED)
    return failed.filter(batch=batch_id) if batch_id else failed
