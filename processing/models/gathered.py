import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class GatheredState(models.TextChoices):
    SENDING = "sending", "Being sent"
    SENT = "sent", "At the provider"
    ENDED = "ended", "Ended"


class GatheredBatch(models.Model):
    """Calls of many steps in one request. Written before it is sent, under the name by which the provider knows it, so that
    a sender that dies is followed by one who asks first."""

    provider = models.CharField(max_length=80)
    name = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=8, choices=GatheredState.choices, default=GatheredState.SENDING)
    provider_ref = models.CharField(max_length=200, blank=True)
    # Set before each sending, cleared where it is known that nothing was accepted.
    asked_at = models.DateTimeField(null=True, blank=True)
    available_at = models.DateTimeField(db_default=Now(), help_text="sent or looked at again from then on")
    error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=GatheredState.values), name="gathered_state_known")]
        # The collector: what is open and due.
        indexes = [models.Index(fields=["available_at"], condition=~Q(state="ended"), name="gathered_due")]

    def __str__(self) -> str:
        return f"{self.provider} {self.name}"


class EntryState(models.TextChoices):
    WAITING = "waiting", "Waits for others to go with"
    SENT = "sent", "In a batch"
    DONE = "done", "Answered"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled before it was sent"


class EntryFailure(models.TextChoices):
    PASSING = "passing", "May be tried again"
    REFUSED = "refused", "Content declined"
    PERMANENT = "permanent", "Would fail the same way"


class GatheredEntry(models.Model):
    """One paid call among those that go together; `key` is its attempt's token. The body is forgotten once it is answered."""

    key = models.UUIDField(unique=True)
    provider = models.CharField(max_length=80)
    batch = models.ForeignKey(GatheredBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="entries")
    state = models.CharField(max_length=9, choices=EntryState.choices, default=EntryState.WAITING)
    body = models.JSONField(default=dict)
    bytes = models.PositiveIntegerField(help_text="of the body as JSON")
    weight = models.PositiveSmallIntegerField(default=1, help_text="share of a batch that its answer takes")
    price = models.DecimalField(max_digits=10, decimal_places=5)
    goes_alone = models.BooleanField(
        default=False, help_text="a batch with it was rejected: it must not hold up others"
    )
    is_unwanted = models.BooleanField(default=False, help_text="cancelled after it was sent")
    cost = models.DecimalField(max_digits=10, decimal_places=5, default=0)
    path = models.CharField(max_length=120, blank=True, help_text="the result's file")
    media_type = models.CharField(max_length=40, blank=True)
    meta = models.JSONField(default=dict)
    failure = models.CharField(max_length=9, choices=EntryFailure.choices, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EntryState.values), name="gathered_entry_state_known"),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(batch=None), name="gathered_entry_waits_outside_batches"
            ),
        ]
        # The collector: what waits, oldest first.
        indexes = [
            models.Index(fields=["provider", "id"], condition=Q(state="waiting"), name="gathered_entry_waiting"),
        ]

    def __str__(self) -> str:
        return str(self.key)
