"""Who uses Firstpass, and what they are told: users with a role, API tokens, events and webhook endpoints."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OPERATOR = "operator", _("Operator")
    REVIEWER = "reviewer", _("Reviewer")
    MANAGER = "manager", _("Manager")
    INTEGRATOR = "integrator", _("Integrator")


class Tier(models.TextChoices):
    """How much a user may spend at hosted providers in a month; the amounts are budgets."""

    STANDARD = "standard", _("Standard")
    PLUS = "plus", _("Plus")
    UNLIMITED = "unlimited", _("Unlimited")


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Surround(models.TextChoices):
    """What lies around a picture in the review room, whatever the theme: a bright frame changes how an edge looks."""

    DARK = "dark", _("Dark")
    GREY = "grey", _("Mid-grey")
    LIGHT = "light", _("Light")


class User(AbstractUser):
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.OPERATOR)
    tier = models.CharField(max_length=12, choices=Tier.choices, default=Tier.STANDARD)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    surround = models.CharField(max_length=8, choices=Surround.choices, default=Surround.DARK)
    # A code of settings.LANGUAGES, which may grow; empty is as the browser asks.
    language = models.CharField(max_length=12, blank=True, default="")
    # Key bindings changed by the user, and whether single-letter keys are on: {"enabled": true, "approve": "a"}.
    keys = models.JSONField(default=dict, blank=True)
    # The second factor: its sealed key, since when it is asked for, and the time step of the last code taken; see second_factor.py.
    second_factor_key = models.CharField(max_length=255, blank=True, default="")
    second_factor_at = models.DateTimeField(null=True, blank=True)
    second_factor_step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="user_tier_known"),
            models.CheckConstraint(condition=Q(surround__in=Surround.values), name="user_surround_known"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class RecoveryCode(models.Model):
    """Lets a user in once without the phone. Only a digest is kept: 80 random bits need no slow hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once_per_user")]

    def __str__(self) -> str:
        return f"{self.user}, {'used' if self.used_at else 'unused'}"


class Scope(models.TextChoices):
    READ = "read", _("Read products, batches and renditions")
    UPLOAD = "upload", _("Submit batches")
    REVIEW = "review", _("Claim and decide review tasks")
    EXPORT = "export", _("Start exports and read listings")
    WEBHOOKS = "webhooks", _("Manage webhook endpoints")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, user__is_active=True).filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        )

    def find(self, secret: str) -> "ApiToken | None":
        return self.usable().select_related("user").filter(digest=ApiToken.digest_of(secret)).first()


class ApiToken(models.Model):
    """A bearer secret of one user. Only its digest is kept: 32 random bytes need no slow hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(
        cls, *, user: User, name: str, scopes: list[str], expires_at: datetime | None = None
    ) -> tuple["ApiToken", str]:
        """A new token and its secret, which is shown once and cannot be read again."""
        unknown = set(scopes) - set(Scope.values)
        if unknown:
            raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))}")
        secret = f"fp_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(
            user=user,
            name=name,
            prefix=secret[:9],
            digest=cls.digest_of(secret),
            scopes=sorted(scopes),
            expires_at=expires_at,
        )
        return token, secret

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def mark_used(self, *, address: str | None) -> None:
        """Remembers the last use, at most once a minute: a busy integrator must not write a row per request."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > timedelta(minutes=1):
            type(self).objects.filter(pk=self.pk).update(last_used_at=now, last_used_from=address)

    def revoke(self) -> None:
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class IdempotencyRecord(models.Model):
    """The first answer given to an Idempotency-Key, replayed to repeats of the same request for a day."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    # Empty while the first request is still being answered.
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_once_per_user")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_expiry")]

    def __str__(self) -> str:
        return self.key


class Event(models.Model):
    """Something that happened, written in the transaction of the change that made it true."""

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, help_text="What it is about, as job:12 or rendition:9.")
    data = models.JSONField(default=dict)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="event_by_subject"),
            models.Index(fields=["created_at"], name="event_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


def new_webhook_secret() -> str:
    """A Standard Webhooks secret: 32 random bytes, shown as whsec_ and base64."""
    import base64

    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def listening(self) -> "WebhookEndpointQuerySet":
        """Switched on, of people who are too: who has left is told nothing more."""
        return self.filter(is_active=True, user__is_active=True)


class WebhookEndpoint(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="webhook_endpoints")
    url = models.URLField(max_length=2000)
    secret = models.CharField(max_length=128, default=new_webhook_secret)
    # Still signs beside the new one until this time, so that a receiver can change over.
    old_secret = models.CharField(max_length=128, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    kinds = models.JSONField(default=list, help_text="Event kinds wanted; empty means all.")
    is_active = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    # While a worker goes through this endpoint's deliveries, or while the endpoint is given a rest after a failure.
    busy_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.url

    def switch_off(self, reason: str) -> None:
        self.is_active, self.disabled_reason = False, reason[:200]
        self.save(update_fields=["is_active", "disabled_reason"])


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")


class WebhookDelivery(models.Model):
    """One event for one endpoint: the outbox row, and its log of tries."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    # [{"at", "status", "error", "response", "ms"}], newest last
    log = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_event_once_per_endpoint"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhook_delivery_state_known"),
        ]
        indexes = [
            # The sender's query: what is due.
            models.Index(fields=["next_at"], condition=Q(state__in=["pending", "sending"]), name="webhook_due"),
            # The log of an endpoint, newest first.
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"
