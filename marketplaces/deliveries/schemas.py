"""What the API takes and answers about targets and deliveries."""

from datetime import datetime
from typing import Any

from ninja import Field, Schema

from accounts.schemas import Body


class TargetOut(Schema):
    name: str
    channel: str
    kind: str = Field(description="folder, zip, s3, http, shopify or push")
    is_active: bool
    is_automatic: bool = Field(description="every finished export of the channel is sent")
    tested_at: datetime | None
    test_ok: bool
    test_result: str


class DeliveryIn(Body):
    export: int = Field(ge=1, le=2**63 - 1, description="number of a finished export", examples=[12])
    target: str = Field(max_length=40, description="name of a target of the export's channel", examples=["my-cdn"])


class DeliveriesIn(Schema):
    cursor: int | None = Field(default=None, ge=1, le=2**63 - 1, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=200)
    target: str = Field("", max_length=40, description="only deliveries to this target")


class RecallIn(Body):
    names: list[str] = Field(
        default_factory=list, max_length=10_000, description="files as named in the export; all when empty"
    )


class DeliveryFileOut(Schema):
    name: str
    sku: str
    state: str = Field(description="pending, sent, arrived, failed, withdrawing, withdrawn or replaced")
    sha256: str
    bytes: int
    url: str = Field(description="where it is published; empty where it is not")
    attempts: int
    arrival: dict[str, Any] = Field(description="verdict identical or re-encoded, psnr_db, and metadata that were lost")
    error: str
    sent_at: datetime | None
    arrived_at: datetime | None
    withdrawn_at: datetime | None


class DeliveryOut(Schema):
    id: int
    export: int
    target: str
    channel: str
    state: str = Field(description="queued, running, done, failed or recalled")
    error: str
    created_at: datetime
    finished_at: datetime | None
    counts: dict[str, int] = Field(description="files by state")
    links: dict[str, str]


class DeliveryDetailOut(DeliveryOut):
    files: list[DeliveryFileOut]


class DeliveriesOut(Schema):
    """A page, newest first. `next` is the cursor of the next one, null on the last."""

    items: list[DeliveryOut]
    next: str | None
