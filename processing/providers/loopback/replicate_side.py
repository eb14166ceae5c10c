"""Replicate as documented: predictions, files, listings, schemas."""

import email
import email.policy
import io
import json
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from processing.providers.loopback import webhooks
from processing.providers.loopback.messages import Call, Reply, disturbed, says
from processing.providers.loopback.pictures import cut_out, expanded, file_of, painted, scene, tone, upscaled, video_of
from processing.providers.loopback.plan import Fault, Plan
from processing.providers.loopback.results import Results

VENDOR = "replicate"
PAGE = 100
# Inputs each model takes, the required ones first; another one is refused with 422.
INPUTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "black-forest-labs/flux-schnell": (
        ("prompt",),
        (
            "aspect_ratio", "num_outputs", "num_inference_steps", "seed", "output_format", "output_quality", "go_fast",
            "megapixels", "disable_safety_checker",
        ),
    ),
    "bria/remove-background": (("image",), ("image_url", "preserve_alpha", "content_moderation")),
    "recraft-ai/recraft-remove-background": (("image",), ()),
    "black-forest-labs/flux-fill-pro": (
        ("prompt", "image"),
        ("mask", "outpaint", "steps", "guidance", "seed", "safety_tolerance", "output_format"),
    ),
    "bria/expand-image": (("image",), ("prompt", "aspect_ratio", "canvas_size", "seed", "negative_prompt")),
    "recraft-ai/recraft-crisp-upscale": (("image",), ()),
    "nightmareai/real-esrgan": (("image",), ("scale", "face_enhance")),
    "black-forest-labs/flux-kontext-pro": (
        ("prompt",),
        ("input_image", "aspect_ratio", "seed", "output_format", "safety_tolerance"),
    ),
    "bytedance/seedance-1-lite": (("prompt",), ("image", "duration", "resolution", "seed", "camera_fixed")),
    "minimax/speech-02-turbo": (("text",), ("voice_id", "speed", "language_boost")),
    "kwaivgi/kling-lip-sync": (("video_url",), ("audio_file", "text")),
    "meta/meta-llama-3-8b-instruct": (("prompt",), ("system_prompt", "max_tokens", "temperature")),
}  # fmt: skip
RATIOS = ("1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21")
SIDES = {"1": 1024, "0.25": 512}


class ReplicateSide:
    def __init__(self, plan: Plan, results: Results) -> None:
        self.plan = plan
        self.results = results
        self.predictions: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Reply | None:
        parts = call.path.strip("/").split("/")
        if parts[0] != "v1":
            return None
        if not call.headers.get("authorization", "").startswith("Bearer "):
            return says(error(401, "You did not pass an authentication token"), status=401)
        kind, act = self._act(call, parts[1:])
        if act is None:
            return says(error(404, "There is no such call."), status=404)
        fault = self.plan.next(VENDOR, kind)
        return disturbed(fault, lambda: act(fault), error=error)

    def _act(self, call: Call, parts: list[str]) -> tuple[str, Any]:
        """The kind of a call and what answers it."""
        post, get = call.method == "POST", call.method == "GET"
        match parts:
            case ["models", owner, name, "predictions"] if post:
                return "create", lambda fault: self._create(call, f"{owner}/{name}", fault)
            case ["models", owner, name] if get:
                return "schema", lambda fault: self._schema(f"{owner}/{name}", fault)
            case ["predictions", ref, "cancel"] if post:
                return "cancel", lambda _: self._cancel(ref)
            case ["predictions", ref] if get:
                return "poll", lambda _: self._poll(ref)
            case ["predictions"] if get:
                return "list", lambda _: self._list(call)
            case ["webhooks", "default", "secret"] if get:
                return "list", lambda _: says({"key": webhooks.SECRET})
            case ["files"] if post:
                return "upload", lambda _: self._upload(call)
            case ["files", ref] if get:
                return "list", lambda _: self._file(ref)
        return "", None

    # ---------------------------------------------------------------- predictions

    def _create(self, call: Call, model: str, fault: Fault) -> Reply:
        inputs = call.body.get("input")
        wrong = _wrong(model, inputs)
        if wrong is not None or not isinstance(inputs, dict):
            status, words = wrong or (422, "input is required")
            return says(error(status, words), status=status)
        ref = uuid.uuid4().hex[:26]
        row = {
            "id": ref, "model": model, "version": "hidden", "input": inputs, "output": None, "status": "starting",
            "error": None, "logs": "", "metrics": {}, "created_at": datetime.now(UTC).isoformat(), "started_at": None,
            "completed_at": None, "source": "api", "data_removed": False,
            "urls": {"get": f"{call.base}/v1/predictions/{ref}", "cancel": f"{call.base}/v1/predictions/{ref}/cancel"},
            "a_field_of_tomorrow": {"is": "ignored"},
        }  # fmt: skip
        with self._lock:
            self.predictions[ref] = {"row": row, "ending": fault, "asked": 0, "call": call}
        self.plan.made(call.attempt_id)
        if call.body.get("webhook") and (how := str(fault.values.get("webhook", "once"))) != "none":
            self._finish(ref)
            webhooks.tell(str(call.body["webhook"]), self.predictions[ref]["row"], how=how)
        if fault.name == "drift":
            return says({**row, "status": "queued_differently", "created_at": 12}, status=201)
        return says(row, status=201)

    def _finish(self, ref: str) -> None:
        """Who is told has not to ask: the prediction comes to its end by itself."""
        held = self.predictions[ref]
        held["asked"] = 2
        if held["ending"].name != "never":
            held["row"] = {**held["row"], **self._next(held)}

    def _poll(self, ref: str) -> Reply:
        with self._lock:
            held = self.predictions.get(ref)
            if held is None:
                return says(error(404, "Prediction not found."), status=404)
            held["asked"] += 1
            if held["row"]["status"] in ("starting", "processing", "pondering"):
                held["row"].update(self._next(held))
            return says(held["row"])

    def _next(self, held: dict[str, Any]) -> dict[str, Any]:
        """Starting, processing, then the planned end: a state a question, no clock."""
        ending: Fault = held["ending"]
        if held["asked"] < 2 or ending.name == "never":
            return {"status": "processing", "started_at": datetime.now(UTC).isoformat()}
        message = str(ending.values.get("message", "Prediction interrupted; please retry (code: PA)"))
        endings: dict[str, dict[str, Any]] = {
            "failed": {"status": "failed", "error": message},
            "refused": {"status": "failed", "error": "The input or output was flagged as sensitive. (E005)"},
            "aborted": {"status": "aborted"},
            "canceled": {"status": "canceled", "metrics": {"predict_time": 0.4}},
            "unknown-status": {"status": "pondering"},
            "removed": {"status": "succeeded", "data_removed": True, "output": None},
        }
        if ending.name in endings:
            return endings[ending.name]
        return {"status": "succeeded", "metrics": {"predict_time": 0.6}, "output": self._output(held)}

    def _output(self, held: dict[str, Any]) -> list[str] | str:
        """The result in the shape of its model: one address, a list of them, or the words of a text in pieces."""
        inputs, call, model = held["row"]["input"], held["call"], held["row"]["model"]
        if model.startswith("meta/"):
            return ["A plain ", "white mug ", f"({len(inputs['prompt'])} characters asked)."]
        if model == "black-forest-labs/flux-schnell":
            return [self._keep(call, scene(prompt=inputs["prompt"], seed=seed, size=_size(inputs)), inputs)
                    for seed in range(inputs.get("seed", 0), inputs.get("seed", 0) + inputs.get("num_outputs", 1))]  # fmt: skip
        if model == "minimax/speech-02-turbo":
            return self.results.keep(call, vendor=VENDOR, data=tone(len(inputs["text"])), media_type="audio/wav")
        if model in ("bytedance/seedance-1-lite", "kwaivgi/kling-lip-sync"):
            data = video_of(self._sent(inputs.get("image")) or scene(prompt=model, seed=1, size=(128, 128)))
            return self.results.keep(call, vendor=VENDOR, data=data, media_type="video/mp4")
        return self._keep(call, self._changed(model, inputs), {"output_format": "png", **inputs})

    def _changed(self, model: str, inputs: dict[str, Any]) -> Image.Image:
        photo = self._sent(inputs.get("image") or inputs.get("input_image")) or scene(
            prompt=model, seed=1, size=(128, 128)
        )
        if model.endswith("remove-background"):
            return cut_out(photo)
        if "expand" in model:
            return expanded(photo, ratio=inputs.get("aspect_ratio", "1:1"))
        if "upscale" in model or "esrgan" in model:
            return upscaled(photo, times=inputs.get("scale", 2))
        return painted(photo, mask=self._sent(inputs.get("mask")), prompt=inputs.get("prompt", ""))

    def _sent(self, address: Any) -> Image.Image | None:
        held = self.files.get(str(address).rpartition("/")[2])
        return Image.open(io.BytesIO(held["data"])) if held else None

    def _keep(self, call: Call, image: Image.Image, inputs: dict[str, Any]) -> str:
        data, media_type = file_of(image, inputs.get("output_format", "webp"))
        return self.results.keep(call, vendor=VENDOR, data=data, media_type=media_type)

    def _cancel(self, ref: str) -> Reply:
        with self._lock:
            held = self.predictions.get(ref)
            if held is None:
                return says(error(404, "Prediction not found."), status=404)
            held["row"].update(status="canceled")
            return says(held["row"])

    def _list(self, call: Call) -> Reply:
        """Newest first, without filtering by time, so that a caller who relies on the filter is found out."""
        start = int(call.query.get("cursor", "0"))
        with self._lock:
            rows = [held["row"] for held in reversed(self.predictions.values())]
        following = f"{call.base}/v1/predictions?cursor={start + PAGE}" if len(rows) > start + PAGE else None
        return says({"previous": None, "next": following, "results": rows[start : start + PAGE]})

    # ---------------------------------------------------------------- files and schemas

    def _upload(self, call: Call) -> Reply:
        fields = _multipart(call)
        if "content" not in fields:
            return says(error(422, "content: field required"), status=422)
        ref = uuid.uuid4().hex
        data = fields["content"]
        row = {
            "id": ref, "size": len(data), "content_type": "application/octet-stream", "metadata": json.loads(fields.get("metadata", b"{}")),
            "urls": {"get": f"{call.base}/v1/files/{ref}"},
        }  # fmt: skip
        with self._lock:
            self.files[ref] = {"row": row, "data": data}
        return says(row, status=201)

    def _file(self, ref: str) -> Reply:
        held = self.files.get(ref)
        return says(held["row"]) if held else says(error(404, "File not found."), status=404)

    def _schema(self, model: str, fault: Fault) -> Reply:
        if model not in INPUTS:
            return says(error(404, "Model not found."), status=404)
        names = sorted({*INPUTS[model][0], *INPUTS[model][1]})
        if fault.name == "drift":
            names = [name for name in names if name != INPUTS[model][0][0]]
        schema: dict[str, Any] = {"components": {"schemas": {"Input": {"properties": {name: {} for name in names}}}}}
        return says({"latest_version": {"id": "0" * 64, "openapi_schema": schema}})


def error(status: int, words: str) -> dict[str, Any]:
    return {"title": "Error", "detail": words, "status": status}


def _multipart(call: Call) -> dict[str, bytes]:
    """Parts of a form by name."""
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    message = email.message_from_bytes(head + call.data, policy=email.policy.HTTP)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.walk()}
    return {str(name): bytes(part.get_payload(decode=True) or b"") for name, part in parts.items() if name}


def _wrong(model: str, inputs: Any) -> tuple[int, str] | None:
    if model not in INPUTS:
        return 404, "The requested resource could not be found."
    if not isinstance(inputs, dict):
        return 422, "input must be an object"
    needed, others = INPUTS[model]
    unknown = sorted(set(inputs) - {*needed, *others})
    if unknown:
        return 422, f"- input: Additional property {unknown[0]} is not allowed"
    missing = [name for name in needed if not isinstance(inputs.get(name), str)]
    return (422, f"- input: {missing[0]} is required") if missing else None


def _size(inputs: dict[str, Any]) -> tuple[int, int]:
    ratio = inputs.get("aspect_ratio", "1:1")
    width, height = map(int, (ratio if ratio in RATIOS else "1:1").split(":"))
    side = SIDES.get(inputs.get("megapixels", "1"), 1024)
    scale = side / (width * height) ** 0.5
    return max(16, round(width * scale / 16) * 16), max(16, round(height * scale / 16) * 16)
