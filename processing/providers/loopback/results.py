"""Results under addresses of their own, as vendors keep them: fetched without credentials, gone or broken when planned."""

import threading
import uuid

from processing.providers.loopback.messages import Call, Reply, disturbed
from processing.providers.loopback.plan import Fault, Plan

OVERSIZE_BYTES = 200 * 2**20
METADATA_SERVICE = "http://169.254.169.254/latest/meta-data/"


class Results:
    """Files by id, with the vendor whose faults they suffer."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._files: dict[str, tuple[str, bytes, str]] = {}
        self._lock = threading.Lock()

    def keep(self, call: Call, *, vendor: str, data: bytes, media_type: str) -> str:
        """The address of a new file, on the server's second name."""
        name = uuid.uuid4().hex
        with self._lock:
            self._files[name] = (vendor, data, media_type)
        return f"{call.results}/results/{name}"

    def answer(self, call: Call) -> Reply | None:
        if not call.path.startswith("/results/"):
            return None
        found = self._files.get(call.path.rpartition("/")[2])
        if found is None:
            return Reply(404)
        vendor, data, media_type = found
        fault = self.plan.next(vendor, "output")
        return disturbed(fault, lambda: _served(data, media_type, fault), error=lambda status, words: words)


def _served(data: bytes, media_type: str, fault: Fault) -> Reply:
    broken = {
        "expired": Reply(410, b"Request has expired", "text/plain"),
        "truncated": Reply(200, data[: len(data) // 2], media_type),
        "html": Reply(200, b"<!doctype html><title>Sign in</title>", "text/html"),
        "wrong-type": Reply(200, b"%PDF-1.7 not a picture", media_type),
        "oversize": Reply(200, data, media_type, claims_bytes=OVERSIZE_BYTES),
        "empty": Reply(200, b"", media_type),
        "inside": Reply(302, headers={"location": METADATA_SERVICE}),
    }
    return broken.get(fault.name, Reply(200, data, media_type))
