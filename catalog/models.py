"""What is sold and its raw photos, and how they came in."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    BEAUTY = "beauty", _("Beauty")
    ELECTRONICS = "electronics", _("Electronics")
    EYEWEAR = "eyewear", _("Eyewear")
    FASHION = "fashion", _("Fashion")
    FOOD = "food", _("Food")
    HOME_GOODS = "home-goods", _("Home goods")
    JEWELLERY = "jewellery", _("Jewellery")
    OUTDOOR = "outdoor", _("Outdoor")
    TOYS = "toys", _("Toys")
    DEFAULT = "default", _("Other")


class Product(models.Model):
    code = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=16, choices=Category.choices, default=Category.DEFAULT)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(category__in=Category.values), name="product_category_known")]
        # The gallery: newest first, page by page.
        indexes = [models.Index(fields=["-created_at", "-id"], name="product_newest")]

    def __str__(self) -> str:
        return self.name or self.code

    def get_absolute_url(self) -> str:
        return reverse("product", args=[self.code])


class Tag(models.Model):
    """A word that people put on products to find them together: a season, a shoot, a customer."""

    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_once")]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=80, unique=True)
    asin = models.CharField(max_length=10, blank=True)
    gtin = models.CharField(max_length=14, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    tags = models.ManyToManyField(Tag, related_name="variants", blank=True)

    def __str__(self) -> str:
        return self.sku


class SourceImage(models.Model):
    """An original file, kept byte for byte under its content's address. Never changed."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="source_images")
    view = models.PositiveSmallIntegerField(default=1, help_text="1 front, 2 angle, 3 side, then free")
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    original_name = models.CharField(max_length=400)
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField(help_text="px, after orientation")
    height = models.PositiveIntegerField(help_text="px, after orientation")
    mode = models.CharField(max_length=12)
    profile = models.CharField(max_length=120, blank=True)
    bytes = models.PositiveBigIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["view", "id"]
        constraints = [models.UniqueConstraint(fields=["variant", "sha256"], name="source_image_once_per_variant")]
        # Intake asks whether these bytes are known.
        indexes = [models.Index(fields=["sha256"], name="source_image_by_content")]

    def __str__(self) -> str:
        return f"{self.variant.sku} view {self.view}"


class IntakeState(models.TextChoices):
    OPEN = "open", "Collecting"
    READY = "ready", "Ready"
    SUBMITTED = "submitted", "Submitted"
    DISCARDED = "discarded", "Discarded"


class Intake(models.Model):
    """One act of bringing photos in, from the first file to the submit; survives a reload of the page."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    source = models.CharField(
        max_length=12, default="browser", help_text="browser, zip, csv, manifest, folder, cli, api"
    )
    name = models.CharField(max_length=200, blank=True)
    pattern = models.CharField(max_length=200, blank=True)
    default_category = models.CharField(max_length=16, choices=Category.choices, default=Category.DEFAULT)
    # {sku: {"name": …}} from table rows that name no photo: they describe products whose photos come beside the table.
    facts = models.JSONField(default=dict, blank=True)
    watched_folder = models.ForeignKey("WatchedFolder", null=True, blank=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=10, choices=IntakeState.choices, default=IntakeState.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=IntakeState.values), name="intake_state_known")]

    def __str__(self) -> str:
        return self.name or f"intake {self.pk}"


class ItemState(models.TextChoices):
    WAITING = "waiting", "Waiting for its file"
    ACCEPTED = "accepted", "Accepted"
    OPENED = "opened", "Opened: what was inside has rows of its own"
    DUPLICATE = "duplicate", "Known already"
    REJECTED = "rejected", "Rejected"


class IntakeItemQuerySet(models.QuerySet["IntakeItem"]):
    def usable(self) -> "IntakeItemQuerySet":
        """Photos that will be processed, those known from before included."""
        return self.filter(state__in=[ItemState.ACCEPTED, ItemState.DUPLICATE])

    def to_fetch(self) -> "IntakeItemQuerySet":
        return self.filter(state=ItemState.WAITING).exclude(url="")

    def refused(self) -> "IntakeItemQuerySet":
        return self.filter(state=ItemState.REJECTED)

    def save_all(self, items: Iterable["IntakeItem"], fields: Sequence[str]) -> None:
        """Writes the fields of existing rows at once: as an upsert, which for thousands is ten times faster than bulk_update.

        Hold the intake's lock, so that no row is deleted meanwhile and made again here.
        """
        self.bulk_create(items, update_conflicts=True, unique_fields=["pk"], update_fields=fields, batch_size=1000)


class IntakeItem(models.Model):
    """One file or link of an intake and what became of it.

    An accepted file becomes a source image at submit, not before: until then its name may be read by another pattern.
    """

    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="items")
    path = models.CharField(max_length=1000, help_text="the name it came with, folders included, or its address")
    url = models.CharField(max_length=2000, blank=True, help_text="where the photo is fetched from")
    bytes = models.PositiveBigIntegerField(default=0)
    modified_ms = models.BigIntegerField(null=True, help_text="as the sender's system says; tells a changed file")
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.CharField(max_length=120, blank=True, help_text="where the received bytes are stored")
    photo = models.JSONField(default=dict, blank=True, help_text="format, width, height, mode, profile")
    sku = models.CharField(max_length=80, blank=True)
    view = models.PositiveSmallIntegerField(default=1)
    category = models.CharField(max_length=16, blank=True)
    fields = models.JSONField(default=dict, blank=True, help_text="name, asin, gtin … from a CSV or manifest")
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.WAITING)
    reason_code = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    note = models.CharField(max_length=400, blank=True, help_text="worth knowing, but no reason to refuse")
    attempt_count = models.PositiveSmallIntegerField(default=0, help_text="tries to fetch the url")
    # While fetched by a worker: until when it may be presumed alive. After a failed try: when to try again.
    lease_until = models.DateTimeField(null=True, blank=True)
    source_image = models.ForeignKey(SourceImage, null=True, on_delete=models.SET_NULL)

    objects = IntakeItemQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["intake", "path"], name="intake_path_once"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="intake_item_state_known"),
        ]
        indexes = [
            # The pattern and the numbering of views look at the photos of one product.
            models.Index(fields=["intake", "sku"], name="intake_item_by_sku"),
            # What is still to be fetched.
            models.Index(fields=["intake"], condition=Q(state="waiting") & ~Q(url=""), name="intake_item_to_fetch"),
        ]

    def __str__(self) -> str:
        return self.path

    def reject(self, code: str, reason: str) -> None:
        self.state = ItemState.REJECTED
        self.reason_code, self.reason = code[:32], reason[:400]


class ColumnMapping(models.Model):
    """Which column of a CSV means what, remembered per owner for files with the same header."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    header_hash = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "header_hash"], name="column_mapping_once")]

    def __str__(self) -> str:
        return f"columns of {self.header_hash[:8]}"


class WatchedFolder(models.Model):
    """A folder on the server whose new photos are submitted by themselves."""

    path = models.CharField(max_length=1000, unique=True)
    recipe = models.CharField(max_length=80, default="packshot")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    is_active = models.BooleanField(default=True)
    # {relative path: [size, mtime_ns]} seen in the last scan: a file is taken when it has stopped growing.
    seen = models.JSONField(default=dict, blank=True)
    scanned_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return self.path
