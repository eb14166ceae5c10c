"""What is made and measured: Artifact, Rendition, Check."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from processing.models.work import Job


class ArtifactState(models.TextChoices):
    STORED = "stored", "Stored"
    EXPIRING = "expiring", "Being removed"  # a tombstone already; its file goes next
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
    used_at = models.DateTimeField(db_default=Now(), help_text="made or found done by a job; its age counts from here")
    expired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step_key", "role"], name="artifact_once_per_key_and_role"),
            models.CheckConstraint(condition=Q(state__in=ArtifactState.values), name="artifact_state_known"),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="artifact_by_content"),
            # Retention: what has not been used for long.
            models.Index(fields=["used_at"], condition=Q(state="stored"), name="artifact_unused"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.sha256[:12]}"


class RenditionKind(models.TextChoices):
    CUTOUT = "cutout", _("Cut-out")
    MAIN = "main", _("Main picture")
    SIZE = "size", _("Size")
    STYLE = "style", _("On a background")
    ERP = "erp", _("ERP file")
    CAMPAIGN = "campaign", _("Campaign")
    VIDEO = "video", _("Video")
    GENERATED = "generated", _("From a prompt")


class RenditionState(models.TextChoices):
    MEASURED = "measured", _("Measured")  # waits for the gate
    APPROVED = "approved", _("Approved")
    IN_REVIEW = "in_review", _("Needs a look")
    REWORK = "rework", _("Being made again")
    REJECTED = "rejected", _("Rejected")
    RECALLED = "recalled", _("Recalled")


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
            # What was taken back lately: asked every few seconds for exports and listings that hold it.
            models.Index(
                fields=["decided_at"],
                condition=Q(state__in=[RenditionState.RECALLED, RenditionState.REJECTED]),
                name="rendition_taken_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job.sku} {self.name}"

    @property
    def is_video(self) -> bool:
        return self.kind == RenditionKind.VIDEO

    @property
    def is_in_set(self) -> bool:
        """Whether it shows the product in surroundings: a video may also be on white."""
        return self.kind in (RenditionKind.STYLE, RenditionKind.CAMPAIGN) or (self.is_video and bool(self.style))

    @property
    def picture_sha256(self) -> str:
        """The file itself; of a video the strip of its frames, which can be looked at like any picture."""
        return str(self.provenance["strip"]) if self.is_video else self.artifact.sha256

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
    # On which the worst place is seen best: "black" or "white"; "" where the code alone says it.
    backdrop = models.CharField(max_length=8, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["rendition", "code"], name="check_once_per_rendition")]
        indexes = [models.Index(fields=["code", "value"], name="check_histogram")]

    def __str__(self) -> str:
        return f"{self.code} {self.value:g}"
