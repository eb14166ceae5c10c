"""What steps are given and what they give back. Steps know neither the database's state machine nor messages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from PIL import Image

from processing.imaging.batchlook import BatchLook
from processing.imaging.codec import ENDINGS, EncodeSettings, as_rgb, decode, encode
from processing.imaging.cutout import Cutout
from processing.imaging.enhance import Look, apply_look, straighten
from processing.imaging.kernels import sharply
from processing.imaging.resize import CutoutLevels, averaged, cutout_levels, halved_towards, shrunk_size
from processing.imaging.retouch import Gains, with_gains
from processing.imaging.sizes import contain_scale, scaled
from processing.scoring.view import CONTOUR_LONG_PX

THUMB_PX = 320
# What is transparent is averaged down by whole steps to this many times its size before it is resized with care.
_THUMB_GAP = 1.1
# What people compare is what the checks see.
PROXY_PX = CONTOUR_LONG_PX
_SUFFIXES = {**ENDINGS, "application/json": "json", "text/plain": "txt", "audio/mpeg": "mp3"}


@dataclass(frozen=True)
class File:
    """A file made by a step: what becomes an artifact."""

    role: str
    data: bytes
    media_type: str
    size: tuple[int, int] = (0, 0)
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        return _SUFFIXES.get(self.media_type, self.media_type.partition("/")[2])


@dataclass(frozen=True)
class Try:
    """One automatic repair that was tried: which doubt chose it, what was measured before and after, and whether it was kept."""

    repair: str
    doubt: str
    before: float
    after: float
    is_kept: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "repair": self.repair,
            "doubt": self.doubt,
            "before": self.before,
            "after": self.after,
            "kept": self.is_kept,
        }


@dataclass(frozen=True)
class Result:
    """What a step made. `note` is shown with the pictures; no files means that nothing was to be made, and the note says why."""

    files: tuple[File, ...] = ()
    note: str = ""
    tries: tuple[Try, ...] = ()


class Stored(Protocol):
    """An artifact row, as far as steps look at it."""

    sha256: str
    meta: dict[str, Any]


class StepKind(Protocol):
    """A module of processing/steps."""

    ROLES: tuple[str, ...]

    def version(self, params: Mapping[str, Any]) -> str: ...

    def run(self, work: "Work", params: Mapping[str, Any]) -> Result: ...


@dataclass
class Work:
    """The pixels of one job in one worker. Everything is made when first asked for: handed on by the step that made it
    in this worker, read from its file where an earlier worker did.

    stored(step, role) and load(step, role) reach the artifacts of finished steps; photo() the original's bytes;
    batch_figures(hashes) the look that those photos share; steps the names of all steps of the job;
    photo_of(hash) the bytes of another photo.
    """

    photo_bytes: Callable[[], bytes]
    stored: Callable[[str, str], Stored]
    load: Callable[[str, str], bytes]
    max_pixels: int
    steps: frozenset[str] = frozenset()
    photo_of: Callable[[str], bytes] = lambda _: b""
    batch_figures: Callable[[Sequence[str]], Mapping[str, Any]] = lambda _: BatchLook().to_dict()
    made: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def original(self) -> Image.Image:
        """The photo, upright sRGB, RGB or RGBA. Raises DecodeError."""
        return decode(self.photo_bytes(), max_pixels=self.max_pixels)

    @cached_property
    def photo(self) -> Image.Image:
        """The photo without transparency."""
        return flat(self.original)

    @cached_property
    def proxy(self) -> np.ndarray:
        """The photo at the size at which it is shown and its cut-out is measured: uint8 (h, w, 3)."""
        photo = self.photo
        # As `shrunk` does it, but before Pillow's picture is copied out.
        while max(photo.size) >= 2 * PROXY_PX:
            photo = photo.reduce(2, box=(0, 0, photo.width // 2 * 2, photo.height // 2 * 2))
        size = shrunk_size(self.photo.size, long_px=PROXY_PX)
        return averaged(np.asarray(photo), size=size)

    @property
    def cutout(self) -> Cutout:
        """The product in the photo's own colours."""
        return self._cutout_of("cutout", "cutout")

    def _cutout_of(self, step: str, role: str) -> Cutout:
        if role not in self.made:
            meta = self.stored(step, role).meta
            self.made[role] = Cutout(
                image=decode_rgba(self.load(step, role)),
                box_px=tuple(meta["box_px"]),
                source_size=tuple(meta["source_size"]),
                confidence=float(meta["confidence"]),
                notes=tuple(meta["notes"]),
            )
        found: Cutout = self.made[role]
        return found

    @property
    def joined(self) -> Cutout:
        """The product with its neck joint where the job has one, otherwise the cut-out."""
        return self._cutout_of("ghost", "joined") if "ghost" in self.steps else self.cutout

    @property
    def backdrop(self) -> np.ndarray:
        """The engine's prediction of the backdrop, uint8, small."""
        if "backdrop" not in self.made:
            self.made["backdrop"] = np.asarray(decode(self.load("cutout", "backdrop")).convert("RGB"))
        found: np.ndarray = self.made["backdrop"]
        return found

    def forget_photo(self) -> None:
        """Lets go of the photo's pixels, which are read again should anything ask for them."""
        for name in ("original", "photo", "proxy"):
            self.__dict__.pop(name, None)

    @cached_property
    def look(self) -> Look:
        return Look.from_dict(self.stored("enhance", "look").meta["look"])

    def batch_look(self, sha256s: Sequence[str]) -> BatchLook:
        """The look that these photos share."""
        return BatchLook.from_dict(dict(self.batch_figures(sha256s)))

    @cached_property
    def finished(self) -> Cutout:
        """The product as it is placed: in its look, upright, and retouched where the recipe says so."""
        gains, looked = self._gains(), self.looked
        done = looked if gains is None else replace(looked, image=with_gains(looked.image, gains))
        if done is not self.joined:
            # Nothing is made from these after it; who needs one all the same reads its file.
            for role in ("cutout", "joined"):
                self.made.pop(role, None)
        return done

    def _gains(self) -> Gains | None:
        """What the retouch step adds to the look; None without that step, or where its result was not used."""
        if "retouch" not in self.steps or not self.stored("retouch", "gains").meta["is_used"]:
            return None
        return Gains.from_picture(decode(self.load("retouch", "gains")))

    @property
    def looked(self) -> Cutout:
        """The product with the look applied, upright."""
        cutout = self.joined
        if self.look.is_identity and not self.look.tilt_deg:
            return cutout
        image = apply_look(cutout.image, self.look)
        if self.look.tilt_deg:
            image = straighten(image, tilt_deg=self.look.tilt_deg)
        left, top, width, height = cutout.box_px
        grown = (image.width - width) // 2, (image.height - height) // 2
        box = (left - grown[0], top - grown[1], *image.size)
        return Cutout(image, box, cutout.source_size, cutout.confidence, cutout.notes)

    @cached_property
    def levels(self) -> CutoutLevels:
        return cutout_levels(self.finished.image)


def flat(image: Image.Image) -> Image.Image:
    """RGB picture; what is transparent becomes white."""
    if image.mode != "RGBA":
        return as_rgb(image)
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


def decode_rgba(data: bytes) -> Image.Image:
    """A cut-out's file; `decode` gives RGB where nothing is transparent."""
    return decode(data).convert("RGBA")


def picture_file(role: str, image: Image.Image, settings: EncodeSettings, **meta: Any) -> File:
    """The picture encoded, as a file of a step."""
    return File(role, encode(image, settings), settings.media_type, image.size, meta)


def thumb_size(size: tuple[int, int]) -> tuple[int, int]:
    """That of the small view of a picture."""
    return scaled(size, min(1.0, contain_scale(size, (THUMB_PX, THUMB_PX))))


def thumb_file(image: Image.Image) -> File:
    """The small view of a picture, on its own background; what is transparent stays so."""
    return picture_file("thumb", _small(image), EncodeSettings(format="webp", quality=82, effort="fast"))


def _small(image: Image.Image) -> Image.Image:
    size = thumb_size(image.size)
    if image.mode != "RGB":  # Pillow weighs colours by their alpha
        return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_THUMB_GAP)
    return Image.fromarray(sharply(halved_towards(np.asarray(image), size=size), size=size))
