"""What a provider is to the engine: capabilities as small protocols, and the answers of a hosted call.

A local provider works in the worker and answers at once. A hosted one is asked and comes back later: the engine writes
the call down, submits, waits without holding a worker, polls, and fetches the result through the address guard.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from processing.errors import PermanentStepError, StepError

if TYPE_CHECKING:
    from PIL import Image

    from processing.imaging.matting.matte import Matte, SeeThrough


class Capability(StrEnum):
    REMOVE_BACKGROUND = "remove_background"
    ENHANCE = "enhance"
    GENERATE_BACKGROUND = "generate_background"
    EXPAND = "expand"
    INPAINT = "inpaint"
    UPSCALE = "upscale"
    IMAGE_TO_IMAGE = "image_to_image"
    TEXT = "text"
    SPEECH = "speech"
    VIDEO = "video"
    LIP_SYNC = "lip_sync"


@dataclass(frozen=True)
class Needs:
    """What a request for a capability has to carry, and what kind of file comes back.

    `files` are names out of image, mask, background, video, audio; `prompt` is for words to be said or followed.
    """

    files: tuple[str, ...] = ()
    prompt: bool = False
    answers: str = "image"


NEEDS: dict[Capability, Needs] = {
    Capability.REMOVE_BACKGROUND: Needs(("image",)),
    Capability.ENHANCE: Needs(("image",)),
    Capability.GENERATE_BACKGROUND: Needs(prompt=True),
    Capability.EXPAND: Needs(("image",)),
    Capability.INPAINT: Needs(("image", "mask"), prompt=True),
    Capability.UPSCALE: Needs(("image",)),
    Capability.IMAGE_TO_IMAGE: Needs(("image",)),
    Capability.TEXT: Needs(prompt=True, answers="text"),
    Capability.SPEECH: Needs(prompt=True, answers="audio"),
    Capability.VIDEO: Needs(("image",), prompt=True, answers="video"),
    Capability.LIP_SYNC: Needs(("video", "audio"), answers="video"),
}


FILE_WORDS = {
    "image": "a photo",
    "mask": "a mask",
    "background": "a background",
    "video": "a video",
    "audio": "a sound",
    "prompt": "words",
}


class Provider(Protocol):
    """Common to all: `capabilities`, whether pictures leave this network, and whether it can work here now."""

    name: str
    capabilities: frozenset[Capability]
    needs_network: bool

    def unavailable_reason(self) -> str:
        """Empty when it can be used; otherwise one sentence that says what is missing."""

    def version(self) -> str:
        """Changes whenever its results may change: code version and model hash. Part of the step's key."""


@runtime_checkable
class LocalCutout(Protocol):
    """remove_background done in this process."""

    name: str

    def unavailable_reason(self) -> str: ...

    def version(self) -> str: ...

    def matte(self, image: "Image.Image", *, see_through: "SeeThrough" = "") -> "Matte":
        """Matte of an RGB photo. `see_through`: what of the product the paper may shine through. Raises StepError."""


@dataclass(frozen=True)
class Request:
    """What is asked of a hosted provider. `image` is a file of the photo where the capability takes one, `files` what else
    it takes, by the names of `Needs`. A mask is L and as large as the image: white is what may be repainted.

    For a look-up of a lost call: `asked_at` is when it was written down, `taken` the references that other calls own.
    """

    capability: Capability
    prompt: str = ""
    seed: int = 0
    size: tuple[int, int] = (1024, 1024)
    image: bytes | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    asked_at: datetime | None = None
    taken: frozenset[str] = frozenset()

    @property
    def all_files(self) -> dict[str, bytes]:
        """Every file of the request by its name, the photo first."""
        return {**({"image": self.image} if self.image is not None else {}), **self.files}


def check_request(request: Request) -> None:
    """PermanentStepError when a request lacks what its capability needs: said before anything is paid."""
    needs = NEEDS[request.capability]
    missing = [name for name in needs.files if name not in request.all_files]
    if needs.prompt and not request.prompt.strip():
        missing.append("prompt")
    if missing:
        what = request.capability.replace("_", " ")
        needed = " and ".join(FILE_WORDS[name] for name in missing)
        raise PermanentStepError("incomplete", f"To {what}, a provider needs {needed}.")
    if "mask" in needs.files:
        sizes = [_size_of(request.all_files[name]) for name in ("image", "mask")]
        if sizes[0] != sizes[1]:
            words = " and ".join("x".join(map(str, size)) for size in sizes)
            raise PermanentStepError("mask-size", f"Photo and mask must be of one size, but are {words}.")


def _size_of(data: bytes) -> tuple[int, int]:
    from processing.imaging.codec import DecodeError, read_header

    try:
        return read_header(data).size
    except DecodeError as error:
        raise PermanentStepError("no-picture", "Photo or mask cannot be read as a picture.") from error


@dataclass(frozen=True)
class Output:
    """One result: bytes that came with the answer, or an address to fetch through the guard."""

    media_type: str = ""
    data: bytes | None = None
    url: str = ""


@dataclass(frozen=True)
class Submitted:
    """The call was accepted and is being worked on."""

    provider_ref: str
    poll_after_s: float = 2.0


@dataclass(frozen=True)
class Pending:
    """Not finished yet."""

    poll_after_s: float = 2.0
    progress: float | None = None


@dataclass(frozen=True)
class Done:
    """Finished. `cost` in USD as charged."""

    outputs: tuple[Output, ...]
    cost: Decimal = Decimal(0)
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """Finished without a result; the error says whether another try makes sense."""

    error: StepError
    cost: Decimal = Decimal(0)


class Orphan(Enum):
    """Answers of find_orphan besides a provider_ref."""

    NOT_MADE = "not made"
    UNKNOWN = "unknown"


@runtime_checkable
class HostedProvider(Protocol):
    """A vendor. `attempt_id` is sent along wherever the vendor keeps it, so that a lost call can be found again.

    It may set `calls_per_minute`, `max_in_flight` and `longest_call` where the engine's usual limits do not fit.
    `submit` and `poll` raise StepErrors: RateLimited, ContentRefused, PermanentStepError, AmbiguousCall when the request
    may have been accepted. They never repeat a POST by themselves.
    """

    name: str
    capabilities: frozenset[Capability]
    needs_network: bool

    def unavailable_reason(self) -> str: ...

    def version(self) -> str: ...

    def check_options(self, capability: Capability, options: Mapping[str, Any]) -> None:
        """PermanentStepError for an option that what does this capability does not have, or a value out of its range."""

    def price(self, request: Request) -> Decimal:
        """Expected price in USD, written down before the call."""

    def submit(self, request: Request, *, attempt_id: str) -> Submitted | Done: ...

    def poll(self, provider_ref: str) -> Pending | Done | Failed: ...

    def cancel(self, provider_ref: str) -> None:
        """Best effort; never raises for what has finished already."""

    def find_orphan(self, *, attempt_id: str, request: Request) -> str | Orphan:
        """The reference of a call whose answer was lost, or what is known instead.

        ProviderUnavailable when it is too early to tell, or the vendor cannot be asked now.
        """

    def fetch(self, output: Output) -> bytes:
        """The bytes of a result. Raises StepError."""
