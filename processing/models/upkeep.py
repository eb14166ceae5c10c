"""What workers and schedulers tell each other through the database: limits of providers, leases of periodic tasks."""

from django.db import models
from django.utils import timezone


class ProviderState(models.Model):
    """What all workers know of a provider: its limits, and whether it is being left alone for a while."""

    name = models.CharField(max_length=40, unique=True)
    max_in_flight = models.PositiveSmallIntegerField(default=4)
    calls_per_minute = models.PositiveIntegerField(default=60)
    # Of both of these, what is used now: less after the provider has said that it was too much.
    share = models.FloatField(default=1.0)
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
