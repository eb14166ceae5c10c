"""Checks of a clip's file: what it is, and whether it plays evenly."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from processing.imaging.video import Facts
from processing.scoring.limits import DEFAULT_LIMITS
from processing.scoring.measurement import Measurement

# Two frames that nowhere differ by so much (8-bit luma, at a quarter of the size) show no movement, however small the product.
_STILL = 2
_SEEN_SHARE = 0.25


@dataclass(frozen=True)
class ExpectedClip:
    """What a clip was ordered to be."""

    size: tuple[int, int]
    fps: int
    frames: int
    max_bytes: int


@dataclass
class Watch:
    """What is kept of the frames while they go by: mean luma of each, greatest change from one to the next."""

    lightness: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    _last: NDArray[np.uint8] | None = None

    def see(self, luma: NDArray[np.uint8]) -> None:
        """The luma plane (h, w) of the next frame."""
        self.lightness.append(float(luma.mean()))
        small = np.asarray(
            cv2.resize(luma, None, fx=_SEEN_SHARE, fy=_SEEN_SHARE, interpolation=cv2.INTER_AREA), np.uint8
        )
        if self._last is not None:
            self.changes.append(float(cv2.absdiff(small, self._last).max()))
        self._last = small


def measure_file(data: bytes, facts: Facts, expected: ExpectedClip) -> list[Measurement]:
    """FORMAT, SIZE and BYTES of a clip's file, as a player finds them."""
    faults = [words for words, is_fault in _faults(facts, expected) if is_fault]
    off_px = sum(abs(is_px - wanted_px) for is_px, wanted_px in zip(facts.size, expected.size, strict=True))
    bytes_detail = f"{len(data):,} bytes of {expected.max_bytes:,} allowed"
    return [
        Measurement("FORMAT", float(len(faults)), "faults", hard=True, detail="; ".join(faults)),
        Measurement("SIZE", float(off_px), "px", hard=True, detail=f"{facts.size[0]} x {facts.size[1]}"),
        Measurement("BYTES", len(data) / expected.max_bytes, "of allowed", hard=True, detail=bytes_detail),
    ]


def _faults(facts: Facts, expected: ExpectedClip) -> list[tuple[str, bool]]:
    return [
        (f"container is {facts.container}", "mp4" not in facts.container.split(",")),
        (f"codec is {facts.codec}, not h264", facts.codec != "h264"),
        (f"pixels are {facts.pixel_format}, not yuv420p", facts.pixel_format != "yuv420p"),
        ("colours are not marked as Rec. 709", not facts.is_rec_709),
        (f"{facts.fps:g} frames a second, ordered {expected.fps}", abs(facts.fps - expected.fps) > 0.01),
        (f"{facts.frames} frames, ordered {expected.frames}", facts.frames != expected.frames),
        (f"{facts.streams} streams, not one", facts.streams != 1),
    ]


def measure_flicker(watch: Watch) -> Measurement:
    """FLICKER: largest jump of the mean luma of a frame against those before and after it (second difference).

    A camera that moves evenly has next to none; a black or torn frame is many times the limit. Blind to what flickers in a small
    place. Unit levels of 8-bit luma. Range 0 to 438. Source: own measure; 1 ms a frame.
    """
    jumps = np.abs(np.diff(watch.lightness, 2))
    worst = int(jumps.argmax()) + 1 if jumps.size else 0
    return Measurement("FLICKER", float(jumps.max(initial=0.0)), "levels", detail=f"at frame {worst}")


def measure_frozen(watch: Watch) -> Measurement:
    """FROZEN: longest run of frames in which nothing moves, as a share of the clip, which starts and ends at rest.

    Blind to slow movement that is meant. Unit share. Range 0 to 1. Source: own measure; 1 ms a frame.
    """
    run = _longest([change < _STILL for change in watch.changes])
    return Measurement("FROZEN", run / max(1, len(watch.changes)), "share", detail=f"{run} frames in a row")


def _longest(still: Sequence[bool]) -> int:
    longest = run = 0
    for one in still:
        run = run + 1 if one else 0
        longest = max(longest, run)
    return longest


def worst_of(samples: Sequence[Measurement]) -> Measurement:
    """Of one code measured on several frames the worst, which speaks for the clip; its place on a frame says nothing there."""
    limit = DEFAULT_LIMITS.get(samples[0].code)
    worse = min if limit is not None and limit.direction == "min" else max
    found = worse(samples, key=lambda one: one.value)
    return Measurement(found.code, found.value, found.unit, hard=found.hard, detail=found.detail)
