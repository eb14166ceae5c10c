from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field

from accounts import service_tokens
from accounts.models import Scope


class Body(Schema):
    """What a request sends. A misspelt field is told: left out in silence, it would make the request mean something else."""

    model_config = ConfigDict(extra="forbid")


class FieldProblemOut(Schema):
    """A field that is missing or wrong: where it is, and why."""

    loc: list[str]
    msg: str
    type: str


class ProblemOut(Schema):
    """Any error: problem+json (RFC 9457). `detail` is a sentence for people; `errors` names fields, where fields are wrong."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldProblemOut] = []


class ExchangeIn(Body):
    """scopes: which of the API token's the new one gets, all of them when left out."""

    scopes: Annotated[list[Scope], Field(max_length=20, examples=[["export"]])] = []
    seconds: Annotated[int, Field(ge=service_tokens.SHORTEST_S, le=service_tokens.LONGEST_S)] = service_tokens.USUAL_S


class ServiceTokenOut(Schema):
    """A signed token (JWT): send it as any other, Authorization: Bearer …, until it is over."""

    access_token: Annotated[
        str, Field(examples=["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJmaXJzdHBhc3MifQ.c2lnbmVk"])
    ]
    token_type: Annotated[str, Field(examples=["Bearer"])]
    expires_in: Annotated[int, Field(description="seconds", examples=[300])]
    scope: Annotated[str, Field(description="separated by blanks", examples=["export read"])]


class WebhookIn(Body):
    """kinds: events wanted, such as "job.completed"; none means all."""

    url: Annotated[str, Field(max_length=2000, examples=["https://shop.example/hooks/firstpass"])]
    kinds: Annotated[list[str], Field(max_length=50, examples=[["job.completed", "rendition.approved"]])] = []


class WebhookChange(Body):
    """What is left out stays as it is."""

    url: Annotated[str, Field(max_length=2000)] | None = None
    kinds: Annotated[list[str], Field(max_length=50)] | None = None
    is_active: bool | None = None


class WebhookOut(Schema):
    id: int
    url: str
    kinds: list[str]
    is_active: bool
    disabled_reason: str
    created_at: datetime


class WebhookSecretOut(WebhookOut):
    """The secret (whsec_…) is told here and never again; every message is signed with it by Standard Webhooks."""

    secret: str


class WebhookDeliveryOut(Schema):
    """One event for one endpoint. log: every try with its time, status, error, and the first kilobyte of the answer."""

    id: int
    event: str
    message_id: str
    state: str
    attempt_count: int
    next_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None
    log: list[dict[str, Any]]


class WebhookDeliveriesOut(Schema):
    """A page, newest first. `next` is the cursor of the next one, null on the last."""

    items: list[WebhookDeliveryOut]
    next: str | None
