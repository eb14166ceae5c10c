"""Where exports are sent to, and what became of every file on the way: targets, deliveries and their files."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TargetKind(models.TextChoices):
    FOLDER = "folder", _("Folder on this server")
    ZIP = "zip", _("Zip file on this server")
    S3 = "s3", _("S3 bucket or CDN")
    HTTP = "http", _("HTTP PUT")
    SHOPIFY = "shopify", _("Shopify")
    PUSH = "push", _("Signed push by webhook")


class DeliveryTarget(models.Model):
    """A place that exports of one channel are sent to. The secrets in it are sealed, see deliveries/secrets.py."""

    channel = models.ForeignKey("marketplaces.Channel", on_delete=models.CASCADE, related_name="targets")
    name = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=8, choices=TargetKind.choices)
    # What the kind's fields ask for, without secrets.
    config = models.JSONField(default=dict, blank=True)
    # {field: sealed text or "env:NAME"}
    secrets = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    is_automatic = models.BooleanField(default=False, help_text="every finished export of the channel is sent")
    created_at = models.DateTimeField(auto_now_add=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_ok = models.BooleanField(default=False)
    test_result = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=TargetKind.values), name="target_kind_known")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("target", args=[self.name])

    def keep_test(self, *, is_ok: bool, result: str) -> None:
        self.tested_at, self.test_ok, self.test_result = timezone.now(), is_ok, result[:400]
        self.save(update_fields=["tested_at", "test_ok", "test_result"])


class DeliveryState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Sending")
    DONE = "done", _("Arrived")
    FAILED = "failed", _("Failed")
    RECALLED = "recalled", _("Recalled")


class Delivery(models.Model):
    """One export on its way to one target. Its rows are the truth; a message only says that there is work."""

    export = models.ForeignKey("marketplaces.Export", on_delete=models.CASCADE, related_name="deliveries")
    target = models.ForeignKey(DeliveryTarget, on_delete=models.PROTECT, related_name="deliveries")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    available_at = models.DateTimeField(default=timezone.now)
    enqueued_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Failures of the target itself since it last answered: they make the pauses longer and cost no file a try.
    pauses = models.PositiveSmallIntegerField(default=0)
    # What the connector has to remember for the whole: events it sent, sets it has put in order.
    memory = models.JSONField(default=dict, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # Sending an export again to the same place goes on with this row: never a second full copy.
            models.UniqueConstraint(fields=["export", "target"], name="delivery_once_per_export_and_target"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
        ]
        # The sweep: what may go on, and what has lost its worker.
        indexes = [
            models.Index(fields=["available_at"], condition=Q(state__in=["queued", "running"]), name="delivery_open")
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} of export {self.export_id} to {self.target}"

    def get_absolute_url(self) -> str:
        return reverse("delivery", args=[self.pk])

    @property
    def is_over(self) -> bool:
        return self.state in {DeliveryState.DONE, DeliveryState.FAILED, DeliveryState.RECALLED}


class FileState(models.TextChoices):
    PENDING = "pending", _("To be sent")
    SENT = "sent", _("Sent, not checked yet")
    ARRIVED = "arrived", _("Arrived")
    FAILED = "failed", _("Failed")
    WITHDRAWING = "withdrawing", _("Being withdrawn")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REPLACED = "replaced", _("Replaced by a later one")


class DeliveryFileQuerySet(models.QuerySet["DeliveryFile"]):
    def moving(self) -> "DeliveryFileQuerySet":
        """Still to be sent, checked or taken back."""
        return self.filter(state__in=[FileState.PENDING, FileState.SENT, FileState.WITHDRAWING])

    def there(self) -> "DeliveryFileQuerySet":
        """At the target, as far as is known."""
        return self.filter(state__in=[FileState.SENT, FileState.ARRIVED])


class DeliveryFile(models.Model):
    """One file for one target: where it goes, what was tried, and what was found there. Stays as a tombstone."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="files")
    export_file = models.ForeignKey(
        "marketplaces.ExportFile", null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    name = models.CharField(max_length=255, help_text="as in the export")
    key = models.CharField(max_length=400, help_text="its place at the target")
    sku = models.CharField(max_length=80, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_picture = models.BooleanField(default=True)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=12, choices=FileState.choices, default=FileState.PENDING)
    # Counted before the work: a file that kills its worker must come to an end.
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    remote_id = models.CharField(max_length=400, blank=True)
    remote_url = models.CharField(max_length=2000, blank=True)
    # {"verdict": "identical" | "re-encoded", "bytes", "sha256", "psnr_db", "lost": [...], "looks": n}
    arrival = models.JSONField(default=dict, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)
    # [{"at", "what", "error"}], newest last
    log = models.JSONField(default=list, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryFileQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "name"], name="delivery_file_once"),
            models.CheckConstraint(condition=Q(state__in=FileState.values), name="delivery_file_state_known"),
        ]
        indexes = [
            # Who else put something at this place of a target.
            models.Index(fields=["key"], name="delivery_file_by_place"),
            # The worker: what of a delivery is due.
            models.Index(fields=["delivery", "state", "next_at"], name="delivery_file_due"),
        ]

    def __str__(self) -> str:
        return self.name

    def noted(self, what: str, error: str = "") -> list[dict[str, Any]]:
        """The log with one more line; the last twenty are kept."""
        entry = {"at": timezone.now().isoformat(timespec="seconds"), "what": what, "error": error[:400]}
        return [*self.log, entry][-20:]
