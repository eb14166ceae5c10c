"""How Replicate is spoken to: its own client for POSTs, which it never repeats, our own questions, files and webhooks.

Questions are asked by ourselves, because the client sleeps through "come back later" answers for as long as it is told.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from django.conf import settings

from processing.errors import StepError
from processing.providers import calls
from processing.providers.calls import Answer

LABEL = "Replicate"
KEY = "REPLICATE_API_TOKEN"


def create(model: str, inputs: Mapping[str, Any], *, attempt_id: str) -> Answer:
    """What Replicate says to a new prediction, whatever its status. AmbiguousCall when the line broke."""
    from replicate.exceptions import ReplicateError

    seen: list[httpx.Response] = []
    owner, _, rest = model.partition("/")
    name, _, version = rest.partition(":")
    try:
        with _client(seen, attempt_id=attempt_id) as client:
            told = {"input": dict(inputs), **_webhook(attempt_id)}
            if version:
                client.predictions.create(version=version, **told)
            else:
                client.models.predictions.create((owner, name), wait=False, **told)
    except httpx.HTTPError as error:
        raise calls.broken(LABEL, error, is_paid=True) from error
    except (ReplicateError, ValueError):
        # A refusal, or an accepted prediction that the client cannot read: what came says which.
        if not seen:
            raise
    return Answer.of(seen[-1].status_code, seen[-1].headers, seen[-1].content)


def cancel(provider_ref: str) -> None:
    """Best effort, one try."""
    from replicate.exceptions import ReplicateException

    try:
        with _client([]) as client:
            client.predictions.cancel(provider_ref)
    except (ReplicateException, httpx.HTTPError, ValueError):
        return


@contextmanager
def _client(seen: list[httpx.Response], *, attempt_id: str = "") -> Iterator[Any]:
    """Replicate's own client, for POSTs alone. Answers are put into `seen`, since its errors leave out the headers."""
    from replicate.client import Client

    with calls.Timed(httpx.HTTPTransport(verify=calls.tls(), trust_env=False)) as transport:
        yield Client(
            api_token=settings.REPLICATE_API_TOKEN,
            base_url=settings.REPLICATE_BASE_URL,
            timeout=httpx.Timeout(calls.TIMEOUT_S, connect=10.0),
            transport=transport,
            trust_env=False,
            headers={"User-Agent": calls.USER_AGENT, **({"X-Request-Id": attempt_id} if attempt_id else {})},
            event_hooks={"response": [seen.append]},
        )


def _webhook(attempt_id: str) -> dict[str, Any]:
    """Where Replicate is to say that it has finished, if it can reach us. We ask all the same: this only makes it sooner."""
    if not (settings.PROVIDER_WEBHOOK_URL and attempt_id):
        return {}
    url = f"{settings.PROVIDER_WEBHOOK_URL}/hooks/replicate?attempt={attempt_id}"
    return {"webhook": url, "webhook_events_filter": ["completed"]}


def ask(method: str, url: str, *, or_missing: bool = False, **sent: Any) -> Answer:
    """An answer to a call that costs nothing. Raises StepError."""
    headers = {"Authorization": f"Bearer {settings.REPLICATE_API_TOKEN}", "X-Request-Id": str(uuid.uuid4())}
    with calls.client(headers) as using:
        answer = calls.call(using, method, url, vendor=LABEL, **sent)
    if answer.status == 404 and or_missing:
        return answer
    if not answer.is_ok:
        raise calls.problem(LABEL, answer, key=KEY)
    if not isinstance(answer.body, dict):
        raise StepError("bad-answer", f"{LABEL} sent an answer that is not JSON.")
    return answer


def upload(data: bytes, *, attempt_id: str) -> str:
    """Address of a file at Replicate. Its metadata names the attempt: so a lost call is found again."""
    media_type = calls.media_type_of(data)
    parts = {
        "content": (f"{attempt_id}.{media_type.partition('/')[2]}", data, media_type),
        "metadata": (None, json.dumps({"attempt": attempt_id}), "application/json"),
    }
    answer = ask("POST", f"{settings.REPLICATE_BASE_URL}/v1/files", files=parts)
    urls = answer.field("urls")
    if not isinstance(urls, dict) or not isinstance(urls.get("get"), str):
        raise StepError("bad-answer", f"{LABEL} took the file but named no address for it.")
    return str(urls["get"])


def webhook_secret() -> str:
    """What Replicate signs its webhooks with: one for each account."""
    key = ask("GET", f"{settings.REPLICATE_BASE_URL}/v1/webhooks/default/secret").field("key")
    if not isinstance(key, str):
        raise StepError("bad-answer", f"{LABEL} named no secret for its webhooks.")
    return key
