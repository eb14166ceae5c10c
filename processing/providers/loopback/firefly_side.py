"""Adobe's token, Firefly and Photoshop calls as documented: accepted with 202, then asked about."""

import io
import threading
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from PIL import Image

from processing.providers.loopback.messages import Call, Reply, disturbed, says
from processing.providers.loopback.pictures import composed, cut_out, expanded, file_of, painted, scene, upscaled
from processing.providers.loopback.plan import Fault, Plan
from processing.providers.loopback.results import Results

VENDOR = "firefly"
# Pictures are made this much smaller than asked for: a drawing of a wall gains nothing from four megapixels.
SHRINK = 2
MAX_PROMPT = 1024
TOKEN_LASTS_S = 86_399
# Pictures that each call needs, and the fields that all of them may have besides.
CHANGES: dict[str, tuple[str, ...]] = {
    "expand-async": ("image",),
    "fill-async": ("image", "mask"),
    "precise-composite": ("object.image", "background.image"),
    "upscale": ("image",),
}
COMMON = ("prompt", "negativePrompt", "size", "placement", "numVariations", "seeds", "blend", "output", "upscaleFactor")


class FireflySide:
    def __init__(self, plan: Plan, results: Results) -> None:
        self.plan = plan
        self.results = results
        self.tokens: set[str] = set()
        self.photos: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Reply | None:
        kind, act = self._act(call)
        if act is None:
            return None
        if kind != "token" and call.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return says(error(401, "Oauth token is not valid"), status=401)
        if kind != "token" and not call.headers.get("x-api-key"):
            return says(error(403, "Api Key is required"), status=403)
        fault = self.plan.next(VENDOR, kind)
        return disturbed(fault, lambda: act(fault), error=error)

    def _act(self, call: Call) -> tuple[str, Callable[[Fault], Reply] | None]:
        match call.method, call.path.strip("/").split("/"):
            case "POST", ["ims", "token", "v3"]:
                return "token", lambda _: self._token(call)
            case "POST", ["v2", "storage", "image"]:
                return "upload", lambda _: self._upload(call)
            case "POST", ["v3", "images", "generate-async"]:
                return "create", lambda fault: self._generate(call, fault)
            case "POST", ["v3", "images", "expand-async" | "fill-async" | "precise-composite" | "upscale" as name]:
                return "create", lambda fault: self._change(call, name, fault)
            case "POST", ["v2", "remove-background"]:
                return "create", lambda fault: self._remove(call, fault)
            case "GET", ["v2" | "v3", "status", job]:
                return "poll", lambda _: self._status(call, job)
            case "PUT", ["v3", "cancel", job]:
                return "cancel", lambda _: self._cancel(job)
        return "", None

    def _token(self, call: Call) -> Reply:
        form = parse_qs(call.data.decode("utf-8", "replace"))
        if form.get("grant_type") != ["client_credentials"] or "client_secret" not in form:
            return says({"error": "invalid_client"}, status=400)
        token = uuid.uuid4().hex
        self.tokens.add(token)
        return says({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LASTS_S})

    def expire_tokens(self) -> None:
        """All tokens stop working, as after a day."""
        self.tokens.clear()

    def _upload(self, call: Call) -> Reply:
        if not call.headers.get("content-type", "").startswith("image/"):
            return says(error(415, "Unsupported media type"), status=415)
        name = str(uuid.uuid4())
        self.photos[name] = call.data
        return says({"images": [{"id": name}]})

    def _generate(self, call: Call, fault: Fault) -> Reply:
        body, prompt = call.body, call.body.get("prompt")
        if not isinstance(prompt, str) or not 0 < len(prompt) <= MAX_PROMPT:
            return says(error(422, "prompt must have 1 to 1024 characters"), status=422)
        width, height = (int(body["size"][name]) // SHRINK for name in ("width", "height"))

        def made() -> bytes:
            return file_of(scene(prompt=prompt, seed=body["seeds"][0], size=(width, height)), "jpg")[0]

        return self._accepted(call, fault, "v3", made)

    def _remove(self, call: Call, fault: Fault) -> Reply:
        photo = self._sent(call, "image")
        if photo is None:
            return says(error(422, "image.source was not found"), status=422)
        return self._accepted(call, fault, "v2", lambda: file_of(cut_out(photo), "png")[0])

    def _change(self, call: Call, name: str, fault: Fault) -> Reply:
        """A picture out of pictures. What the call needs and does not get is a 422, as is a field that it does not have."""
        body, needed = call.body, CHANGES[name]
        if unknown := set(body) - {*(path.split(".")[0] for path in needed), *COMMON}:
            return says(error(422, f"{sorted(unknown)[0]}: extra fields not permitted"), status=422)
        sent = {path: self._sent(call, path) for path in needed}
        if missing := [path for path, photo in sent.items() if photo is None]:
            return says(error(422, f"{missing[0]}.source was not found"), status=422)
        if name == "upscale" and not body.get("seeds"):
            return says(error(422, "seeds: field required"), status=422)
        photos = [photo for photo in sent.values() if photo is not None]
        if name == "fill-async" and photos[0].size != photos[1].size:
            return says(error(422, "mask must have the size of the image"), status=422)
        return self._accepted(call, fault, "v3", lambda: file_of(_changed(name, body, photos), "jpg")[0])

    def _sent(self, call: Call, path: str) -> Image.Image | None:
        """The uploaded picture that a field names, as "background.image"."""
        found: Any = call.body
        for part in (*path.split("."), "source", "uploadId"):
            found = found.get(part) if isinstance(found, dict) else None
        photo = self.photos.get(str(found))
        return Image.open(io.BytesIO(photo)) if photo else None

    def _accepted(self, call: Call, fault: Fault, version: str, made: Callable[[], bytes]) -> Reply:
        job = f"urn:ff:jobs:{uuid.uuid4()}"
        with self._lock:
            self.jobs[job] = {"ending": fault, "asked": 0, "made": made, "cancelled": False, "is_old": False}
        self.plan.made(call.attempt_id)
        url = f"{call.base}/{version}/status/{job}"
        if fault.name == "drift":
            self.jobs[job]["is_old"] = True
            return says({"_links": {"self": {"href": url}}}, status=202)
        return says({"jobId": job, "statusUrl": url, "cancelUrl": f"{call.base}/v3/cancel/{job}"}, status=202)

    def _status(self, call: Call, job: str) -> Reply:
        held = self.jobs.get(job)
        if held is None:
            return says(error(404, "Job not found"), status=404)
        held["asked"] += 1
        status, extra = _state(held)
        if status == "succeeded":
            media_type = "image/png" if call.path.startswith("/v2") else "image/jpeg"
            url = self.results.keep(call, vendor=VENDOR, data=held["made"](), media_type=media_type)
            if held["is_old"]:
                return says({"outputs": [{"status": "succeeded", "_links": {"url": url}}]})
            extra = {"result": {"outputs": [{"seed": 1, "image": {"url": url}}]}}
            if held["ending"].name == "words":
                extra = {"result": {"answer": "Here is your picture."}}
        if held["is_old"]:
            return says({"outputs": [{"status": status}]})
        return says({"status": status, "jobId": job, **extra})

    def _cancel(self, job: str) -> Reply:
        held = self.jobs.get(job)
        if held is None:
            return says(error(404, "Job not found"), status=404)
        held["cancelled"] = True
        return says({})


def _changed(name: str, body: dict[str, Any], photos: list[Image.Image]) -> Image.Image:
    if name == "expand-async":
        return expanded(photos[0], ratio=f"{body['size']['width']}:{body['size']['height']}")
    if name == "fill-async":
        return painted(photos[0], mask=photos[1], prompt=str(body.get("prompt", "")))
    if name == "precise-composite":
        return composed(photos[0], photos[1])
    return upscaled(photos[0], times=body.get("upscaleFactor", 2))


def _state(held: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    ending: Fault = held["ending"]
    if held["cancelled"]:
        return "cancelled", {}
    if held["asked"] < 2 or ending.name == "never":
        return "running", {}
    message = str(ending.values.get("message", "Something went wrong"))
    states: dict[str, tuple[str, dict[str, Any]]] = {
        "failed": ("failed", {"error_code": "runtime_error", "message": message}),
        "refused": ("failed", {"error_code": "prompt_unsafe", "message": "The prompt was declined"}),
        "aborted": ("timeout", {"error_code": "timeout_error"}),
        "canceled": ("cancelled", {}),
        "unknown-status": ("pondering", {}),
    }
    return states.get(ending.name, ("succeeded", {}))


def error(status: int, words: str) -> dict[str, Any]:
    codes = {422: "validation_error", 429: "rate_limited", 451: "prompt_unsafe", 403: "access_error"}
    return {"error_code": codes.get(status, "runtime_error"), "message": words}
