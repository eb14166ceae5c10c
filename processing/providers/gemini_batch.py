"""Gemini's Batch API: the same pictures at half the price, within a day. For work that is not urgent.

One call is one batch of one entry under the attempt's name: so each can be found again when its answer was lost, cancelled,
and paid for alone.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from processing.errors import AmbiguousCall, ContentRefused, PermanentStepError, ProviderUnavailable, StepError
from processing.providers.base import Done, Failed, Orphan, Pending, Request, Submitted
from processing.providers.calls import Answer
from processing.providers.gemini import LABEL, Gemini

POLL_S = 60.0
# A listing may lag behind: only after this is a batch that is not in it taken for not made.
SETTLE_S = 60.0
MAX_PAGES = 20
ENDED = ("FAILED", "CANCELLED", "EXPIRED")


class GeminiBatch(Gemini):
    name = "gemini-batch"
    # Batches wait at Google, not here: many may be open, and each for two days.
    max_in_flight = 80
    longest_call = timedelta(hours=49)

    def submit(self, request: Request, *, attempt_id: str) -> Submitted:  # type: ignore[override]
        entry = {"request": self._body(request), "metadata": {"key": attempt_id}}
        body = {"batch": {"displayName": attempt_id, "inputConfig": {"requests": {"requests": [entry]}}}}
        url = f"{settings.GEMINI_BASE_URL}/v1beta/models/{self.model}:batchGenerateContent"
        answer = self._ask("POST", url, is_paid=True, request_id=attempt_id, json=body)
        name = answer.field("name")
        if not isinstance(name, str) or not name.startswith("batches/") or len(name) > 200:
            raise AmbiguousCall("answer-unreadable", f"{LABEL} accepted the call but named no batch.")
        size = str(request.options.get("imageSize", settings.GEMINI_IMAGE_SIZE))
        return Submitted(f"{size} {name}", poll_after_s=POLL_S)

    def poll(self, provider_ref: str) -> Pending | Done | Failed:
        # The size decides the price, and the answer does not tell it.
        size, _, name = provider_ref.partition(" ")
        answer = self._ask("GET", f"{settings.GEMINI_BASE_URL}/v1beta/{name}")
        state = _state(answer.body)
        if state == "SUCCEEDED":
            return self._finished(answer, price=self._price(size))
        if state in ENDED:
            return Failed(StepError("failed", f"The batch at {LABEL} is {state.lower()}."))
        return Pending(POLL_S)

    def _finished(self, answer: Answer, *, price: Decimal) -> Done | Failed:
        entry = next(_entries(answer.body), None)
        if entry is None:
            message = f"{LABEL} finished with a result of unknown shape."
            return Failed(PermanentStepError("bad-answer", message), cost=price)
        if isinstance(entry.get("error"), dict):
            words = str(entry["error"].get("message", "no reason given"))[:200]
            return Failed(StepError("failed", f"{LABEL} could not make the picture: {words}"))
        inner = Answer(200, answer.headers, "", entry.get("response"))
        try:
            return self._done(inner, price=price)
        except ContentRefused as refused:
            return Failed(refused)
        except StepError as error:
            return Failed(error, cost=price)

    def cancel(self, provider_ref: str) -> None:
        try:
            self._ask("POST", f"{settings.GEMINI_BASE_URL}/v1beta/{provider_ref.partition(' ')[2]}:cancel")
        except StepError:
            return

    def find_orphan(self, *, attempt_id: str, request: Request) -> str | Orphan:  # type: ignore[override]
        """The batch under the attempt's name. Listings begin with the newest, so that is found on the first page."""
        token = ""
        for _ in range(MAX_PAGES):
            url = f"{settings.GEMINI_BASE_URL}/v1beta/batches"
            try:
                answer = self._ask("GET", url, params={"pageSize": 100, **({"pageToken": token} if token else {})})
            except StepError as error:
                raise ProviderUnavailable("looking-up", str(error), retry_after_s=error.retry_after_s) from error
            rows = answer.field("operations") or answer.field("batches") or []
            for row in rows:
                if isinstance(row, dict) and _display_name(row) == attempt_id:
                    size = request.options.get("imageSize", settings.GEMINI_IMAGE_SIZE)
                    return f"{size} {row.get('name')}"
            token = str(answer.field("nextPageToken") or "")
            if not token:
                return self._not_found(request)
        return Orphan.UNKNOWN

    def _not_found(self, request: Request) -> Orphan:
        age_s = (timezone.now() - request.asked_at).total_seconds() if request.asked_at else 0
        if age_s < SETTLE_S:
            message = f"{LABEL} is asked again whether it accepted the call."
            raise ProviderUnavailable("looking-up", message, retry_after_s=SETTLE_S - age_s)
        return Orphan.NOT_MADE


def make(model: str = "") -> GeminiBatch:
    return GeminiBatch(model)


def _state(body: Any) -> str:
    metadata = body.get("metadata") if isinstance(body, dict) else None
    state = metadata.get("state") if isinstance(metadata, dict) else body.get("state") if isinstance(body, dict) else ""
    return str(state or "").removeprefix("BATCH_STATE_").removeprefix("JOB_STATE_")


def _display_name(row: dict[str, Any]) -> str:
    metadata = row.get("metadata")
    return str((metadata if isinstance(metadata, dict) else row).get("displayName", ""))


def _entries(body: Any) -> Iterator[dict[str, Any]]:
    """Entries of a finished batch; whatever has another shape is passed over."""
    found = body.get("response") if isinstance(body, dict) else None
    for name in ("inlinedResponses", "inlinedResponses"):
        found = found.get(name) if isinstance(found, dict) else found
    yield from (entry for entry in (found if isinstance(found, list) else []) if isinstance(entry, dict))
