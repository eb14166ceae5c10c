"""Repairs that reach beyond one step and may have to wait for a provider."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from processing.models.work import Job


class RepairState(models.TextChoices):
    OPEN = "open", _("Being tried")
    KEPT = "kept", _("Kept")
    DROPPED = "dropped", _("Not better")
    FAILED = "failed", _("Could not be made")


class RepairQuerySet(models.QuerySet["Repair"]):
    def open(self) -> "RepairQuerySet":
        return self.filter(state=RepairState.OPEN)


class Repair(models.Model):
    """One try to remove a doubt by doing a step again elsewhere: the cut-out with another engine, a set with the next seed.

    While it is open the steps carry its parameters; `before` holds what they had, so that they can get it back.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="repairs")
    step = models.CharField(max_length=80, help_text="the step that is done again")
    label = models.CharField(max_length=120)
    doubt = models.CharField(max_length=24, help_text="code of the check that chose it")
    provider = models.CharField(max_length=40)
    price = models.DecimalField(max_digits=10, decimal_places=5, default=0, help_text="USD, expected")
    # {step: {"params", "provider", "note"}} of every step that is done again
    before = models.JSONField(default=dict)
    judged = models.JSONField(default=list, help_text="names of the steps whose scores are compared")
    value_before = models.FloatField()
    value_after = models.FloatField(null=True)
    score_before = models.FloatField()
    score_after = models.FloatField(null=True)
    state = models.CharField(max_length=8, choices=RepairState.choices, default=RepairState.OPEN)
    reason = models.CharField(max_length=400, blank=True, help_text="why it could not be made")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RepairQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["job"], condition=Q(state="open"), name="repair_one_open"),
            models.CheckConstraint(condition=Q(state__in=RepairState.values), name="repair_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.label} for job {self.job_id}"
