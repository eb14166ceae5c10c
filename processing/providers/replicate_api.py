"""Replicate: pictures, video, speech and text by its predictions; which models, `replicate_models` says.

Its client makes and cancels predictions (`replicate_line`); results are fetched by the address guard, because the client sends
our token to whatever host a result names. (The module must not be named like the client.)
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from processing.errors import AmbiguousCall, ContentRefused, PermanentStepError, StepError
from processing.providers import calls, prices, replicate_input, replicate_line, replicate_lost
from processing.providers.base import Capability, Done, Failed, Orphan, Output, Pending, Request, Submitted
from processing.providers.calls import Answer
from processing.providers.replicate_input import checked_input, input_of
from processing.providers.replicate_line import KEY, LABEL
from processing.providers.replicate_models import Model, model_of

VERSION = "1"
POLL_S = 2.0
ODD_POLL_S = 10.0
REFUSED = ("nsfw", "sensitive", "safety", "flagged", "moderation", "content policy", "e005")
FINAL = ("invalid", "must be", "unsupported", "too large", "not a valid", "required")


DEFAULT_MODELS = {
    Capability.IMAGE_TO_IMAGE: "black-forest-labs/flux-kontext-pro",
    Capability.INPAINT: "black-forest-labs/flux-fill-pro",
    Capability.EXPAND: "bria/expand-image",
    Capability.UPSCALE: "recraft-ai/recraft-crisp-upscale",
    Capability.VIDEO: "bytedance/seedance-1-lite",
    Capability.SPEECH: "minimax/speech-02-turbo",
    Capability.LIP_SYNC: "kwaivgi/kling-lip-sync",
    Capability.TEXT: "meta/meta-llama-3-8b-instruct",
}


class Replicate:
    name = "replicate"
    needs_network = True

    def __init__(self, model: str = "") -> None:
        self.models: dict[Capability, str] = {
            Capability.GENERATE_BACKGROUND: settings.REPLICATE_BACKGROUND_MODEL,
            Capability.REMOVE_BACKGROUND: settings.REPLICATE_CUTOUT_MODEL,
            **DEFAULT_MODELS,
            **{Capability(one): name for one, name in settings.REPLICATE_MODELS.items() if one in set(Capability)},
        }
        if model:
            found = model_of(model)
            does = found.does if found else (Capability.GENERATE_BACKGROUND, Capability.REMOVE_BACKGROUND)
            self.models = dict.fromkeys(does, model)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Those whose model has a price and is known."""
        return frozenset(capability for capability in self.models if not self._lacks(capability))

    def unavailable_reason(self) -> str:
        if not settings.REPLICATE_API_TOKEN:
            return f"{LABEL} needs a token: set {KEY}."
        if unknown := [name for name in settings.REPLICATE_MODELS if name not in set(Capability)]:
            return f"REPLICATE_MODELS names {', '.join(unknown)}; known are {', '.join(sorted(Capability))}."
        reasons = [self._lacks(capability) for capability in self.models]
        return reasons[0] if all(reasons) else ""

    def _lacks(self, capability: Capability) -> str:
        """What is missing for a capability, in a sentence."""
        name = self.models[capability]
        model = model_of(name)
        if reason := prices.missing(self.name, _bare(name), unit=model.price_unit(model.fixed) if model else ""):
            return reason
        if model is None:
            return f"The inputs of {name} are not known: add a row to replicate_models.py."
        return "" if capability in model.does else f"{name} cannot do this: {capability}."

    def version(self) -> str:
        go_fast = "fast" if settings.REPLICATE_GO_FAST else "exact"
        return f"replicate-{VERSION}|{'|'.join(sorted(self.models.values()))}|{go_fast}"

    def check_options(self, capability: Capability, options: Mapping[str, Any]) -> None:
        replicate_input.check_options(self._model(capability), options)

    def price(self, request: Request) -> Decimal:
        model = self._model(request.capability)
        return self._price(model, input_of(model, request), outputs=int(request.options.get("num_outputs", 1)))

    def _price(self, model: Model, inputs: Mapping[str, Any], *, outputs: int) -> Decimal:
        units = model.units(inputs, outputs=outputs)
        return prices.cost_of(self.name, model.name, unit=model.price_unit(inputs), units=units)

    # ---------------------------------------------------------------- the call

    def submit(self, request: Request, *, attempt_id: str) -> Submitted:
        """One prediction. The request's id carries the attempt's, and so do the uploaded files."""
        model = self._model(request.capability)
        checked_input(model, request)
        urls = {name: replicate_line.upload(data, attempt_id=attempt_id) for name, data in request.all_files.items()}
        inputs = checked_input(model, request, urls=urls)
        answer = replicate_line.create(self.models[request.capability], inputs, attempt_id=attempt_id)
        if answer.status in (500, 502, 504):
            # Somebody on the way failed; the prediction may run. It can be looked up, so it is.
            raise AmbiguousCall("answer-lost", f"{LABEL} answered {answer.status}; the call may have been accepted.")
        if not answer.is_ok:
            raise calls.problem(LABEL, answer, key=KEY)
        reference = answer.field("id")
        if not isinstance(reference, str) or not 0 < len(reference) <= 200:
            raise AmbiguousCall("answer-unreadable", f"{LABEL} accepted the call but named no prediction.")
        return Submitted(reference, poll_after_s=POLL_S)

    # ---------------------------------------------------------------- what became of it

    def poll(self, provider_ref: str) -> Pending | Done | Failed:
        """The prediction's state; one that is new to us counts as still running."""
        answer = replicate_line.ask("GET", f"{settings.REPLICATE_BASE_URL}/v1/predictions/{provider_ref}")
        status = answer.field("status")
        if status == "succeeded":
            return self._finished(answer)
        if status == "failed":
            error = _failure(str(answer.field("error") or "no reason given"))
            return Failed(error, cost=self._cost_of_failure(answer))
        if status == "aborted":
            return Failed(StepError("aborted", f"{LABEL} did not start in time."))
        if status == "canceled":
            cost = self._cost(answer, outputs=1) if _has_run(answer) else Decimal(0)
            return Failed(StepError("cancelled", f"The call was cancelled at {LABEL}."), cost=cost)
        return Pending(POLL_S if status in ("starting", "processing") else ODD_POLL_S)

    def _finished(self, answer: Answer) -> Done | Failed:
        output = answer.field("output")
        parts = [output] if isinstance(output, str) else output
        if isinstance(parts, list) and parts and all(isinstance(part, str) for part in parts):
            meta = {"model": answer.field("model"), "metrics": answer.field("metrics")}
            made = _outputs(parts, answers=self._model_of(answer).answers)
            return Done(made, self._cost(answer, outputs=len(parts)), meta)
        cost = self._cost(answer, outputs=1)
        if answer.field("data_removed") or output is None:
            # Kept for an hour there. It was paid for, so a person decides about another call.
            message = f"{LABEL} has already deleted the result, which was paid for; trying again is a new call."
            return Failed(PermanentStepError("result-gone", message), cost=cost)
        return Failed(PermanentStepError("bad-answer", f"{LABEL} finished with a result of unknown shape."), cost=cost)

    def _cost(self, answer: Answer, *, outputs: int) -> Decimal:
        inputs = answer.field("input")
        model = self._model_of(answer)
        return self._price(model, {**model.fixed, **(inputs if isinstance(inputs, dict) else {})}, outputs=outputs)

    def _cost_of_failure(self, answer: Answer) -> Decimal:
        """Most failures are free; what the price list says is charged, is."""
        row = prices.price_of(self.name, self._model_of(answer).name)
        return self._cost(answer, outputs=1) if row and row.failed == "charged" and _has_run(answer) else Decimal(0)

    def _model_of(self, answer: Answer) -> Model:
        """The model of a prediction; where it does not say, the first of ours."""
        named = model_of(str(answer.field("model") or ""))
        known = (model_of(name) for name in self.models.values())
        model = named or next((one for one in known if one is not None), None)
        if model is None:
            raise PermanentStepError("bad-answer", f"{LABEL} answered for a model that is not known here.")
        return model

    def cancel(self, provider_ref: str) -> None:
        """Best effort, one try."""
        replicate_line.cancel(provider_ref)

    def fetch(self, output: Output) -> bytes:
        return calls.result(output, vendor=LABEL)

    def find_orphan(self, *, attempt_id: str, request: Request) -> str | Orphan:
        name = self.models[request.capability]
        return replicate_lost.find(self._model(request.capability), name, request, attempt_id=attempt_id)

    # ---------------------------------------------------------------- questions

    def webhook_secret(self) -> str:
        """What Replicate signs its webhooks with: one for each account."""
        return replicate_line.webhook_secret()

    def check(self) -> list[str]:
        """What does not fit between us and the configured models, asked of Replicate: nothing is paid."""
        if reason := self.unavailable_reason():
            return [reason]
        ours = [(self.models[one], self._model(one)) for one in sorted(self.capabilities)]
        return [said for name, model in ours for said in self._drift(name, model.inputs)]

    def _drift(self, model: str, names: set[str]) -> list[str]:
        try:
            answer = replicate_line.ask("GET", f"{settings.REPLICATE_BASE_URL}/v1/models/{_bare(model)}")
        except StepError as error:
            return [f"{model}: {error}"]
        found: Any = answer.body
        for part in ("latest_version", "openapi_schema", "components", "schemas", "Input", "properties"):
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            return [f"{model}: {LABEL} tells no schema of its input."]
        return [f"{model}: it has no input {name} any more." for name in sorted(names - set(found))]

    def _model(self, capability: Capability) -> Model:
        if capability not in self.models:
            raise PermanentStepError("no-such-capability", f"{LABEL} is not set up for {capability}.")
        model = model_of(self.models[capability])
        if model is None or (reason := self._lacks(capability)):
            raise PermanentStepError("no-such-capability", reason if model else self._lacks(capability))
        return model


def make(model: str = "") -> Replicate:
    return Replicate(model)


def _outputs(parts: list[str], *, answers: str) -> tuple[Output, ...]:
    """Addresses of files; of a model that writes, the words themselves."""
    if answers == "text":
        return (Output("text/plain", "".join(parts).encode()),)
    return tuple(Output(media_type="" if answers == "image" else f"{answers}/*", url=part) for part in parts)


def _bare(model: str) -> str:
    """owner/name without the version."""
    return model.partition(":")[0]


def _has_run(answer: Answer) -> bool:
    metrics = answer.field("metrics")
    return isinstance(metrics, dict) and bool(metrics.get("predict_time"))


def _failure(message: str) -> StepError:
    """A failed prediction by its message, the only thing that tells."""
    words = message.lower()
    said = f"{LABEL} could not make the picture: {message[:200]}"
    if any(word in words for word in REFUSED):
        return ContentRefused("refused", f"{LABEL} declined the content: {message[:200]}")
    if any(word in words for word in FINAL):
        return PermanentStepError("failed", said)
    return StepError("failed", said)
