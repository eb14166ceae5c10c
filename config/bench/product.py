"""One photo through the steps of a job, with its files kept in memory: what a worker does for a product, less the bookkeeping."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

from config.bench.fanout import cpu
from processing.imaging.codec import EncodeSettings, decode, encode
from processing.imaging.matting.studio import studio_matte
from processing.imaging.specs import Spec
from processing.modes.base import PlannedStep, Subject
from processing.modes.packshot import plan
from processing.recipes import PRESETS
from processing.steps.base import File, Work

MAX_PIXELS = 100_000_000
# Sets are shared by many products and found done.
SHARED = "background"
# What the catalogue recipe makes beyond packshot and lifestyle.
EXTRA = "render:size-swatch"
# What the previews beside the pictures are written with.
_PREVIEW = EncodeSettings(format="webp", quality=86, effort="fast")


@dataclass
class Kept:
    """An artifact as steps look at it."""

    file: File
    sha256: str
    meta: dict[str, Any]


def kind_of(step: str) -> str:
    return step.partition(":")[0]


@dataclass
class Product:
    """The files of a product by step and role, and the CPU seconds of each step."""

    files: dict[tuple[str, str], Kept] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def total(self, *, without: str = "") -> float:
        """CPU seconds of all steps but the shared ones, and but one."""
        return sum(spent for step, spent in self.seconds.items() if kind_of(step) != SHARED and step != without)

    def of_kind(self, kind: str) -> float:
        return sum(spent for step, spent in self.seconds.items() if kind_of(step) == kind)

    def pictures(self, *, without: str = "") -> int:
        """How many files a shop gets."""
        return sum(role == "file" for step, role in self.files if step != without)

    @property
    def working(self) -> int:
        """How many pictures are kept beside those: of the photo and of the cut-out."""
        return sum(kind_of(step) in ("prepare", "cutout") for step, _ in self.files)


def make(photo: bytes) -> Product:
    """Packshot and lifestyle of a photo, every check measured. Repairs are left out: how many there are is the photo's doing."""
    made = Product()
    steps = _steps(photo)
    work = Work(
        photo_bytes=lambda: photo,
        stored=lambda step, role: made.files[step, role],
        load=lambda step, role: made.files[step, role].file.data,
        max_pixels=MAX_PIXELS,
        steps=frozenset(step.name for step in steps),
    )
    for step in steps:
        began = cpu()
        result = import_module(f"processing.steps.{step.kind}").run(work, step.params)
        made.seconds[step.name] = cpu() - began
        made.files.update({(step.name, file.role): _kept(file) for file in result.files})
    return made


def _kept(file: File) -> Kept:
    return Kept(file, hashlib.sha256(file.data).hexdigest(), file.meta)


def _steps(photo: bytes) -> list[PlannedStep]:
    sha256 = hashlib.sha256(photo).hexdigest()
    # Products of their own, which stand in other sets: a catalogue has more of these than a worker keeps decoded.
    subject = Subject(f"BENCH-{sha256[:8]}", "Bench", "", 1, sha256, "catalogue", 1)
    steps = plan(subject, PRESETS["catalogue"][1])
    return [
        PlannedStep(step.name, step.kind, step.needs, {**step.params, "repair": False}, step.provider) for step in steps
    ]


@dataclass
class Floor:
    """CPU seconds of what cannot be avoided, by step and part ("decode", "matte", "encode")."""

    seconds: dict[tuple[str, str], float] = field(default_factory=dict)

    def timed(self, step: str, part: str, work: Callable[[], Any]) -> Any:
        began = cpu()
        result = work()
        self.seconds[step, part] = self.seconds.get((step, part), 0.0) + cpu() - began
        return result

    def total(self, *, without: str = "") -> float:
        return sum(spent for (step, _), spent in self.seconds.items() if step != without)

    def of_kind(self, kind: str) -> float:
        return sum(spent for (step, _), spent in self.seconds.items() if kind_of(step) == kind)

    def of_part(self, part: str) -> float:
        return sum(spent for (_, own), spent in self.seconds.items() if own == part)


def floor(photo: bytes, made: Product) -> Floor:
    """Reading the photo once, its matte, and writing each of its files once, with nothing in between."""
    least = Floor()
    picture = least.timed("prepare", "decode", lambda: decode(photo).convert("RGB"))
    least.timed("cutout", "matte", lambda: studio_matte(picture))
    for (step, _), kept in made.files.items():
        if kind_of(step) != SHARED and kept.file.media_type.startswith("image/"):
            image, settings = decode(kept.file.data), _settings(kept.file)
            least.timed(step, "encode", partial(encode, image, settings))
    return least


def _settings(file: File) -> EncodeSettings:
    if "spec" in file.meta:
        return Spec.from_dict(file.meta["spec"]).encode
    return EncodeSettings.named("png") if file.media_type == "image/png" else _PREVIEW
