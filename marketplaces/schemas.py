"""What the API takes and answers about channels, exports and listings."""

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema

from accounts.schemas import Body
from catalog.models import Category


class RoleOut(Schema):
    role: str
    is_required: bool
    count: int
    width: int
    height: int
    format: str
    max_bytes: int
    name: str


class ChannelOut(Schema):
    name: str
    label: str
    pack: str
    pack_version: int
    review_by: date
    is_due: bool = Field(description="the rules have not been compared with the marketplace's pages for too long")
    is_sandbox: bool
    is_active: bool
    feeds: list[str]
    roles: list[RoleOut]
    listings: str = Field(description="where the changes of this channel are read")


class ScopeIn(Body):
    """What to export. Everything that is approved when empty."""

    batch: int | None = Field(default=None, ge=1, description="only products of this batch")
    skus: list[str] = Field(default_factory=list, max_length=10_000, description="only these SKUs")
    category: Category | None = None


class ExportIn(Body):
    channel: str = Field(default="", max_length=40, description='name of a channel; empty or "seed" for the plain tree')
    scope: ScopeIn = ScopeIn()


class FileOut(Schema):
    name: str
    sku: str
    role: str
    sha256: str
    bytes: int
    width: int
    height: int
    url: str = Field(description="plain public link; empty for files that belong to no channel")


class BlockedOut(Schema):
    sku: str
    code: str
    reason: str
    picture: str = Field(default="", description="the one picture that is held back; empty when the whole product is")
    rendition: int | None = None


class ExportOut(Schema):
    id: int
    channel: str
    state: str
    scope: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    done: int = Field(description="products looked at so far")
    total: int
    error: str
    links: dict[str, str]


class ExportsIn(Schema):
    cursor: int | None = Field(default=None, ge=1, le=2**63 - 1, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=200)
    channel: str = Field("", max_length=40, description='only exports to this channel; "seed" for plain trees')


class ExportsOut(Schema):
    """A page, newest first. `next` is the cursor of the next one, null on the last."""

    items: list[ExportOut]
    next: str | None


class ExportDetailOut(ExportOut):
    files: list[FileOut]
    blocked: list[BlockedOut]
    warnings: list[dict[str, str]]


class ImageOut(Schema):
    id: int
    role: str
    position: int
    name: str
    url: str
    sha256: str
    bytes: int
    width: int
    height: int
    mime: str
    alt_text: str
    digital_source_type: str


class ChangeOut(Schema):
    """A listing's whole picture set after a change; no images when it was withdrawn."""

    id: int
    kind: str = Field(description="upsert or withdrawn")
    at: datetime
    sku: str
    set_version: int
    asin: str = ""
    gtin: str = ""
    title: str = ""
    reason: str = ""
    rule_pack: dict[str, Any] = Field(default_factory=dict)
    images: list[ImageOut]


class FeedIn(Schema):
    cursor: str = Field(
        "", max_length=100, description="`next_cursor` of the page before; empty starts at the beginning"
    )
    limit: int = Field(default=100, ge=1, le=500)


class ChangesOut(Schema):
    items: list[ChangeOut]
    next_cursor: str = Field(description="give it back as `cursor` to go on from here, also tomorrow")
    has_more: bool
