from django.conf import settings
from django.db import models
from django.urls import reverse

from processing.models.work import Batch


class BakeOff(models.Model):
    """The same photos through several engines, to be compared."""

    name = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("bake-off", args=[self.pk])


class BakeOffEntry(models.Model):
    """One engine's batch."""

    bake_off = models.ForeignKey(BakeOff, on_delete=models.CASCADE, related_name="entries")
    engine = models.CharField(max_length=120)
    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="bake_off_entry")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["bake_off", "engine"], name="bake_off_engine_once")]

    def __str__(self) -> str:
        return self.engine
