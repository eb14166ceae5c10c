import hashlib

from django.conf import settings
from django.db import models


class OwnBackplateQuerySet(models.QuerySet["OwnBackplate"]):
    def usable(self, style: str) -> "OwnBackplateQuerySet":
        """Finished sets of a style, in an order that does not depend on who asks."""
        return self.filter(style=style, is_ready=True).order_by("name")


class OwnBackplate(models.Model):
    """A set that a shop has brought along. `values` are those of a backplate's JSON file without name and style; they are
    suggestions until a person has saved them, which makes the set usable."""

    style = models.SlugField(max_length=32, help_text='recipes name it "own:<style>"')
    name = models.SlugField(max_length=60)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    side_px = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    is_ready = models.BooleanField(default=False)
    preview_sha256 = models.CharField(max_length=64, blank=True)
    preview_path = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnBackplateQuerySet.as_manager()

    class Meta:
        ordering = ["style", "name"]
        constraints = [
            models.UniqueConstraint(fields=["style", "name"], name="own_backplate_name_once_per_style"),
            models.UniqueConstraint(fields=["style", "sha256"], name="own_backplate_once_per_style"),
        ]

    def __str__(self) -> str:
        return f"own:{self.style} {self.name}"

    @property
    def meta(self) -> dict[str, object]:
        """As in the JSON file beside a picture."""
        return {"name": self.name, "style": f"own:{self.style}", **self.values}

    @property
    def key(self) -> str:
        """Changes with the picture and with what is said about it."""
        return hashlib.sha256(f"{self.sha256}|{sorted(self.meta.items())}".encode()).hexdigest()
