from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import User


class PromptQuerySet(models.QuerySet["Prompt"]):
    def of(self, user: User) -> "PromptQuerySet":
        """A user's history: favourites first, then the latest."""
        return self.filter(owner=user).order_by("-is_favourite", "-used_at")


class Prompt(models.Model):
    """A prompt that was used, once for each user however often it is asked for again."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="prompts")
    text = models.CharField(max_length=1000)
    style = models.CharField(max_length=20)
    ratio = models.CharField(max_length=8)
    provider = models.CharField(max_length=80)
    is_favourite = models.BooleanField(default=False)
    used_count = models.PositiveIntegerField(default=1)
    used_at = models.DateTimeField(default=timezone.now)

    objects = PromptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "text", "style", "ratio", "provider"], name="prompt_once_per_user")
        ]
        indexes = [models.Index(fields=["owner", "-is_favourite", "-used_at"], name="prompt_history")]

    def __str__(self) -> str:
        return self.text


class PromptFile(models.Model):
    """A photo, mask, video or sound that came with an order, once for each content. The job's steps name it by its hash."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    sha256 = models.CharField(max_length=64, unique=True)
    path = models.CharField(max_length=120)
    name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=40)
    bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(default=timezone.now, help_text="its age counts from here")

    def __str__(self) -> str:
        return self.name or self.sha256[:12]


class PromptTemplate(models.Model):
    """A form of prompts under a name, to be filled in again."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="prompt_templates")
    name = models.CharField(max_length=80)
    data = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="prompt_template_once_per_user")]

    def __str__(self) -> str:
        return self.name
