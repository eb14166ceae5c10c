"""Gemini as documented: generateContent with a picture inside the answer, and the model's page."""

import base64
import binascii
import io
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

    def answer(self, call: Call) -> Reply | None:
        if not call.path.startswith("/v1beta/models/"):
            return None
        if not call.headers.get("x-goog-api-key"):
            return says(error(403, "Method doesn't allow unregistered callers."), status=403)
        model, _, action = call.path.rpartition("/")[2].partition(":")
        if model not in MODELS:
            return says(error(404, f"models/{model} is not found for API version v1beta."), status=404)
        if call.method == "GET" and not action:
            fault = self.plan.next(VENDOR, "schema")
            return disturbed(fault, lambda: says({"name": f"models/{model}"}), error=error)
        if call.method == "POST" and action == "generateContent":
            fault = self.plan.next(VENDOR, "create")
            return disturbed(fault, lambda: self._generate(call, model, fault), error=error)
        return says(error(404, "There is no such call."), status=404)

    def _generate(self, call: Call, model: str, fault: Fault) -> Reply:
        try:
            words, photo = _asked(call.body)
            shape = call.body["generationConfig"]["imageConfig"]
            side = SIDES[shape.get("imageSize", "1K")]
            width, height = map(int, shape.get("aspectRatio", "1:1").split(":"))
        except (LookupError, TypeError, ValueError, AttributeError, UnidentifiedImageError) as wrong:
            return says(error(400, f"Invalid value: {wrong}"), status=400)
        self.plan.made(call.attempt_id)
        scale = side / (width * height) ** 0.5
        size = (round(width * scale), round(height * scale))
        image = ImageEnhance.Contrast(photo).enhance(1.08) if photo else scene(prompt=words, seed=0, size=size)
        data, media_type = file_of(image, "png")
        return _written(model, data, media_type, fault)


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


def _written(model: str, data: bytes, media_type: str, fault: Fault) -> Reply:
    feedback: dict[str, Any] = {"usageMetadata": {"promptTokenCount": 20}, "modelVersion": model, "responseId": "r1"}
    if fault.name == "refused":
        return says({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **feedback})
    if fault.name == "failed":
        return says({"candidates": [{"content": {}, "finishReason": "IMAGE_SAFETY"}], **feedback})
    if fault.name == "cut-off":
        data = data[: len(data) // 2]
    parts: list[dict[str, Any]] = [{"text": "Here is your picture."}]
    if fault.name == "drift":
        parts.append({"image": {"mimeType": media_type, "bytes": base64.b64encode(data).decode()}})
    elif fault.name != "words":
        parts.append({"inlineData": {"mimeType": media_type, "data": base64.b64encode(data).decode()}})
    return says({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}], **feedback})
