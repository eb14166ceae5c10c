"""Neural cut-outs with rembg's networks. Only the mask is asked for: edges and colours are refined by our own matting.

Models are files `<name>.onnx` in MODELS_DIR and are never downloaded from here. A network is kept for the life of the
worker and runs on one thread: workers are what uses the cores.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from PIL import Image

from processing.errors import PermanentStepError
from processing.providers.base import Capability

if TYPE_CHECKING:
    from processing.imaging.matting.matte import Matte, SeeThrough

DEFAULT_MODEL = "isnet-general-use"
VERSION = "2"
# For networks that do not say what they look at; a larger photo would only be made smaller inside, slowly.
_INPUT_PX = 1024


class Rembg:
    capabilities = frozenset({Capability.REMOVE_BACKGROUND})
    needs_network = False

    def __init__(self, model: str) -> None:
        self.model = model
        self.name = "rembg" if model == DEFAULT_MODEL else f"rembg:{model}"

    @property
    def path(self) -> Path:
        return Path(settings.MODELS_DIR) / f"{self.model}.onnx"

    def unavailable_reason(self) -> str:
        if self.path.is_file():
            return ""
        return (
            f"The model {self.model} is not on this machine: run `manage.py fetch_models {self.model}`, or put "
            f"{self.model}.onnx into {self.path.parent}."
        )

    def version(self) -> str:
        """Code version and hash of the model file, "absent" without one."""
        if not self.path.is_file():
            return f"rembg-{VERSION}-{self.model}-absent"
        status = self.path.stat()
        return f"rembg-{VERSION}-{self.model}-{_file_hash(str(self.path), status.st_size, status.st_mtime_ns)}"

    def matte(self, image: Image.Image, *, see_through: "SeeThrough" = "") -> "Matte":
        """Matte of an RGB photo; of glass and lenses, what the network makes of it. PermanentStepError when the model is missing or no
        model at all."""
        from processing.imaging.matting.refine import refine_mask

        reason = self.unavailable_reason()
        if reason:
            raise PermanentStepError("model-missing", reason)
        photo = image.convert("RGB")
        session = _session(self.model, str(self.path))
        mask = session.predict(photo.resize(_input_size(session, photo.size), Image.Resampling.LANCZOS))[0]
        return refine_mask(photo, np.asarray(mask.convert("L"), np.float32) / 255)


def _input_size(session: Any, photo: tuple[int, int]) -> tuple[int, int]:
    """What the network itself looks at, so that its mask is not enlarged before it is refined: an enlarged one costs twice as
    much and has softer edges. Networks that take any size get the photo at its own shape."""
    height, width = session.inner_session.get_inputs()[0].shape[-2:]
    if isinstance(height, int) and isinstance(width, int):
        return width, height
    scale = min(1.0, _INPUT_PX / max(photo))
    return max(1, round(photo[0] * scale)), max(1, round(photo[1] * scale))


@cache
def _file_hash(path: str, size: int, changed_ns: int) -> str:
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:16]


@cache
def _session(model: str, path: str) -> Any:
    """rembg's session of a model, reading our file: its own loader would fetch what is missing or altered."""
    import onnxruntime
    from rembg.sessions import sessions

    if model not in sessions:
        raise PermanentStepError(
            "no-such-model", f"rembg knows no model {model}; known are {', '.join(sorted(sessions))}."
        )
    local = type("Local", (sessions[model],), {"download_models": classmethod(lambda *_args, **_options: path)})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # A worker lives long: what the arena of a 1024 px network holds would stay its memory, for a twelfth less time.
    options.enable_cpu_mem_arena = False
    try:
        return local(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a dozen classes for a bad file, all of them final
        raise PermanentStepError("model-unreadable", f"{path} cannot be used as a model: {error}"[:390]) from error


def make(model: str = DEFAULT_MODEL) -> Rembg:
    return Rembg(model)
