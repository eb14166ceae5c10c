"""Google Gemini: pictures by one synchronous call, which either holds the result or does not.

There is no listing and no key against doubling: a call whose answer was lost is left to a person. The model redraws what it is
shown, so it makes sets and enhancements, never the product's own pixels.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from processing.errors import AmbiguousCall, ContentRefused, PermanentStepError, ProviderUnavailable, StepError
from processing.providers import calls, options, prices
from processing.providers.base import Capability, Done, Orphan, Output, Request, check_request
from processing.providers.calls import Answer
from processing.providers.options import Choice, Rule

VERSION = "1"
LABEL = "Gemini"
KEY = "GEMINI_API_KEY"
TIMEOUT_S = 120.0
MAX_ANSWER_BYTES = 96 * 2**20
# The limit of a request is 20 MB, of which base64 takes a third.
MAX_IMAGE_BYTES = 14 * 2**20
SIZES = ("1K", "2K", "4K")
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
REFUSALS = ("SAFETY", "PROHIBITED", "BLOCKLIST", "RECITATION", "SPII")
ENHANCE_PROMPT = (
    "Improve the light, clarity and colour of this product photo as a retoucher would. Do not change the product, its "
    "shape, its text or its position."
)


OPTIONS: dict[str, Rule] = {"imageSize": Choice(SIZES), "aspectRatio": Choice(RATIOS)}


class Gemini:
    name = "gemini"
    capabilities = frozenset({Capability.GENERATE_BACKGROUND, Capability.ENHANCE, Capability.IMAGE_TO_IMAGE})
    needs_network = True

    def __init__(self, model: str = "") -> None:
        self.model = model or settings.GEMINI_MODEL

    def unavailable_reason(self) -> str:
        if not settings.GEMINI_API_KEY:
            return f"{LABEL} needs a key: set {KEY}."
        if settings.GEMINI_IMAGE_SIZE not in SIZES:
            return f"GEMINI_IMAGE_SIZE is {settings.GEMINI_IMAGE_SIZE!r}; use one of {', '.join(SIZES)}."
        return prices.missing(self.name, self.model, unit=f"image {settings.GEMINI_IMAGE_SIZE}")

    def version(self) -> str:
        return f"gemini-{VERSION}|{self.model}|{settings.GEMINI_IMAGE_SIZE}"

    def check_options(self, capability: Capability, given: Mapping[str, Any]) -> None:
        if capability not in self.capabilities:
            raise PermanentStepError("no-such-capability", f"{LABEL} is not set up for {capability}.")
        options.check(given, OPTIONS, of=LABEL)

    def price(self, request: Request) -> Decimal:
        return self._price(str(request.options.get("imageSize", settings.GEMINI_IMAGE_SIZE)))

    def _price(self, size: str) -> Decimal:
        return prices.cost_of(self.name, self.model, unit=f"image {size}")

    def submit(self, request: Request, *, attempt_id: str) -> Done:
        """The picture, in the answer itself. ContentRefused when it was blocked; StepError when words came instead."""
        url = f"{settings.GEMINI_BASE_URL}/v1beta/models/{self.model}:generateContent"
        answer = self._ask("POST", url, is_paid=True, request_id=attempt_id, json=self._body(request))
        if not isinstance(answer.body, dict):
            raise AmbiguousCall("answer-unreadable", f"{LABEL} answered, but not in JSON; it may have been paid for.")
        return self._done(answer, price=self.price(request))

    def _done(self, answer: Answer, *, price: Decimal) -> Done:
        """The picture in an answer."""
        pictures = [output for part in _parts(answer) if (output := _picture(part)) is not None]
        if pictures:
            meta = {"model": answer.field("modelVersion") or self.model, "response": answer.field("responseId")}
            return Done(tuple(pictures[:1]), price, meta)
        if blocked := _refusal(answer):
            raise ContentRefused("refused", f"{LABEL} declined the content: {blocked}.")
        raise StepError("no-picture", f"{LABEL} answered without a picture.")

    def _body(self, request: Request) -> dict[str, Any]:
        """Checked here, before anything is sent."""
        check_request(request)
        self.check_options(request.capability, request.options)
        parts: list[dict[str, Any]] = []
        for data in request.all_files.values():
            if len(data) > MAX_IMAGE_BYTES:
                raise PermanentStepError("too-large", f"The photo is too large for {LABEL}; the limit is 14 MB.")
            inline = {"mimeType": calls.media_type_of(data), "data": base64.b64encode(data).decode()}
            parts.append({"inlineData": inline})
        parts.append({"text": request.prompt or ENHANCE_PROMPT})
        shape = {"aspectRatio": calls.nearest_ratio(request.size, RATIOS), "imageSize": settings.GEMINI_IMAGE_SIZE}
        return {
            "contents": [{"role": "user", "parts": parts}],
            "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {**shape, **request.options}},
        }

    def poll(self, provider_ref: str) -> Any:
        """Never needed: the answer of submit is the result."""
        raise PermanentStepError("no-such-call", f"{LABEL} has no calls that can be asked about.")

    def cancel(self, provider_ref: str) -> None:
        """Nothing runs on after the answer."""

    def find_orphan(self, *, attempt_id: str, request: Request) -> Orphan:
        return Orphan.UNKNOWN

    def fetch(self, output: Output) -> bytes:
        return calls.picture(output, vendor=LABEL)

    def check(self) -> list[str]:
        """Whether the configured model is still there; it changes every few months. Nothing is paid."""
        if reason := self.unavailable_reason():
            return [reason]
        try:
            self._ask("GET", f"{settings.GEMINI_BASE_URL}/v1beta/models/{self.model}")
        except StepError as error:
            return [f"GEMINI_MODEL {self.model}: {error}"]
        return []

    def _ask(self, method: str, url: str, *, is_paid: bool = False, request_id: str = "", **sent: Any) -> Answer:
        headers = {"x-goog-api-key": settings.GEMINI_API_KEY, **({"X-Request-Id": request_id} if request_id else {})}
        with calls.client(headers, timeout_s=TIMEOUT_S) as using:
            answer = calls.call(using, method, url, vendor=LABEL, is_paid=is_paid, max_bytes=MAX_ANSWER_BYTES, **sent)
        if not answer.is_ok:
            raise _problem(answer)
        return answer


def make(model: str = "") -> Gemini:
    return Gemini(model)


def _problem(answer: Answer) -> StepError:
    """Errors as everywhere, but for two that come as plain 400: a wrong key, and an account without billing."""
    error = answer.field("error")
    status = str(error.get("status")) if isinstance(error, dict) else ""
    if answer.status == 400 and "API_KEY_INVALID" in answer.text:
        message = f"{LABEL} does not accept the key in {KEY}."
        return ProviderUnavailable("auth", message, retry_after_s=calls.OPERATOR_PAUSE_S)
    if answer.status == 400 and status == "FAILED_PRECONDITION":
        message = f"The account at {LABEL} has no billing, or is not served where this runs."
        return ProviderUnavailable("no-credit", message, retry_after_s=calls.OPERATOR_PAUSE_S)
    return calls.problem(LABEL, answer, key=KEY)


def _parts(answer: Answer) -> Iterator[dict[str, Any]]:
    """Parts of all candidates; whatever has another shape is passed over."""
    candidates = answer.field("candidates")
    for candidate in candidates if isinstance(candidates, list) else []:
        content = candidate.get("content") if isinstance(candidate, dict) else None
        parts = content.get("parts") if isinstance(content, dict) else None
        yield from (part for part in (parts if isinstance(parts, list) else []) if isinstance(part, dict))


def _picture(part: dict[str, Any]) -> Output | None:
    inline = part.get("inlineData") or part.get("inline_data")
    # Drafts of a thinking model are no results.
    if not isinstance(inline, dict) or part.get("thought"):
        return None
    try:
        data = base64.b64decode(str(inline.get("data", "")), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Output(media_type=str(inline.get("mimeType") or inline.get("mime_type") or ""), data=data) if data else None


def _refusal(answer: Answer) -> str:
    """Why it was blocked, in the vendor's word; empty when it was not."""
    feedback = answer.field("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason"):
        return str(feedback["blockReason"])
    candidates = answer.field("candidates")
    for candidate in candidates if isinstance(candidates, list) else []:
        reason = str(candidate.get("finishReason", "")) if isinstance(candidate, dict) else ""
        if any(word in reason for word in REFUSALS):
            return reason
    return ""
