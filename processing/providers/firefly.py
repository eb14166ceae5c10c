"""Adobe Firefly Services: pictures made, widened, filled, enlarged and put together, and Photoshop's cut-outs; jobs that are polled.

There is no listing of jobs: a call whose answer was lost is left to a person.
"""

import threading
import time
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from catalog.files import has_links, link, store
from processing.errors import (
    AmbiguousCall,
    ContentRefused,
    PermanentStepError,
    ProviderUnavailable,
    StepError,
)
from processing.providers import calls, options, prices
from processing.providers.base import (
    Capability,
    Done,
    Failed,
    Orphan,
    Output,
    Pending,
    Request,
    Submitted,
    check_request,
)
from processing.providers.calls import Answer
from processing.providers.firefly_bodies import CALLS, Call

VERSION = "1"
LABEL = "Firefly"
KEY = "FIREFLY_CLIENT_ID and FIREFLY_CLIENT_SECRET"
SCOPE = "openid,AdobeID,session,additional_info,read_organizations,firefly_api,ff_apis"
# Four calls a minute are all there is by default, and it is not said whether questions count.
POLL_S = 6.0
ODD_POLL_S = 15.0
REFRESH_AT = 0.8
MAX_UPLOAD_BYTES = 15 * 2**20
REFUSED = ("unsafe", "denied", "moderation")
CUT_OUT = "remove-background"


class Firefly:
    name = "firefly"
    capabilities = frozenset(CALLS)
    needs_network = True

    def __init__(self) -> None:
        self._token = ""
        self._token_until = 0.0
        self._lock = threading.Lock()

    @property
    def calls_per_minute(self) -> int:
        return int(settings.FIREFLY_CALLS_PER_MINUTE)

    def unavailable_reason(self) -> str:
        if not (settings.FIREFLY_CLIENT_ID and settings.FIREFLY_CLIENT_SECRET):
            return f"{LABEL} needs credentials: set {KEY}."
        missing = (prices.missing(self.name, call.kind) for call in CALLS.values())
        return next((reason for reason in missing if reason), "")

    def version(self) -> str:
        return f"firefly-{VERSION}|{settings.FIREFLY_MODEL}"

    def check_options(self, capability: Capability, options_: Mapping[str, Any]) -> None:
        call = self._call(capability)
        options.check(options_, call.options, of=f"{LABEL}'s {call.kind}")

    def price(self, request: Request) -> Decimal:
        return prices.cost_of(self.name, self._call(request.capability).kind)

    def _call(self, capability: Capability) -> Call:
        if capability not in CALLS:
            raise PermanentStepError("no-such-capability", f"{LABEL} is not set up for {capability}.")
        return CALLS[capability]

    # ---------------------------------------------------------------- the call

    def submit(self, request: Request, *, attempt_id: str) -> Submitted:
        call = self._call(request.capability)
        check_request(request)
        if request.capability is Capability.IMAGE_TO_IMAGE and "background" not in request.files:
            raise PermanentStepError("incomplete", f"{LABEL} puts a product into a background, and there is none.")
        self.check_options(request.capability, request.options)
        body = call.body(request, {name: self._source(data) for name, data in request.all_files.items()})
        base = settings.FIREFLY_PHOTOSHOP_URL if call.is_photoshop else settings.FIREFLY_BASE_URL
        headers = (
            {"x-model-version": call.model_version or settings.FIREFLY_MODEL} if call.model_version is not None else {}
        )
        answer = self._ask("POST", base + call.path, is_paid=True, request_id=attempt_id, headers=headers, json=body)
        return Submitted(_reference(answer, call.kind), poll_after_s=POLL_S)

    def _source(self, image: bytes) -> dict[str, str]:
        """Where Adobe finds a picture: by a signed link into our own store, or in Adobe's storage where we have no such."""
        media_type = calls.media_type_of(image)
        if has_links():
            return {"url": link(store(image, suffix="png" if media_type == "image/png" else "jpg").path)}
        if len(image) > MAX_UPLOAD_BYTES:
            raise PermanentStepError("too-large", f"The photo is too large for {LABEL}; the limit is 15 MB.")
        url = f"{settings.FIREFLY_BASE_URL}/v2/storage/image"
        answer = self._ask("POST", url, headers={"Content-Type": media_type}, content=image)
        images = answer.field("images")
        try:
            return {"uploadId": str(images[0]["id"])}
        except (TypeError, LookupError) as error:
            raise StepError("bad-answer", f"{LABEL} took the photo but named no id for it.") from error

    # ---------------------------------------------------------------- what became of it

    def poll(self, provider_ref: str) -> Pending | Done | Failed:
        kind, url = _status_url(provider_ref)
        answer = self._ask("GET", url)
        status = _status(answer)
        if status == "succeeded":
            return self._finished(answer, kind)
        if status in ("failed", "timeout", "cancelled"):
            return Failed(_failure(answer, status))
        is_known = status in ("pending", "running", "cancel_pending", "not_started")
        return Pending(POLL_S if is_known else ODD_POLL_S)

    def _finished(self, answer: Answer, kind: str) -> Done | Failed:
        urls = _output_urls(answer)
        cost = prices.cost_of(self.name, kind, units=max(1, len(urls)))
        if urls:
            return Done(tuple(Output(url=url) for url in urls), cost, {"job": answer.field("jobId")})
        message = f"{LABEL} finished with a result of unknown shape."
        return Failed(PermanentStepError("bad-answer", message), cost=cost)

    def cancel(self, provider_ref: str) -> None:
        kind, url = _status_url(provider_ref)
        if kind == CUT_OUT:
            return
        job = urlsplit(url).path.rpartition("/")[2]
        try:
            self._ask("PUT", f"{settings.FIREFLY_BASE_URL}/v3/cancel/{job}")
        except StepError:
            return

    def find_orphan(self, *, attempt_id: str, request: Request) -> Orphan:
        return Orphan.UNKNOWN

    def fetch(self, output: Output) -> bytes:
        return calls.picture(output, vendor=LABEL)

    def check(self) -> list[str]:
        """Whether the credentials are accepted. Nothing is paid."""
        if reason := self.unavailable_reason():
            return [reason]
        try:
            self._bearer(renew=True)
        except StepError as error:
            return [str(error)]
        return []

    # ---------------------------------------------------------------- asking

    def _ask(
        self,
        method: str,
        url: str,
        *,
        is_paid: bool = False,
        request_id: str = "",
        headers: Mapping[str, str] | None = None,
        **sent: Any,
    ) -> Answer:
        """An answer that is a success. A refused token is renewed once: a 401 was not accepted, so nothing is doubled."""
        for renew in (False, True):
            all_headers = {
                "Authorization": f"Bearer {self._bearer(renew=renew)}",
                "x-api-key": settings.FIREFLY_CLIENT_ID,
                "X-Request-Id": request_id or str(uuid.uuid4()),
                **(headers or {}),
            }
            with calls.client(all_headers) as using:
                answer = calls.call(using, method, url, vendor=LABEL, is_paid=is_paid, **sent)
            if answer.status != 401:
                break
        if not answer.is_ok:
            raise _problem(answer)
        return answer

    def _bearer(self, *, renew: bool) -> str:
        """The token of this process, asked for when there is none, when it is old, or when it was refused."""
        with self._lock:
            if renew or not self._token or time.monotonic() > self._token_until:
                answer = self._new_token()
                self._token = str(answer.field("access_token"))
                lasts_s = answer.field("expires_in")
                lasts_s = lasts_s if isinstance(lasts_s, int | float) else 600
                self._token_until = time.monotonic() + REFRESH_AT * lasts_s
            return self._token

    def _new_token(self) -> Answer:
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.FIREFLY_CLIENT_ID,
            "client_secret": settings.FIREFLY_CLIENT_SECRET,
            "scope": SCOPE,
        }
        with calls.client({}) as using:
            answer = calls.call(using, "POST", f"{settings.FIREFLY_TOKEN_URL}/ims/token/v3", vendor=LABEL, data=form)
        if answer.status in (400, 401, 403):
            message = f"{LABEL} does not accept the credentials in {KEY}."
            raise ProviderUnavailable("auth", message, retry_after_s=calls.OPERATOR_PAUSE_S)
        if not answer.is_ok:
            raise _problem(answer)
        if not isinstance(answer.field("access_token"), str):
            raise StepError("bad-answer", f"{LABEL} gave no token.")
        return answer


def make() -> Firefly:
    return Firefly()


def _reference(answer: Answer, kind: str) -> str:
    """What is kept of an accepted call: its kind and where to ask. AmbiguousCall when the answer names no job."""
    job, url = answer.field("jobId"), answer.field("statusUrl")
    if not url:
        links = answer.field("_links")
        own = links.get("self") if isinstance(links, dict) else None
        url = own.get("href") if isinstance(own, dict) else None
    if isinstance(url, str) and len(url) <= 170 and _is_adobe(url):
        return f"{kind} {url}"
    if isinstance(job, str) and 0 < len(job) <= 150:
        return f"{kind} {job}"
    raise AmbiguousCall("answer-unreadable", f"{LABEL} accepted the call but named no job.")


def _is_adobe(url: str) -> bool:
    """True for a host that may be shown our token: a configured one, or Adobe's own by https."""
    parts = urlsplit(url)
    bases = {urlsplit(base)[:2] for base in (settings.FIREFLY_BASE_URL, settings.FIREFLY_PHOTOSHOP_URL)}
    return parts[:2] in bases or (parts.scheme == "https" and (parts.hostname or "").endswith(".adobe.io"))


def _status_url(provider_ref: str) -> tuple[str, str]:
    kind, _, where = provider_ref.partition(" ")
    if "://" in where:
        return kind, where
    if kind == CUT_OUT:
        return kind, f"{settings.FIREFLY_PHOTOSHOP_URL}/v2/status/{quote(where, safe=':')}"
    return kind, f"{settings.FIREFLY_BASE_URL}/v3/status/{quote(where, safe=':')}"


def _status(answer: Answer) -> str:
    """The job's state, in the present shape or in the older one with the state at its output."""
    status = answer.field("status")
    outputs = answer.field("outputs")
    if status is None and isinstance(outputs, list) and outputs and isinstance(outputs[0], dict):
        status = outputs[0].get("status")
    return str(status or "").lower()


def _output_urls(answer: Answer) -> list[str]:
    result = answer.field("result")
    outputs = result.get("outputs") if isinstance(result, dict) else answer.field("outputs")
    found = []
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            holders = (output.get("image"), output.get("destination"), output.get("_links"), output)
            found += [str(one["url"]) for one in holders if isinstance(one, dict) and isinstance(one.get("url"), str)]
    return found


def _failure(answer: Answer, status: str) -> StepError:
    code = str(answer.field("error_code") or "")
    words = str(answer.field("message") or code or status)[:200]
    if any(word in code.lower() for word in REFUSED):
        return ContentRefused("refused", f"{LABEL} declined the content: {words}")
    kind = PermanentStepError if code in ("validation_error", "bad_request", "invalid_content_type") else StepError
    return kind("failed", f"{LABEL} could not make the picture: {words}")


def _problem(answer: Answer) -> StepError:
    code = str(answer.field("error_code") or "").lower()
    if any(word in code for word in REFUSED):
        return ContentRefused("refused", f"{LABEL} declined the content: {answer.field('message') or code}.")
    return calls.problem(LABEL, answer, key=KEY)
