"""Gemini's Batch API: the same pictures at half the price, within a day. For work that is not urgent.

Calls of many photos go in one request under a name of ours, by which a batch is found again when its answer was lost, and
come back each under its own key. `gathered` keeps them until then.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from processing.errors import AmbiguousCall, ContentRefused, PermanentStepError, ProviderUnavailable, StepError
from processing.providers.base import Done, Failed, Orphan, Pending, Request
from processing.providers.calls import Answer
from processing.providers.gathered import Ended, Entry, Gathered, Limits
from processing.providers.gemini import LABEL, Gemini

# A listing may lag behind: only after this is a batch that is not in it taken for not made.
SETTLE_S = 60.0
MAX_PAGES = 20
ENDED = ("FAILED", "CANCELLED", "EXPIRED")
# The limit of a request is 20 MB; the weights keep an answer below what is read of one.
MAX_REQUEST_BYTES = 18 * 2**20
WEIGHTS = {"1K": 1, "2K": 4, "4K": 16}
MAX_WEIGHT = 32
ZERO = Decimal(0)


class GeminiBatch(Gathered, Gemini):  # type: ignore[misc]
    name = "gemini-batch"
    # Calls wait here and at Google: many may be open, and each for two days.
    calls_per_minute = 6000
    max_in_flight = 10_000
    longest_call = timedelta(hours=49)

    def __init__(self, model: str = "") -> None:
        super().__init__(model)
        self.variant = model

    # ---------------------------------------------------------------- one call

    def entry_of(self, request: Request) -> Entry:
        body = self._body(request)
        # Answers come in one piece, and a picture of 4K is sixteen times as large as one of 1K.
        weight = WEIGHTS[str(request.options.get("imageSize", settings.GEMINI_IMAGE_SIZE))]
        return Entry(body, weight, self.price(request))

    # ---------------------------------------------------------------- many

    def limits(self) -> Limits:
        return Limits(
            bytes=MAX_REQUEST_BYTES, weight=MAX_WEIGHT, wait_s=settings.GEMINI_BATCH_WAIT_S,
            poll_s=settings.GEMINI_BATCH_POLL_S,
        )  # fmt: skip

    def send(self, entries: Mapping[str, Mapping[str, Any]], *, name: str) -> str:
        requests = [{"request": dict(body), "metadata": {"key": key}} for key, body in entries.items()]
        body = {"batch": {"displayName": name, "inputConfig": {"requests": {"requests": requests}}}}
        url = f"{settings.GEMINI_BASE_URL}/v1beta/models/{self.model}:batchGenerateContent"
        answer = self._ask("POST", url, is_paid=True, request_id=name, json=body)
        reference = answer.field("name")
        if not isinstance(reference, str) or not reference.startswith("batches/") or len(reference) > 200:
            raise AmbiguousCall("answer-unreadable", f"{LABEL} accepted the call but named no batch.")
        return reference

    def look(self, provider_ref: str, prices: Mapping[str, Decimal]) -> Pending | Ended:
        answer = self._ask("GET", f"{settings.GEMINI_BASE_URL}/v1beta/{provider_ref}")
        state = _state(answer.body)
        if state == "SUCCEEDED":
            return self._ended(answer, prices)
        if state in ENDED:
            return Ended({}, Failed(StepError("failed", f"The batch at {LABEL} is {state.lower()}.")))
        return Pending(settings.GEMINI_BATCH_POLL_S)

    def _ended(self, answer: Answer, prices: Mapping[str, Decimal]) -> Ended:
        entries = list(_entries(answer.body))
        if not entries:
            # It may have been charged: nobody asks again without a person.
            message = f"{LABEL} finished with a result of unknown shape."
            return Ended({}, Failed(PermanentStepError("bad-answer", message), cost=max(prices.values(), default=ZERO)))
        keys = [_key(entry) for entry in entries]
        if not any(keys) and len(keys) == len(prices):
            keys = list(prices)
        answers: dict[str, Done | Failed] = {}
        for key, entry in zip(keys, entries, strict=True):
            if key in prices and key not in answers:
                answers[key] = self._answered(answer, entry, price=prices[key])
        missing = StepError("no-answer", f"{LABEL} left this call out of the batch's answers.")
        return Ended(answers, Failed(missing))

    def _answered(self, answer: Answer, entry: Mapping[str, Any], *, price: Decimal) -> Done | Failed:
        """What became of one call; those that failed are free."""
        if isinstance(entry.get("error"), dict):
            words = str(entry["error"].get("message", "no reason given"))[:200]
            return Failed(StepError("failed", f"{LABEL} could not make the picture: {words}"))
        try:
            return self._done(Answer(200, answer.headers, "", entry.get("response")), price=price)
        except ContentRefused as refused:
            return Failed(refused)
        except StepError as error:
            return Failed(error, cost=price)

    def find(self, name: str, *, asked_at: datetime) -> str | Orphan:
        """The batch of this name. Listings begin with the newest, so that is found on the first page."""
        token = ""
        for _ in range(MAX_PAGES):
            url = f"{settings.GEMINI_BASE_URL}/v1beta/batches"
            answer = self._ask("GET", url, params={"pageSize": 100, **({"pageToken": token} if token else {})})
            for row in answer.field("operations") or answer.field("batches") or []:
                if isinstance(row, dict) and _display_name(row) == name:
                    return str(row.get("name"))
            token = str(answer.field("nextPageToken") or "")
            if not token:
                return _not_found(asked_at)
        return Orphan.UNKNOWN

    def call_off(self, provider_ref: str) -> None:
        try:
            self._ask("POST", f"{settings.GEMINI_BASE_URL}/v1beta/{provider_ref}:cancel")
        except StepError:
            return


def _not_found(asked_at: datetime) -> Orphan:
    age_s = (timezone.now() - asked_at).total_seconds()
    if age_s < SETTLE_S:
        message = f"{LABEL} is asked again whether it accepted the batch."
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


def _key(entry: Mapping[str, Any]) -> str:
    metadata = entry.get("metadata")
    return str(metadata.get("key") or "") if isinstance(metadata, dict) else ""
