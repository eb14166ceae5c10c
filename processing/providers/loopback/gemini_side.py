"""Gemini as documented: generateContent with a picture inside the answer, and the model's page."""

import base64
import binascii
import io
import threading
import uuid
from typing import Any

from PIL import Image, ImageEnhance, UnidentifiedImageError

from processing.providers.loopback.messages import Call, Reply, disturbed, says
from processing.providers.loopback.pictures import file_of, scene
from processing.providers.loopback.plan import Fault, Plan

VENDOR = "gemini"
MODELS = ("gemini-nano-banana-2.1", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image", "gemini-3-pro-image")
SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
STATUS_NAMES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


class GeminiSide:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.batches: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Reply | None:
        if not call.path.startswith(("/v1beta/models/", "/v1beta/batches")):
            return None
        if not call.headers.get("x-goog-api-key"):
            return says(error(403, "Method doesn't allow unregistered callers."), status=403)
        if call.path.startswith("/v1beta/batches"):
            return self._about_batches(call)
        model, _, action = call.path.rpartition("/")[2].partition(":")
        if model not in MODELS:
            return says(error(404, f"models/{model} is not found for API version v1beta."), status=404)
        if call.method == "GET" and not action:
            fault = self.plan.next(VENDOR, "schema")
            return disturbed(fault, lambda: says({"name": f"models/{model}"}), error=error)
        if call.method == "POST" and action == "generateContent":
            fault = self.plan.next(VENDOR, "create")
            return disturbed(fault, lambda: self._generate(call, model, fault), error=error)
        if call.method == "POST" and action == "batchGenerateContent":
            fault = self.plan.next(VENDOR, "create")
            return disturbed(fault, lambda: self._new_batch(call, model, fault), error=error)
        return says(error(404, "There is no such call."), status=404)

    # ---------------------------------------------------------------- batches

    def _new_batch(self, call: Call, model: str, fault: Fault) -> Reply:
        try:
            batch = call.body["batch"]
            entries = batch["inputConfig"]["requests"]["requests"]
            for entry in entries:
                _asked(entry["request"])
        except (LookupError, TypeError, ValueError, AttributeError, UnidentifiedImageError) as wrong:
            return says(error(400, f"Invalid value: {wrong}"), status=400)
        name = f"batches/{uuid.uuid4().hex}"
        with self._lock:
            self.batches[name] = {
                "model": model, "display": str(batch.get("displayName", "")), "entries": entries, "ending": fault, "asked": 0,
                "cancelled": False,
            }  # fmt: skip
        self.plan.made(call.attempt_id)
        return says(self._row(name, "BATCH_STATE_PENDING") if fault.name != "drift" else {"done": False})

    def _about_batches(self, call: Call) -> Reply:
        name, _, action = call.path.removeprefix("/v1beta/").partition(":")
        if name == "batches":
            fault = self.plan.next(VENDOR, "list")
            rows = [self._row(one, "BATCH_STATE_RUNNING") for one in reversed(self.batches)]
            return disturbed(fault, lambda: says({"operations": rows}), error=error)
        if name not in self.batches:
            return says(error(404, "Requested entity was not found."), status=404)
        if action == "cancel":
            self.batches[name]["cancelled"] = True
            return says({})
        fault = self.plan.next(VENDOR, "poll")
        return disturbed(fault, lambda: says(self._state_of(name)), error=error)

    def _row(self, name: str, state: str) -> dict[str, Any]:
        return {"name": name, "metadata": {"state": state, "displayName": self.batches[name]["display"]}}

    def _state_of(self, name: str) -> dict[str, Any]:
        """Pending, running, then the planned end: a state a question."""
        held = self.batches[name]
        held["asked"] += 1
        ending: Fault = held["ending"]
        if held["cancelled"]:
            return self._row(name, "BATCH_STATE_CANCELLED")
        if held["asked"] < 2 or ending.name == "never":
            return self._row(name, "BATCH_STATE_RUNNING")
        if ending.name in ("aborted", "canceled", "unknown-status"):
            states = {"aborted": "EXPIRED", "canceled": "CANCELLED", "unknown-status": "PONDERING"}
            return self._row(name, f"BATCH_STATE_{states[ending.name]}")
        endings: dict[str, str] = dict(ending.values.get("entries", {}))
        answers = [
            {"metadata": entry.get("metadata", {}), **self._answered(held, entry, ending)}
            for entry in held["entries"]
            if (ending := Fault(endings.get(_key(entry), held["ending"].name))).name != "missing"
        ]
        if held["ending"].values.get("reversed"):
            answers.reverse()
        row = self._row(name, "BATCH_STATE_SUCCEEDED")
        return {**row, "done": True, "response": {"inlinedResponses": {"inlinedResponses": answers}}}

    def _answered(self, held: dict[str, Any], entry: dict[str, Any], ending: Fault) -> dict[str, Any]:
        if ending.name == "failed":
            return {"error": {"code": 13, "message": "The entry could not be processed."}}
        return {"response": _made(held["model"], entry["request"], ending)}

    # ---------------------------------------------------------------- single calls

    def _generate(self, call: Call, model: str, fault: Fault) -> Reply:
        try:
            made = _made(model, call.body, fault)
        except (LookupError, TypeError, ValueError, AttributeError, UnidentifiedImageError) as wrong:
            return says(error(400, f"Invalid value: {wrong}"), status=400)
        self.plan.made(call.attempt_id)
        return says(made)


def _made(model: str, body: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """The answer to a request. LookupError, TypeError or ValueError for one that is not as documented."""
    words, photo = _asked(body)
    shape = body["generationConfig"]["imageConfig"]
    side = SIDES[shape.get("imageSize", "1K")]
    width, height = map(int, shape.get("aspectRatio", "1:1").split(":"))
    scale = side / (width * height) ** 0.5
    size = (round(width * scale), round(height * scale))
    image = ImageEnhance.Contrast(photo).enhance(1.08) if photo else scene(prompt=words, seed=0, size=size)
    data, media_type = file_of(image, "png")
    return _written(model, data, media_type, fault)


def _key(entry: dict[str, Any]) -> str:
    return str(entry.get("metadata", {}).get("key", ""))


def error(status: int, words: str) -> dict[str, Any]:
    return {"error": {"code": status, "status": STATUS_NAMES.get(status, "INTERNAL"), "message": words}}


def _asked(body: dict[str, Any]) -> tuple[str, Image.Image | None]:
    """The prompt and the photo of a request; both spellings of its names are in use."""
    words, photo = "", None
    for part in body["contents"][0]["parts"]:
        inline = part.get("inlineData") or part.get("inline_data")
        if inline:
            try:
                photo = Image.open(io.BytesIO(base64.b64decode(inline["data"], validate=True))).convert("RGB")
            except binascii.Error as broken:
                raise ValueError("inlineData is not base64") from broken
        words += part.get("text", "")
    return words, photo


def _written(model: str, data: bytes, media_type: str, fault: Fault) -> dict[str, Any]:
    feedback: dict[str, Any] = {"usageMetadata": {"promptTokenCount": 20}, "modelVersion": model, "responseId": "r1"}
    if fault.name == "refused":
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **feedback}
    if fault.name == "failed":
        return {"candidates": [{"content": {}, "finishReason": "IMAGE_SAFETY"}], **feedback}
    if fault.name == "cut-off":
        data = data[: len(data) // 2]
    if fault.name == "wrong-type":
        data = b"%PDF-1.7 not a picture"
    parts: list[dict[str, Any]] = [{"text": "Here is your picture."}]
    if fault.name == "drift":
        parts.append({"image": {"mimeType": media_type, "bytes": base64.b64encode(data).decode()}})
    elif fault.name != "words":
        parts.append({"inlineData": {"mimeType": media_type, "data": base64.b64encode(data).decode()}})
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}], **feedback}
