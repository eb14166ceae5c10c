"""What each shop front gets: channels, exports and their files, and the change feed a shop keeps in sync by."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from marketplaces.delivery_models import Delivery, DeliveryFile, DeliveryTarget
from marketplaces.packfile import load_pack
from marketplaces.packs import Pack
from processing.models import Rendition


class ChannelQuerySet(models.QuerySet["Channel"]):
    def active(self) -> "ChannelQuerySet":
        return self.filter(is_active=True)


class Channel(models.Model):
    """A marketplace, or a shop of one's own: a rule pack with this operator's settings."""

    name = models.SlugField(max_length=40, unique=True)
    pack = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    # {"creator", "copyright", "marketplace_id", "name_by_sku", "link_template" …}, see forms.SettingsForm.
    settings = models.JSONField(default=dict, blank=True)
    # {rule key: value} in place of the pack's.
    overrides = models.JSONField(default=dict, blank=True)
    is_sandbox = models.BooleanField(default=False, help_text="for trying an integration: marked in every answer")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["is_sandbox", "id"]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("channel", args=[self.name])

    def rules(self) -> Pack:
        """The pack with the overrides in effect, as far as it still has their rules. PackError when either cannot be used."""
        return load_pack(self.pack).with_known(self.overrides)


class ExportState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Export(models.Model):
    """One run that takes approved pictures out: to a channel, or as the plain tree when it has none."""

    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="exports")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    # {"batch": 3} or {"skus": [...]}; empty means everything that is approved.
    scope = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.QUEUED)
    pack_version = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0, help_text="products looked at so far")
    total_count = models.PositiveIntegerField(default=0)
    # {"blocked": [...], "warnings": [...], "products": n, "bytes": n}
    report = models.JSONField(default=dict, blank=True)
    folder = models.CharField(
        max_length=1000, blank=True, help_text="where on the server the tree was written, if it was"
    )
    error = models.CharField(max_length=400, blank=True)
    is_outdated = models.BooleanField(default=False, help_text="pictures were taken back since its feeds were written")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    # Moved on with every product: an export whose worker died stops moving and is started again.
    seen_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(state__in=ExportState.values), name="export_state_known")]
        indexes = [
            # The sweep: what waits or stopped moving, and what has to be written anew after a recall.
            models.Index(fields=["seen_at"], condition=Q(state__in=["queued", "running"]), name="export_open"),
            models.Index(fields=["id"], condition=Q(is_outdated=True), name="export_outdated"),
        ]

    def __str__(self) -> str:
        return f"export {self.pk} {self.target}"

    def get_absolute_url(self) -> str:
        return reverse("export", args=[self.pk])

    @property
    def target(self) -> str:
        return self.channel.label if self.channel else gettext("Folder tree")

    @property
    def is_over(self) -> bool:
        return self.state in {ExportState.DONE, ExportState.FAILED}

    @property
    def stem(self) -> str:
        """Name of its archive without the ending."""
        return f"{self.channel.name if self.channel else 'catalogue'}-{self.pk}"


class FileKind(models.TextChoices):
    PICTURE = "picture", _("Picture")
    FEED = "feed", _("Feed")
    INDEX = "index", _("Manifest")


class ExportFile(models.Model):
    """One file of an export; its bytes are stored by content, so that equal files of many exports exist once."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=8, choices=FileKind.choices, default=FileKind.PICTURE)
    name = models.CharField(max_length=255, help_text="path inside the export")
    sku = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    rendition = models.ForeignKey(
        Rendition, null=True, blank=True, on_delete=models.SET_NULL, related_name="export_files"
    )
    # What the file was made from and how: see receipts.py.
    receipt = models.JSONField(default=dict, blank=True)
    # First 16 digits of the hash, for files that a marketplace may fetch; empty keeps a file private.
    public_key = models.CharField(max_length=16, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sku", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["export", "name"], name="export_name_once"),
            models.CheckConstraint(condition=Q(kind__in=FileKind.values), name="export_file_kind_known"),
        ]
        indexes = [
            # The public route, asked by the marketplaces' fetchers.
            models.Index(fields=["public_key"], condition=~Q(public_key=""), name="export_file_public"),
            # The receipt of a file somebody holds in hand.
            models.Index(fields=["sha256"], name="export_file_by_content"),
            # What was taken back, and is therefore to be withdrawn from all targets.
            models.Index(
                fields=["withdrawn_at"], condition=Q(withdrawn_at__isnull=False), name="export_file_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_path(self) -> str:
        """Path of the plain link; empty for a private file."""
        return f"/m/{self.public_key}/{self.name}" if self.public_key else ""


class RenderedFile(models.Model):
    """A channel picture made before: found by what it depends on and not made twice."""

    key = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # {"quality", "box_px", "mask", "notes"}
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key[:12]


class Listing(models.Model):
    """One variant on one channel, and the picture set it has there now."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="listings")
    variant = models.ForeignKey(Variant, null=True, on_delete=models.SET_NULL, related_name="listings")
    sku = models.CharField(max_length=80)
    external_ids = models.JSONField(default=dict, blank=True)
    set_version = models.PositiveIntegerField(default=0)
    # Hash of the picture set: an export that changes nothing announces nothing.
    content_hash = models.CharField(max_length=64, blank=True)
    is_withdrawn = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "sku"], name="listing_once_per_channel")]

    def __str__(self) -> str:
        return f"{self.sku} on {self.channel}"


class ListingImage(models.Model):
    """A picture a listing shows now."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="images")
    file = models.ForeignKey(ExportFile, on_delete=models.PROTECT, related_name="listing_images")
    rendition = models.ForeignKey(Rendition, null=True, on_delete=models.SET_NULL, related_name="listing_images")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["listing", "position"], name="listing_position_once")]

    def __str__(self) -> str:
        return f"{self.listing} {self.position}"


class ChangeKind(models.TextChoices):
    UPSERT = "upsert", _("New or changed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ListingChange(models.Model):
    """A change of a listing's picture set, appended and never altered.

    Ids are given when a row is written and seen when its transaction commits: a reader who remembers the last id would
    miss a row that commits late. So a change is written with its channel's row locked until the commit (see
    listings.py), and the order of the ids is the order in which they can be seen.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="changes", db_index=False)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="listing_change_kind_known")
        ]
        # The only query of the feed: the next rows of a channel after a place.
        indexes = [models.Index(fields=["channel", "id"], name="listing_change_feed")]

    def __str__(self) -> str:
        return f"{self.kind} {self.listing_id}"


# Models of this app that live in a module of their own.
__all__ = [
    "ChangeKind", "Channel", "Delivery", "DeliveryFile", "DeliveryTarget", "Export", "ExportFile", "ExportState", "FileKind",
    "Listing", "ListingChange", "ListingImage", "RenderedFile",
]  # fmt: skip
