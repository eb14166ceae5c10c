"""One try at a vendor's API: a deadline, a limit on the answer, and one naming of whatever goes wrong.

Nothing here tries again: the engine decides, because a second POST may be a second bill.
"""

import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx
from django.conf import settings

from catalog.guard import FetchError, fetch
from processing.errors import (
    AmbiguousCall,
    ContentRefused,
    PermanentStepError,
    ProviderUnavailable,
    RateLimited,
    StepError,
)
from processing.imaging.codec import DecodeError, decode
from processing.providers.base import Output

USER_AGENT = "Firstpass/1"
TIMEOUT_S = 30.0
MAX_ANSWER_BYTES = 4 * 2**20
MAX_PICTURE_BYTES = 64 * 2**20
FETCH_TRIES = 2
USUAL_PAUSE_S = 15.0
LONGEST_PAUSE_S = 3600.0
# A wrong key or an empty account is put right by a person, not by asking again soon.
OPERATOR_PAUSE_S = 300.0
# Errors before anything was sent.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_SENTENCE = re.compile(r'(?:(?:resets|retry|try again) in ~?|"retryDelay": ?")(\d+(?:\.\d+)?) ?s', re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """A vendor's answer, read whole. `body` is its JSON, None when it is none."""

    status: int
    headers: Mapping[str, str]
    text: str
    body: Any

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], data: bytes) -> "Answer":
        try:
            body = json.loads(data) if data else None
        except ValueError:
            body = None
        return cls(status, headers, data[:2000].decode("utf-8", "replace"), body)

    def field(self, name: str) -> Any:
        """A field of the JSON object, None where there is none."""
        return self.body.get(name) if isinstance(self.body, dict) else None


@contextmanager
def client(headers: Mapping[str, str], *, timeout_s: float | None = None) -> Iterator[httpx.Client]:
    """A client for one exchange: no redirects, nothing from the environment."""
    timeout = httpx.Timeout(timeout_s or TIMEOUT_S, connect=10.0)
    with httpx.Client(
        headers={"User-Agent": USER_AGENT, **headers}, timeout=timeout, verify=tls(), trust_env=False
    ) as made:
        yield made


class Timed(httpx.BaseTransport):
    """A transport whose answers end: single waits are limited by the client, the whole by this, for clients we do not read
    ourselves. Too long an answer ends as one that broke."""

    def __init__(self, inner: httpx.HTTPTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        limit_s = 3 * float(request.extensions.get("timeout", {}).get("read") or TIMEOUT_S)
        deadline = time.monotonic() + limit_s
        answer = self._inner.handle_request(request)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Ending(answer.stream, deadline))

    def close(self) -> None:
        self._inner.close()


class _Ending(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        for chunk in self._inner:
            total += len(chunk)
            if total > MAX_ANSWER_BYTES or time.monotonic() > self._deadline:
                raise httpx.ReadError("the answer is too long")
            yield chunk

    def close(self) -> None:
        self._inner.close()


@cache
def tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def call(
    using: httpx.Client,
    method: str,
    url: str,
    *,
    vendor: str,
    is_paid: bool = False,
    max_bytes: int = MAX_ANSWER_BYTES,
    **sent: Any,
) -> Answer:
    """The answer, whatever its status. StepError when nothing was sent or asked in vain; AmbiguousCall when the call is
    paid and the line broke after it was opened."""
    # Single waits are limited by the client; the whole by this, or a byte a second could hold a worker for hours.
    deadline = time.monotonic() + 3 * float(using.timeout.read or TIMEOUT_S)
    try:
        with using.stream(method, url, **sent) as response:
            data = bytearray()
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > max_bytes or time.monotonic() > deadline:
                    raise httpx.ReadError("the answer is too long")
            return Answer.of(response.status_code, response.headers, bytes(data))
    except httpx.HTTPError as error:
        raise broken(vendor, error, is_paid=is_paid) from error


def broken(vendor: str, error: httpx.HTTPError, *, is_paid: bool) -> StepError:
    """What a broken exchange means."""
    if isinstance(error, _UNSENT):
        return StepError("unreachable", f"{vendor} cannot be reached.")
    if is_paid:
        return AmbiguousCall("answer-lost", f"The line to {vendor} broke before it answered.")
    return StepError("line-broken", f"The line to {vendor} broke before it answered.")


def problem(vendor: str, answer: Answer, *, key: str) -> StepError:
    """What an answer that is not a success means. `key` names the variable that holds the credentials."""
    detail = _detail(answer)
    said = f" ({detail})" if detail else ""
    status = answer.status
    if status == 429:
        pause_s = pause_asked(answer)
        return RateLimited("rate-limited", f"{vendor} asks to wait {pause_s:.0f} s.", retry_after_s=pause_s)
    if status in (401, 403):
        message = f"{vendor} does not accept the credentials in {key}{said}."
        return ProviderUnavailable("auth", message, retry_after_s=OPERATOR_PAUSE_S)
    if status == 402:
        message = f"The account at {vendor} has no credit{said}."
        return ProviderUnavailable("no-credit", message, retry_after_s=OPERATOR_PAUSE_S)
    if status == 451:
        return ContentRefused("refused", f"{vendor} declined the content{said}.")
    if status >= 500 or status == 408:
        return StepError("server-error", f"{vendor} failed with {status}{said}.")
    if status == 404:
        return PermanentStepError("not-found", f"{vendor} does not know the model or the call{said}.")
    return PermanentStepError("rejected", f"{vendor} rejected the request with {status}{said}.")


def pause_asked(answer: Answer) -> float:
    """Seconds to wait after a 429: by Retry-After, by the sentence in the body, or a usual pause; an hour at most."""
    value = answer.headers.get("retry-after", "").strip()
    found = _SENTENCE.search(answer.text)
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        seconds = float(value)
    elif value:
        seconds = _until(value)
    else:
        seconds = float(found[1]) if found else USUAL_PAUSE_S
    return min(max(seconds, 1.0), LONGEST_PAUSE_S)


def _until(value: str) -> float:
    try:
        return (parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except ValueError:
        return USUAL_PAUSE_S


def _detail(answer: Answer) -> str:
    """The vendor's own words, short: they name the wrong field, or the limit."""
    error = answer.field("error")
    nested = error.get("message") if isinstance(error, dict) else None
    words = nested or answer.field("detail") or answer.field("message") or answer.field("title")
    return words.strip().rstrip(".")[:200] if isinstance(words, str) else ""


def nearest_ratio(size: tuple[int, int], offered: Sequence[str]) -> str:
    """The aspect ratio nearest to a size, of those offered as "4:5"."""
    wanted = size[0] / size[1]

    def distance(name: str) -> float:
        width, height = map(int, name.split(":"))
        return max(width / height / wanted, wanted * height / width)

    return min(offered, key=distance)


# The first bytes of what we send and take besides pictures: (where, what) to media type.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "image/png"), (0, b"\xff\xd8\xff", "image/jpeg"), (8, b"WEBP", "image/webp"),
    (4, b"ftyp", "video/mp4"), (0, b"\x1aE\xdf\xa3", "video/webm"), (0, b"ID3", "audio/mpeg"), (8, b"WAVE", "audio/wav"),
    (0, b"OggS", "audio/ogg"), (0, b"fLaC", "audio/flac"), (0, b"\xff\xfb", "audio/mpeg"), (0, b"\xff\xf3", "audio/mpeg"),
)  # fmt: skip


def media_type_of(data: bytes) -> str:
    """What a file is by its first bytes; application/octet-stream for what we do not deal in."""
    found = (media for at, magic, media in _MAGIC if data[at : at + len(magic)] == magic)
    return next(found, "application/octet-stream")


def result(output: Output, *, vendor: str) -> bytes:
    """The bytes of a result, checked to be of its kind. PermanentStepError when it is not there any more."""
    kind = output.media_type.partition("/")[0]
    if kind in ("video", "audio"):
        return recording(output, kind=kind, vendor=vendor)
    if kind == "text" and output.data is not None:
        return output.data
    return picture(output, vendor=vendor)


def recording(output: Output, *, kind: str, vendor: str) -> bytes:
    """A video or sound. One that is none is fetched once more, which is free; StepError when it still is none."""
    data = b""
    for _ in range(FETCH_TRIES):
        data = output.data if output.data is not None else _fetched(output.url, vendor=vendor)
        if media_type_of(data).startswith(kind):
            return data
    raise StepError("bad-result", f"{vendor} sent something that is no {kind}.")


def picture(output: Output, *, vendor: str) -> bytes:
    """A result's bytes through the address guard, without credentials. PermanentStepError when it is not there any more.

    A file that cannot be decoded is fetched once more, which is free: the line may have cut it.
    """
    if output.data is not None:
        return output.data
    data = b""
    for _ in range(FETCH_TRIES):
        data = _fetched(output.url, vendor=vendor)
        try:
            decode(data, max_pixels=settings.MAX_PHOTO_PIXELS)
        except DecodeError:
            continue
        break
    return data


def _fetched(url: str, *, vendor: str) -> bytes:
    try:
        hosts = settings.FETCH_ALLOWED_HOSTS
        found = fetch(url, max_bytes=MAX_PICTURE_BYTES, timeout_s=settings.FETCH_TIMEOUT_S, allowed_hosts=hosts)
    except FetchError as error:
        kind = PermanentStepError if error.is_permanent else StepError
        again = " It was paid for; trying again is a new call." if error.is_permanent else ""
        raise kind("result-gone", f"The result of {vendor} cannot be fetched: {error}{again}") from error
    return found.data
