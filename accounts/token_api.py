"""Exchanging an API token for a short-lived, signed one."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.errors import HttpError

from accounts import service_tokens
from accounts.access import ApiTokenAuth
from accounts.models import ApiToken
from accounts.schemas import ExchangeIn, ProblemOut, ServiceTokenOut

router = Router(tags=["tokens"])


@router.post(
    "/tokens/exchange",
    auth=ApiTokenAuth(),
    response={200: ServiceTokenOut, 401: ProblemOut, 422: ProblemOut},
    summary="A short-lived token for another service",
)
def exchange_token(request: HttpRequest, response: HttpResponse, body: ExchangeIn) -> Any:
    """For service-to-service calls: give away a signed token that works for minutes instead of the API token itself.
    It ends with the API token when that is revoked, and it cannot be exchanged again."""
    token = cast(ApiToken, request.auth)  # type: ignore[attr-defined]
    try:
        issued = service_tokens.exchange(token, scopes=[scope.value for scope in body.scopes], lifetime_s=body.seconds)
    except service_tokens.ExchangeError as error:
        raise HttpError(422, str(error)) from error
    response["Cache-Control"] = "no-store"
    return {**vars(issued), "token_type": "Bearer"}
