"""How pictures are made: Recipe, Batch, Job, Step, Attempt."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, TruncTime
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Intake, SourceImage, Variant


class Recipe(models.Model):
    """A description of what is to be made. A row never changes: an edit is the next version."""

    name = models.SlugField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    label = models.CharField(max_length=120)
    data = models.JSONField()
    is_current = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="recipe_version_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(is_current=True), name="recipe_one_current"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Priority(models.IntegerChoices):
    RUSH = 0, _("Rush")
    STANDARD = 1, _("Standard")
    BULK = 2, _("Bulk")


class BatchState(models.TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")
    DONE = "done", _("Done")


class BatchQuerySet(models.QuerySet["Batch"]):
    def open_now(self) -> "BatchQuerySet":
        """Batches whose jobs may start at this moment of the database's clock."""
        now = self.filter(state=BatchState.RUNNING).alias(time=TruncTime(Now()))
        over_midnight = Q(hours_from__gt=F("hours_to")) & (Q(time__gte=F("hours_from")) | Q(time__lt=F("hours_to")))
        within_a_day = Q(hours_from__lte=F("hours_to"), time__gte=F("hours_from"), time__lt=F("hours_to"))
        return now.filter(
            Q(not_before=None) | Q(not_before__lte=Now()), Q(hours_from=None) | over_midnight | within_a_day
        )


class Batch(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="batches")
    name = models.CharField(max_length=200)
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT)
    mode = models.CharField(max_length=24, default="packshot")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.STANDARD)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.RUNNING)
    source = models.CharField(max_length=12, default="browser")
    intake = models.ForeignKey(Intake, null=True, blank=True, on_delete=models.SET_NULL)
    # Among batches of a priority the lower rank goes first; equal ones take turns.
    rank = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    # Jobs start only between these times of day, in the site's time zone; may run over midnight.
    hours_from = models.TimeField(null=True, blank=True)
    hours_to = models.TimeField(null=True, blank=True)
    is_filling = models.BooleanField(
        default=False, help_text="photos are still being fetched; they become jobs as they come"
    )
    # Raised with every visible change of a job: a watching page asks "anything after 41?" and gets 304 or the changed jobs.
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_archived = models.BooleanField(default=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_known"),
            models.CheckConstraint(
                condition=Q(hours_from=None, hours_to=None) | Q(hours_from__isnull=False, hours_to__isnull=False),
                name="batch_hours_both_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.pk])


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting for a provider")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE_JOB_STATES = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING)


class JobQuerySet(models.QuerySet["Job"]):
    def cancelled(self) -> "JobQuerySet":
        """Jobs that somebody cancelled, alone or with their batch; those that a worker still has among them."""
        is_asked = Q(cancel_requested_at__isnull=False) | Q(batch__state=BatchState.CANCELLED)
        return self.filter(Q(state=JobState.CANCELLED) | (is_asked & Q(state__in=ACTIVE_JOB_STATES)))


class Job(models.Model):
    """The pipeline run for one source image (or, for a mode over several views, its first one)."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="jobs")
    source_image = models.ForeignKey(SourceImage, null=True, on_delete=models.SET_NULL, related_name="jobs")
    variant = models.ForeignKey(Variant, null=True, on_delete=models.SET_NULL, related_name="jobs")
    # What the product and the recipe were at submit; editing them never changes a running job.
    snapshot = models.JSONField(default=dict)
    sku = models.CharField(max_length=80)
    file = models.CharField(max_length=400)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.STANDARD)
    available_at = models.DateTimeField(db_default=Now())
    enqueued_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claim_count = models.PositiveSmallIntegerField(
        default=0, help_text="counted before the work, so that a poison job ends"
    )
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveBigIntegerField(default=0)
    stage = models.CharField(max_length=80, blank=True, help_text="the step it is at, or failed at")
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)
    error_is_permanent = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0, help_text="time spent working, all attempts")

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "source_image"], name="job_once_per_photo_and_batch"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
        ]
        indexes = [
            # The dispatcher: what may start now in each running batch, most urgent first.
            models.Index(fields=["batch", "priority", "id"], condition=Q(state="queued"), name="job_queued_in_batch"),
            # The sweep: running jobs whose worker went silent, waiting ones that are due.
            models.Index(fields=["state", "lease_until"], name="job_lease"),
            # The live page: jobs of a batch changed after a revision.
            models.Index(fields=["batch", "revision"], name="job_changed"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} {self.sku}"

    @property
    def is_open(self) -> bool:
        """Something of it is still to come, so it can be cancelled."""
        return self.state in ACTIVE_JOB_STATES

    @property
    def is_stopped(self) -> bool:
        """It ended before it was done, and can go on where it stopped."""
        return self.state in (JobState.FAILED, JobState.CANCELLED)


class StepState(models.TextChoices):
    PENDING = "pending", _("To do")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting for a provider")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    AMBIGUOUS = "ambiguous", _("Needs a look: the paid call may have been made")


class Step(models.Model):
    """A named stage of a job and the checkpoint of its result."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=80, help_text='"cutout", "background:lifestyle-home", "render:size-hero"')
    kind = models.CharField(max_length=24)
    position = models.PositiveSmallIntegerField()
    needs = models.JSONField(default=list, help_text="names of the steps whose results it uses")
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.PENDING)
    # hash(inputs' content, parameters, code version, model hash); artifacts are found by it across jobs.
    key = models.CharField(max_length=64, blank=True)
    is_reused = models.BooleanField(default=False, help_text="found done: nothing was computed or paid")
    provider = models.CharField(max_length=40, blank=True)
    provider_ref = models.CharField(max_length=200, blank=True)
    available_at = models.DateTimeField(null=True, blank=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)
    note = models.CharField(max_length=400, blank=True, help_text="a fallback or a skipped part, shown with the result")
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "name"], name="step_once_per_job"),
            models.CheckConstraint(condition=Q(state__in=StepState.values), name="step_state_known"),
        ]
        # Retention: which jobs stand behind an artifact.
        indexes = [models.Index(fields=["key"], condition=~Q(key=""), name="step_by_key")]

    def __str__(self) -> str:
        return f"{self.name} of job {self.job_id}"


class Outcome(models.TextChoices):
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    REUSED = "reused", _("Found done")
    FAILED = "failed", _("Failed")
    LOST = "lost", _("Worker lost")
    AMBIGUOUS = "ambiguous", _("Unknown: may have been made")


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def to_be_called_off(self) -> "AttemptQuerySet":
        """Paid calls in flight whose job was cancelled, failed over another step, or found the result elsewhere, as far as they are
        to be looked at now."""
        is_due = Q(step__available_at=None) | Q(step__available_at__lte=Now())
        is_left = Q(step__job__state=JobState.CANCELLED) | Q(
            ~Q(provider_ref=""), ~Q(step__job__stage=F("step__name")), step__job__state=JobState.FAILED
        )
        is_left |= Q(step__state=StepState.SUCCEEDED)
        return self.filter(is_due, is_left, outcome=Outcome.RUNNING, submitted_at__isnull=False)


class Attempt(models.Model):
    """One try at a step, appended and kept. For a paid call it is written before the call, with the price."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    token = models.UUIDField(help_text="the lease it ran under, and its idempotency key at a provider")
    provider = models.CharField(max_length=40, blank=True)
    provider_ref = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=64, blank=True, help_text="of a paid call: under which its result will be found")
    params = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)
    is_permanent = models.BooleanField(default=False)
    # Measures before and after an automatic repair, and which doubt chose it.
    repair = models.JSONField(default=dict, blank=True)
    price = models.DecimalField(
        max_digits=10, decimal_places=5, default=0, help_text="expected, written before the call"
    )
    cost = models.DecimalField(max_digits=10, decimal_places=5, default=0, help_text="USD, as charged")
    possible_duplicate = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["step", "number"], name="attempt_number_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="attempt_outcome_known"),
        ]
        indexes = [
            # The ledger, and what budgets are compared with: paid calls of a month.
            models.Index(fields=["submitted_at"], condition=Q(submitted_at__isnull=False), name="attempt_paid"),
            # Before each paid call: is the same under way?
            models.Index(fields=["key"], condition=Q(outcome="running"), name="attempt_same_call"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of step {self.step_id}"
