"""How pictures are made and measured: Batch, Job, Step, Attempt, Artifact; Rendition and Check."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

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
    RUSH = 0, "Rush"
    STANDARD = 1, "Standard"
    BULK = 2, "Bulk"


class BatchState(models.TextChoices):
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Done"


class Batch(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="batches")
    name = models.CharField(max_length=200)
    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT)
    mode = models.CharField(max_length=24, default="packshot")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.STANDARD)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.RUNNING)
    source = models.CharField(max_length=12, default="browser")
    intake = models.ForeignKey(Intake, null=True, blank=True, on_delete=models.SET_NULL)
    not_before = models.DateTimeField(null=True, blank=True)
    is_filling = models.BooleanField(
        default=False, help_text="photos are still being fetched; they become jobs as they come"
    )
    # Raised with every visible change of a job: a watching page asks "anything after 41?" and gets 304 or the changed jobs.
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_known")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.pk])


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting for a provider"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_JOB_STATES = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING)


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
    available_at = models.DateTimeField(default=timezone.now)
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


class StepState(models.TextChoices):
    PENDING = "pending", "To do"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting for a provider"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    AMBIGUOUS = "ambiguous", "Needs a look: the paid call may have been made"


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

    def __str__(self) -> str:
        return f"{self.name} of job {self.job_id}"


class Outcome(models.TextChoices):
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    REUSED = "reused", "Found done"
    FAILED = "failed", "Failed"
    LOST = "lost", "Worker lost"
    AMBIGUOUS = "ambiguous", "Unknown: may have been made"


class Attempt(models.Model):
    """One try at a step, appended and kept. For a paid call it is written before the call, with the price."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    token = models.UUIDField(help_text="the lease it ran under, and its idempotency key at a provider")
    provider = models.CharField(max_length=40, blank=True)
    provider_ref = models.CharField(max_length=200, blank=True)
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

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["step", "number"], name="attempt_number_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="attempt_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of step {self.step_id}"


class ArtifactState(models.TextChoices):
    STORED = "stored", "Stored"
    EXPIRING = "expiring", "Being removed"
    EXPIRED = "expired", "Removed"


class Artifact(models.Model):
    """A file made by a step, found again by the step's key. The row outlives the file as a tombstone."""

    step_key = models.CharField(max_length=64)
    role = models.CharField(max_length=24, help_text='"cutout", "proxy", "background", "file" …')
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    meta = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ArtifactState.choices, default=ArtifactState.STORED)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step_key", "role"], name="artifact_once_per_key_and_role"),
            models.CheckConstraint(condition=Q(state__in=ArtifactState.values), name="artifact_state_known"),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="artifact_by_content"),
            models.Index(fields=["expires_at"], condition=Q(state="stored"), name="artifact_due"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.sha256[:12]}"


class RenditionKind(models.TextChoices):
    CUTOUT = "cutout", "Cut-out"
    MAIN = "main", "Main picture"
    SIZE = "size", "Size"
    STYLE = "style", "On a background"
    ERP = "erp", "ERP file"
    CAMPAIGN = "campaign", "Campaign"
    VIDEO = "video", "Video"


class RenditionState(models.TextChoices):
    MEASURED = "measured", "Measured"  # waits for the gate
    APPROVED = "approved", "Approved"
    IN_REVIEW = "in_review", "Needs a look"
    REWORK = "rework", "Being made again"
    REJECTED = "rejected", "Rejected"
    RECALLED = "recalled", "Recalled"


class RenditionQuerySet(models.QuerySet["Rendition"]):
    def current(self) -> "RenditionQuerySet":
        return self.filter(is_current=True)

    def awaiting_verdict(self) -> "RenditionQuerySet":
        """What the gate has not judged yet."""
        return self.current().filter(state=RenditionState.MEASURED)

    def shippable(self) -> "RenditionQuerySet":
        """Approved, in effect, and made from nothing that is not: a rejected cut-out keeps back all that was made from it."""
        now = timezone.now()
        parents_fine = Q(parent=None) | (
            Q(parent__state=RenditionState.APPROVED, parent__effective_at__lte=now, parent__is_current=True)
            & (
                Q(parent__parent=None)
                | Q(parent__parent__state=RenditionState.APPROVED, parent__parent__effective_at__lte=now)
            )
        )
        return self.current().filter(parents_fine, state=RenditionState.APPROVED, effective_at__lte=now)

    def held_back(self) -> "RenditionQuerySet":
        """Approved themselves, but made from something that is not."""
        return self.current().filter(state=RenditionState.APPROVED).exclude(pk__in=Rendition.objects.shippable())


class Rendition(models.Model):
    """A final file made by a job from a spec. A remake is a new row; the old one stays as history."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="renditions")
    variant = models.ForeignKey(Variant, null=True, on_delete=models.SET_NULL, related_name="renditions")
    # What it is made from: sizes from the main picture, that from the cut-out. At most two levels.
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    name = models.CharField(max_length=80, help_text='"cutout", "main", "size-hero", "style-lifestyle-home"')
    kind = models.CharField(max_length=10, choices=RenditionKind.choices)
    style = models.CharField(max_length=40, blank=True)
    spec = models.JSONField(default=dict)
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="renditions")
    attempt = models.PositiveSmallIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=RenditionState.choices, default=RenditionState.MEASURED)
    score = models.FloatField(default=1.0, validators=[MinValueValidator(0), MaxValueValidator(1)])
    # Engine, model, seeds, step keys, fallbacks: what the receipt and the file's metadata say.
    provenance = models.JSONField(default=dict)
    notes = models.JSONField(default=list, help_text="fallbacks and reductions, in words, shown with the picture")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    effective_at = models.DateTimeField(null=True, blank=True, help_text="an approval counts from here on")

    objects = RenditionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["job", "name"], condition=Q(is_current=True), name="rendition_one_current"),
            models.CheckConstraint(condition=Q(state__in=RenditionState.values), name="rendition_state_known"),
            models.CheckConstraint(condition=Q(kind__in=RenditionKind.values), name="rendition_kind_known"),
        ]
        indexes = [
            models.Index(fields=["state", "id"], condition=Q(is_current=True), name="rendition_by_state"),
            models.Index(fields=["variant", "name"], condition=Q(is_current=True), name="rendition_of_variant"),
        ]

    def __str__(self) -> str:
        return f"{self.job.sku} {self.name}"

    def approve(self, *, effective_at: Any = None) -> None:
        self._decide(RenditionState.APPROVED, effective_at=effective_at or timezone.now())

    def send_to_review(self) -> None:
        self._decide(RenditionState.IN_REVIEW, effective_at=None)

    def reject(self) -> None:
        self._decide(RenditionState.REJECTED, effective_at=None)

    def recall(self) -> None:
        self._decide(RenditionState.RECALLED, effective_at=None)

    def _decide(self, state: RenditionState, *, effective_at: Any) -> None:
        self.state, self.decided_at, self.effective_at = state, timezone.now(), effective_at
        self.save(update_fields=["state", "decided_at", "effective_at"])


class Check(models.Model):
    """One measurement of one rendition. The limit and the outcome are the recipe's; a policy judges again by its own."""

    rendition = models.ForeignKey(Rendition, on_delete=models.CASCADE, related_name="checks")
    code = models.CharField(max_length=24)
    value = models.FloatField()
    unit = models.CharField(max_length=16, blank=True)
    limit = models.FloatField(null=True)
    passed = models.BooleanField()
    is_hard = models.BooleanField(default=False)
    # x, y, w, h and x, y as shares of the picture
    box = models.JSONField(null=True)
    worst = models.JSONField(null=True)
    heat = models.BinaryField(null=True, help_text="PNG, 64 px at most")
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["rendition", "code"], name="check_once_per_rendition")]
        indexes = [models.Index(fields=["code", "value"], name="check_histogram")]

    def __str__(self) -> str:
        return f"{self.code} {self.value:g}"


class ProviderState(models.Model):
    """What all workers know of a provider: its limits, and whether it is being left alone for a while."""

    name = models.CharField(max_length=40, unique=True)
    max_in_flight = models.PositiveSmallIntegerField(default=4)
    calls_per_minute = models.PositiveIntegerField(default=60)
    tokens = models.FloatField(default=0)
    refilled_at = models.DateTimeField(default=timezone.now)
    failures = models.PositiveSmallIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True, blank=True)
    message = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return self.name


class UpkeepLease(models.Model):
    """Who runs a periodic task now; one row a task, taken by a conditional update."""

    name = models.CharField(max_length=40, unique=True)
    holder = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField(default=timezone.now)
    ran_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
