"""Shapes of the review calls."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from processing.imaging.strokes import MAX_POINTS, MAX_RADIUS, MAX_STROKES

Ids = Annotated[list[int], Field(max_length=500)]
Code = Annotated[str, Field(max_length=24)]


class ClaimIn(Schema):
    queue: Code = Field("", description="code of a doubt; empty means all, in the recommended order")
    n: int = Field(12, ge=1, le=48)
    without: Ids = Field([], description="tasks on the screen already")
    alike: bool = Field(False, description="only pictures like the worst one: to be judged side by side")
    resume: bool = Field(False, description="also those the caller holds: a page opened again")


class ImagesOut(Schema):
    thumb: str | None
    result: str
    original: str | None
    heat: str | None
    full: str
    previous: str | None


class LoupeOut(Schema):
    doubt: int
    orig: str | None
    result: str


class DoubtOut(Schema):
    code: str
    label: str
    value: float | None
    unit: str
    limit: float | None
    direction: Literal["max", "min"]
    severity: str
    box: list[float] | None
    worst: list[float] | None
    backdrop: str
    detail: str = ""
    heat: str | None = None


class PassedOut(Schema):
    label: str
    value: float | None
    unit: str


class ReworkOut(Schema):
    id: str
    label: str
    est_seconds: float | None
    est_cost: float | None
    needs_network: bool


class TaskProductOut(Schema):
    id: int | None
    sku: str
    name: str


class TaskRenditionOut(Schema):
    id: int
    role: str
    w: int
    h: int
    kind: Literal["cutout", "composite"]
    style: str


class HistoryOut(Schema):
    attempt: int
    verdict: str
    by: str
    at: datetime
    note: str


class ItemOut(Schema):
    id: int
    version: int
    attempt: int
    queue: str
    lease_until: datetime | None
    score: float
    product: TaskProductOut
    rendition: TaskRenditionOut
    img: ImagesOut
    loupe: list[LoupeOut]
    doubts: list[DoubtOut]
    passed: list[PassedOut]
    recipes: list[ReworkOut]
    suggested: dict[str, str] | None
    history: list[HistoryOut]
    notes: list[str]
    video: str | None = Field(description="where the file plays, if it is a video: the pictures are frames of it")
    depends: int = Field(description="pictures made from this one: they wait for the decision too")


class HeldOut(Schema):
    by: str
    count: int
    free_in_s: int


class QueueOut(Schema):
    code: str
    label: str
    count: int
    free: int
    held: list[HeldOut]
    median_wait_s: int
    thumb: str | None
    worst: list[float] | None


class QueuesOut(Schema):
    count: int
    free: int
    queues: list[QueueOut]


class ClaimOut(Schema):
    items: list[ItemOut]
    left: int = Field(description="free tasks that nobody holds")
    held: list[HeldOut]


class StrokeIn(Schema):
    tool: Literal["keep", "remove", "soften"]
    radius: float = Field(gt=0, le=MAX_RADIUS, description="share of the long side of the picture")
    points: list[tuple[float, float]] = Field(
        min_length=1, max_length=MAX_POINTS, description="shares of width and height"
    )


class PaintingIn(Schema):
    strokes: list[StrokeIn] = Field(min_length=1, max_length=MAX_STROKES)
    approve: bool = Field(
        False, description="the result is approved as soon as it is made, unless a hard rule is broken"
    )


class DecisionIn(Schema):
    client_id: uuid.UUID
    id: int
    version: int | None = None
    verdict: Literal["approve", "reject", "rework", "skip"]
    reason: Code = ""
    recipe: str = Field("", max_length=60)
    note: str = Field("", max_length=1000)
    ms: int | None = Field(None, ge=0, le=2**31 - 1)
    views: list[Annotated[str, Field(max_length=24)]] = Field([], max_length=50)
    painting: PaintingIn | None = Field(None, description='with the recipe "by-hand": the matte as fixed by a person')


class AnswerOut(Schema):
    client_id: uuid.UUID
    status: Literal["ok", "conflict", "gone"]
    effective_at: datetime | None = None
    detail: str = ""
    version: int | None = None


class UndoIn(Schema):
    client_id: uuid.UUID


class IdsIn(Schema):
    ids: Ids


class ReleaseIn(IdsIn):
    lease_until: datetime | None = Field(
        None, description="the latest lease that the caller knows of; what the same person has claimed since is kept"
    )


class LeaseOut(Schema):
    lease_until: datetime


class ReleasedOut(Schema):
    released: int
