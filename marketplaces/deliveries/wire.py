"""One guarded request to a target, and what its answer means."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

from accounts.guard import FetchError, check_url, explained, guarded_client, is_listed
from marketplaces.deliveries.base import DeliveryError

_LEAST_TIMEOUT_S, _MOST_TIMEOUT_S = 30.0, 300.0
# Slower lines than this are taken for broken.
_SLOWEST_BYTES_PER_S = 50_000
_MOST_RETRY_AFTER_S = 3600.0
MAX_ANSWER_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after_s(self) -> float:
        return _seconds(self.headers.get("retry-after", ""))


def timeout_for(size_bytes: int) -> float:
    """Seconds a whole exchange of this size may take."""
    return min(_LEAST_TIMEOUT_S + size_bytes / _SLOWEST_BYTES_PER_S, _MOST_TIMEOUT_S)


def checked(url: str, *, own_host: str = "") -> str:
    """The address, if it may be reached at all: https, or a host of one's own that is listed. DeliveryError."""
    hosts = allowed_hosts(own_host)
    try:
        check_url(url, allowed_hosts=hosts)
    except FetchError as error:
        raise DeliveryError("address", str(error), is_permanent=True, concerns_target=True) from error
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme != "https" and not is_listed(parts.hostname or "", port, hosts):
        raise DeliveryError(
            "address",
            "The address must start with https://; a host of your own may be listed in FETCH_ALLOWED_HOSTS.",
            is_permanent=True,
            concerns_target=True,
        )
    return url


def allowed_hosts(own_host: str = "") -> list[str]:
    """Hosts that may be reached although they are not public."""
    return [*settings.FETCH_ALLOWED_HOSTS, *([own_host] if own_host else [])]


def request(
    method: str,
    url: str,
    *,
    size_bytes: int = 0,
    max_bytes: int = MAX_ANSWER_BYTES,
    own_host: str = "",
    **options: Any,
) -> Answer:
    """The answer, whatever its status. Nothing of the request is logged or told. DeliveryError when none came.

    own_host: this site's own host, which may be reached wherever it is. options: as httpx takes them (headers, content,
    files, data). Redirects are not followed.
    """
    checked(url, own_host=own_host)
    client = guarded_client(timeout_s=timeout_for(size_bytes), allowed_hosts=allowed_hosts(own_host))
    try:
        with client, client.stream(method, url, **options) as response:
            data = b"" if method == "HEAD" else _read(response, max_bytes)
            return Answer(response.status_code, response.headers, data)
    except httpx.HTTPError as error:
        raise unreached(error) from error


def unreached(error: httpx.HTTPError) -> DeliveryError:
    """No answer came. A refused address stays refused; anything else may pass."""
    told = explained(error)
    return DeliveryError(told.code, str(told), is_permanent=told.is_permanent, concerns_target=True)


def refused(answer: Answer, *, what: str) -> DeliveryError:
    """The error behind a status that is no success. `what`: the act, as "sending the file"."""
    status = answer.status
    message = f"The target answered {status} to {what}." + (" It is too large for it." if status == 413 else "")
    if status in (401, 403):
        message = f"The target refuses the credentials ({status}). Correct them in the target's settings."
        return DeliveryError("credentials", message, is_permanent=True, concerns_target=True)
    if status in (429, 503):
        pause = answer.retry_after_s or 5.0
        return DeliveryError("throttled", message, concerns_target=True, retry_after_s=pause)
    if status == 507:
        return DeliveryError("storage-full", message, concerns_target=True)
    if status >= 500 or status in (408, 409, 423, 425):
        return DeliveryError("http-status", message, retry_after_s=answer.retry_after_s)
    return DeliveryError("http-status", message, is_permanent=True)


def _read(response: httpx.Response, max_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise DeliveryError("broken-answer", "The target sent a packed answer that was not asked for.")
    data = bytearray()
    for chunk in response.iter_raw():
        data += chunk
        if len(data) > max_bytes:
            raise DeliveryError("answer-too-large", "The target's answer is larger than it can rightly be.")
    return bytes(data)


def _seconds(value: str) -> float:
    """Seconds out of a Retry-After header, which holds a number or a date."""
    if value.isascii() and value.isdigit():
        return min(float(value), _MOST_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    return min(max(0.0, (at - timezone.now()).total_seconds()), _MOST_RETRY_AFTER_S) if at.tzinfo else 0.0
