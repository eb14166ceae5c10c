"""The models at Replicate that Firstpass knows: what each takes, what comes back, and how it is billed.

Adding one is a row here and a price in prices.json. `manage.py providers --check` asks Replicate whether the inputs still fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from processing.providers.base import Capability
from processing.providers.options import Choice, Number, Rule, Switch, Text, Whole

RATIOS = ("1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21")


@dataclass(frozen=True)
class Model:
    """`files` maps our names of files to the model's inputs; `prompt` and `ratio` name its inputs, empty where it has none.

    `fixed` is sent unless an option says otherwise. `unit` is the price's: "image", "second", "1000 characters" or "call";
    for seconds, `priced_by` names the input that chooses the row, as in "second 720p".
    """

    name: str
    does: tuple[Capability, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    prompt: str = ""
    ratio: str = ""
    ratios: tuple[str, ...] = RATIOS
    has_seed: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Rule] = field(default_factory=dict)
    answers: str = "image"
    unit: str = "image"
    priced_by: str = ""

    @property
    def inputs(self) -> set[str]:
        """Names of all inputs we may send."""
        named = {self.prompt, self.ratio, "seed" if self.has_seed else "", *self.files.values()} - {""}
        return named | set(self.fixed) | set(self.options)

    def price_unit(self, inputs: Mapping[str, Any]) -> str:
        return f"{self.unit} {inputs.get(self.priced_by, '')}".strip() if self.priced_by else self.unit

    def units(self, inputs: Mapping[str, Any], *, outputs: int) -> Decimal:
        """How many units a call of these inputs is billed for."""
        if self.unit == "image":
            return Decimal(outputs)
        if self.unit == "second":
            return Decimal(inputs.get("duration", 5))
        if self.unit == "1000 characters":
            return Decimal(len(str(inputs.get(self.prompt, "")))) / 1000
        return Decimal(1)


def _table(*models: Model) -> dict[str, Model]:
    return {model.name: model for model in models}


_PICTURE_FORMAT = Choice(("jpg", "png"))
MODELS: dict[str, Model] = _table(
    Model(
        "black-forest-labs/flux-schnell",
        (Capability.GENERATE_BACKGROUND,),
        prompt="prompt",
        ratio="aspect_ratio",
        has_seed=True,
        fixed={"num_outputs": 1, "num_inference_steps": 4, "output_format": "png", "go_fast": False, "megapixels": "1"},
        options={
            "aspect_ratio": Choice(RATIOS),
            "num_outputs": Whole(1, 4),
            "num_inference_steps": Whole(1, 4),
            "output_format": Choice(("webp", "jpg", "png")),
            "output_quality": Whole(0, 100),
            "go_fast": Switch(),
            "megapixels": Choice(("1", "0.25")),
            "disable_safety_checker": Switch(),
        },
    ),
    Model(
        "bria/remove-background",
        (Capability.REMOVE_BACKGROUND,),
        files={"image": "image"},
        options={"preserve_alpha": Switch(), "content_moderation": Switch()},
    ),
    Model("recraft-ai/recraft-remove-background", (Capability.REMOVE_BACKGROUND,), files={"image": "image"}),
    Model(
        "black-forest-labs/flux-fill-pro",
        (Capability.INPAINT,),
        files={"image": "image", "mask": "mask"},
        prompt="prompt",
        has_seed=True,
        fixed={"output_format": "png"},
        options={
            "steps": Whole(15, 50),
            "guidance": Number(1.5, 100),
            "safety_tolerance": Whole(1, 6),
            "output_format": _PICTURE_FORMAT,
        },
    ),
    Model(
        "bria/expand-image",
        (Capability.EXPAND,),
        files={"image": "image"},
        prompt="prompt",
        ratio="aspect_ratio",
        ratios=("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9"),
        has_seed=True,
        options={"negative_prompt": Text()},
    ),
    Model("recraft-ai/recraft-crisp-upscale", (Capability.UPSCALE,), files={"image": "image"}),
    Model(
        "nightmareai/real-esrgan",
        (Capability.UPSCALE,),
        files={"image": "image"},
        fixed={"scale": 2, "face_enhance": False},
        options={"scale": Number(1, 10), "face_enhance": Switch()},
    ),
    Model(
        "black-forest-labs/flux-kontext-pro",
        (Capability.IMAGE_TO_IMAGE,),
        files={"image": "input_image"},
        prompt="prompt",
        ratio="aspect_ratio",
        has_seed=True,
        fixed={"output_format": "png"},
        options={
            "aspect_ratio": Choice(("match_input_image", *RATIOS)),
            "output_format": _PICTURE_FORMAT,
            "safety_tolerance": Whole(0, 6),
        },
    ),
    Model(
        "bytedance/seedance-1-lite",
        (Capability.VIDEO,),
        files={"image": "image"},
        prompt="prompt",
        has_seed=True,
        fixed={"duration": 5, "resolution": "720p"},
        options={"duration": Choice((5, 10)), "resolution": Choice(("480p", "720p")), "camera_fixed": Switch()},
        answers="video",
        unit="second",
        priced_by="resolution",
    ),
    Model(
        "minimax/speech-02-turbo",
        (Capability.SPEECH,),
        prompt="text",
        options={"voice_id": Text(100), "speed": Number(0.5, 2), "language_boost": Text(40)},
        answers="audio",
        unit="1000 characters",
    ),
    Model(
        "kwaivgi/kling-lip-sync",
        (Capability.LIP_SYNC,),
        files={"video": "video_url", "audio": "audio_file"},
        answers="video",
        unit="call",
    ),
    Model(
        "meta/meta-llama-3-8b-instruct",
        (Capability.TEXT,),
        prompt="prompt",
        fixed={"max_tokens": 512},
        options={"max_tokens": Whole(1, 2048), "system_prompt": Text(4000), "temperature": Number(0, 5)},
        answers="text",
        unit="call",
    ),
)


def model_of(name: str) -> Model | None:
    """The row of a model, "owner/name" or "owner/name:version"."""
    return MODELS.get(name.partition(":")[0])
