"""What comes in and what goes out, as values: the sides know nothing of sockets."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from processing.providers.loopback.plan import Fault


@dataclass(frozen=True)
class Call:
    """A request, read whole. Header names are in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    data: bytes
    # http://host:port as the caller wrote it, and the same server under its second name, where results lie.
    base: str
    results: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object sent; empty when there is none."""
        try:
            found = json.loads(self.data or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def attempt_id(self) -> str:
        return self.headers.get("x-request-id", "")


@dataclass(frozen=True)
class Reply:
    """An answer. `is_cut` closes the line instead; `claims_bytes` is a Content-Length other than the true one."""

    status: int = 200
    data: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    claims_bytes: int | None = None
    # Seconds between one byte and the next.
    drip_s: float = 0.0


def says(value: Any, *, status: int = 200, **headers: str) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(value).encode(), headers=headers)


def disturbed(fault: Fault, answer: Callable[[], Reply], *, error: Callable[[int, str], Any]) -> Reply:
    """The answer, or what a fault of any call makes of it; `error` is the vendor's way to write one."""
    if fault.name == "cut-before":
        return Reply(is_cut=True)
    if fault.name == "cut":
        answer()
        return Reply(is_cut=True)
    if fault.name == "drip":
        return replace(answer(), drip_s=float(fault.values.get("every_s", 0.05)))
    if fault.name == "status":
        status = int(fault.values.get("status", 500))
        return says(error(status, str(fault.values.get("message", "planned"))), status=status)
    if fault.name.startswith("429"):
        return _throttled(fault, error)
    return answer()


def _throttled(fault: Fault, error: Callable[[int, str], Any]) -> Reply:
    seconds = int(fault.values.get("retry_after", 30))
    if fault.name == "429-sentence":
        return says(error(429, f"Request was throttled. Your rate limit resets in ~{seconds}s."), status=429)
    headers = {"retry-after": str(seconds)} if fault.name == "429" else {}
    return Reply(429, json.dumps(error(429, "Too many requests.")).encode(), headers=headers)
