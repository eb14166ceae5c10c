"""Shapes of the processing calls."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from accounts.schemas import Body
from accounts.schemas import ProblemOut as ProblemOut

PriorityName = Literal["rush", "standard", "bulk"]


class BatchOut(Schema):
    id: int
    name: str
    recipe: str = Field(description="name and version, as packshot@1")
    mode: str
    priority: PriorityName
    state: str = Field(description="running, paused, cancelled or done")
    is_filling: bool = Field(description="photos are still being fetched")
    photos: int
    counts: dict[str, int] = Field(description="photos by stage")
    rejected: list[dict[str, str]] = Field(
        description="files and lines that could not be used: file and reason, the first 1,000",
        examples=[[{"file": "line 7", "reason": "line 7, sku: is missing"}]],
    )
    rejected_count: int = Field(description="how many could not be used", examples=[1])
    created_at: datetime
    finished_at: datetime | None
    url: str


class BatchLineOut(Schema):
    id: int
    name: str
    recipe: str
    state: str
    photos: int
    created_at: datetime
    finished_at: datetime | None


class BatchesOut(Schema):
    items: list[BatchLineOut]
    next: str | None = Field(description="cursor of the next page")


class StepOut(Schema):
    name: str
    state: str
    reused: bool
    provider: str
    attempts: int
    seconds: float
    error: str
    note: str


class CheckOut(Schema):
    code: str
    value: float
    unit: str
    limit: float | None
    passed: bool
    box: list[float] | None
    worst: list[float] | None


class RenditionOut(Schema):
    id: int
    job: int
    sku: str
    name: str
    kind: str
    style: str
    state: str
    score: float
    attempt: int
    width: int
    height: int
    bytes: int
    media_type: str
    sha256: str
    url: str
    notes: list[str]
    checks: list[CheckOut]
    created_at: datetime


class RenditionsOut(Schema):
    items: list[RenditionOut]
    next: str | None = Field(description="cursor of the next page")


class JobOut(Schema):
    id: int
    batch: int
    sku: str
    file: str
    state: str
    stage: str
    error_code: str
    error: str
    error_is_permanent: bool
    seconds: float
    cost: float
    steps: list[StepOut]
    renditions: list[RenditionOut]


class RetryIn(Body):
    from_step: Annotated[str, Field(max_length=80)] | None = Field(
        None, description="a step's name; by default where it failed"
    )


class EstimateIn(Body):
    recipe: str = "packshot"
    photos: int = Field(1, ge=1, le=100_000)
    category: str = "default"


class EstimateOut(Schema):
    recipe: str
    photos: int
    pictures: int
    seconds: float = Field(description="of work, divided among the workers")
    cost: float = Field(description="USD for hosted providers")
    basis: str = Field(description="where the seconds come from")


_ITEM = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "category": {"type": "string"}, "image_url": {"type": "string"}},
    "required": ["sku", "image_url"],
}
MANIFEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "description": "read item by item, whatever its length; recipe, mode, name and priority may also stand in the query",
                "oneOf": [
                    {"type": "array", "items": _ITEM},
                    {
                        "type": "object",
                        "properties": {
                            "recipe": {"type": "string", "default": "packshot"},
                            "mode": {"type": "string"},
                            "name": {"type": "string"},
                            "priority": {"enum": ["rush", "standard", "bulk"], "default": "standard"},
                            "items": {"type": "array", "items": _ITEM},
                        },
                        "required": ["items"],
                    },
                ],
            },
            "example": {
                "recipe": "packshot",
                "name": "Autumn",
                "items": [{"sku": "MUG-01", "category": "home-goods", "image_url": "https://cdn.example.com/mug.jpg"}],
            },
        },
        "application/x-ndjson": {
            "schema": {
                "type": "string",
                "description": "one item a line; recipe, mode, name and priority in the query",
            },
            "example": '{"sku": "MUG-01", "image_url": "https://cdn.example.com/mug.jpg"}\n{"sku": "MUG-02", "image_url": '
            '"https://cdn.example.com/mug2.jpg"}\n',
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "recipe": {"type": "string"},
                    "name": {"type": "string"},
                    "priority": {"enum": ["rush", "standard", "bulk"]},
                },
                "required": ["files"],
            }
        },
    },
}
