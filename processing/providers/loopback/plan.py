"""Which call goes wrong next, and what was asked: the memory of the loopback server.

A fault is a name, or {"fault": name, ...} with values of its own. POST /__plan takes
{"vendor": "replicate", "call": "create", "faults": [...]}; each call of that kind uses one up, in order.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What can be planned for a kind of call. "ok" lets one pass.
ANY_CALL = ("ok", "429", "429-sentence", "429-bare", "status", "cut-before", "cut", "drip")
FAULTS: dict[str, tuple[str, ...]] = {
    "create": (
        *ANY_CALL,
        "never",
        "failed",
        "aborted",
        "canceled",
        "unknown-status",
        "refused",
        "removed",
        "drift",
        "words",
        "cut-off",
        "wrong-type",
    ),
    "poll": ANY_CALL,
    "list": ANY_CALL,
    "upload": ANY_CALL,
    "token": ANY_CALL,
    "cancel": ANY_CALL,
    "schema": (*ANY_CALL, "drift"),
    "output": (*ANY_CALL, "expired", "truncated", "html", "wrong-type", "oversize", "empty", "inside"),
}
VENDORS = ("replicate", "gemini", "firefly")


@dataclass(frozen=True)
class Fault:
    """One fault. `values` are those of the plan: status, retry_after, message."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


NO_FAULT = Fault("ok")


class Plan:
    """Faults to come and calls that were. Used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[tuple[str, str], list[Fault]] = {}
        self._calls: list[dict[str, Any]] = []
        self._creates: Counter[str] = Counter()

    def add(self, order: Any) -> None:
        """Plans faults. ValueError says what of the order is not understood."""
        vendor, call, faults = _read(order)
        with self._lock:
            self._faults.setdefault((vendor, call), []).extend(faults)

    def next(self, vendor: str, call: str) -> Fault:
        with self._lock:
            waiting = self._faults.get((vendor, call))
            return waiting.pop(0) if waiting else NO_FAULT

    def made(self, attempt_id: str) -> None:
        """Counts a call that was accepted, and would be paid."""
        with self._lock:
            self._creates[attempt_id] += 1

    def note(self, **values: Any) -> None:
        with self._lock:
            self._calls.append(values)

    def log(self) -> dict[str, Any]:
        """Creates per attempt id, and every call: vendor, kind, path, host, status, whether credentials came along, body."""
        with self._lock:
            return {"creates": dict(self._creates), "calls": list(self._calls)}

    def forget(self) -> None:
        with self._lock:
            self._faults.clear()
            self._calls.clear()
            self._creates.clear()


def _read(order: Any) -> tuple[str, str, list[Fault]]:
    if not isinstance(order, dict):
        raise ValueError("a plan is an object with vendor, call and faults")
    vendor, call = str(order.get("vendor")), str(order.get("call"))
    if vendor not in VENDORS:
        raise ValueError(f"vendor must be one of {', '.join(VENDORS)}")
    if call not in FAULTS:
        raise ValueError(f"call must be one of {', '.join(FAULTS)}")
    entries = order.get("faults")
    if not isinstance(entries, list):
        raise ValueError("faults must be a list")
    return vendor, call, [_fault(entry, call) for entry in entries]


def _fault(entry: Any, call: str) -> Fault:
    values = {"fault": entry} if isinstance(entry, str) else entry
    if not isinstance(values, dict) or values.get("fault") not in FAULTS[call]:
        raise ValueError(f"a fault of {call} must be one of {', '.join(FAULTS[call])}")
    return Fault(str(values["fault"]), {name: value for name, value in values.items() if name != "fault"})
