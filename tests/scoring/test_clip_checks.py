"""Checks of a clip: one fault at a time is found, and a good clip has none."""

from dataclasses import replace

import numpy as np
import pytest

from processing.imaging.video import Facts
from processing.scoring.clip import ExpectedClip, Watch, measure_file, measure_flicker, measure_frozen, worst_of
from processing.scoring.limits import DEFAULT_LIMITS, judge
from processing.scoring.measurement import Measurement

FACTS = Facts((64, 48), 25.0, 50, "h264", "yuv420p", "mov,mp4", 1, True)
EXPECTED = ExpectedClip((64, 48), 25, 50, 1000)


def judged(measurements) -> dict[str, bool]:
    return {one.code: judge(one, DEFAULT_LIMITS[one.code]) for one in measurements}


def watched(frames) -> list[Measurement]:
    watch = Watch()
    for frame in frames:
        watch.see(frame)
    return [measure_flicker(watch), measure_frozen(watch)]


def even(count=50):
    """A gradient that moves by a pixel each frame."""
    ramp = (np.sin(np.arange(400) / 20) * 100 + 128).astype(np.uint8)
    return [np.tile(ramp[number : number + 252], (48, 1)) for number in range(count)]


def test_good_file_breaks_no_rule():
    assert judged(measure_file(b"x" * 900, FACTS, EXPECTED)) == {"FORMAT": True, "SIZE": True, "BYTES": True}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"codec": "vp9"}, "FORMAT"), ({"pixel_format": "yuv444p"}, "FORMAT"), ({"container": "matroska,webm"}, "FORMAT"),
        ({"fps": 24.0}, "FORMAT"), ({"frames": 49}, "FORMAT"), ({"streams": 2}, "FORMAT"), ({"is_rec_709": False}, "FORMAT"),
        ({"size": (64, 50)}, "SIZE"),
    ],
)  # fmt: skip
def test_each_fault_of_a_file_is_found(changes, code):
    found = measure_file(b"x", replace(FACTS, **changes), EXPECTED)
    assert [name for name, passes in judged(found).items() if not passes] == [code]
    assert all(one.hard for one in found)


def test_file_that_is_too_large_is_found():
    assert not judged(measure_file(b"x" * 1001, FACTS, EXPECTED))["BYTES"]


def test_even_movement_passes():
    assert judged(watched(even())) == {"FLICKER": True, "FROZEN": True}


@pytest.mark.parametrize("by", [-255, 3])
def test_dark_or_lighter_frame_flickers(by):
    frames = even()
    frames[20] = np.clip(frames[20].astype(int) + by, 0, 255).astype(np.uint8)
    (flicker, _) = found = watched(frames)
    assert not judged(found)["FLICKER"]
    assert flicker.detail == "at frame 20"


def test_frames_that_stand_still_are_found():
    frames = even()
    frames[20:35] = [frames[20]] * 15
    assert judged(watched(frames)) == {"FLICKER": True, "FROZEN": False}


def test_clip_of_one_frame_has_nothing_to_compare():
    assert [one.value for one in watched(even(1))] == [0.0, 0.0]


def test_worst_frame_speaks_for_the_clip():
    low = [Measurement("FIDELITY", value, "similarity", box=(0, 0, 1, 1)) for value in (0.9, 0.7)]
    high = [Measurement("COLOUR_DRIFT", value, "dE00") for value in (0.9, 0.7)]
    assert (worst_of(low).value, worst_of(low).box, worst_of(high).value) == (0.7, None, 0.9)
