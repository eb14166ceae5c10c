from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BudgetScope(models.TextChoices):
    MONTH = "month", "Everybody, a month"
    TIER = "tier", _("Each user of a tier, a month")
    USER = "user", _("One user, a month")
    BATCH = "batch", "A batch"


class Budget(models.Model):
    """What hosted calls may cost. It stops the next call, never the one under way.

    `key` is the tier, the user's id or the batch's id; empty for everybody, and for every batch without a row of its own.
    The row's lock is what callers queue up at: what is spent is added up from the attempts each time.
    """

    scope = models.CharField(max_length=8, choices=BudgetScope.choices)
    key = models.CharField(max_length=40, blank=True)
    limit_usd = models.DecimalField(max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["scope", "key"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="budget_once_per_scope"),
            models.CheckConstraint(condition=Q(scope__in=BudgetScope.values), name="budget_scope_known"),
            models.CheckConstraint(condition=Q(limit_usd__gte=0), name="budget_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} {self.key}".strip()
