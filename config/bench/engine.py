"""What queue and bookkeeping cost beside the pixel work, and what a second worker brings: ratios, on a quiet machine."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from config.bench import soak

OVERHEAD_AIM = 0.03
SPEEDUP_AIM = 1.9
WEIGHED = 8


def run(folders: Sequence[Path], say: Callable[[str], None]) -> dict[str, Any]:
    """The sample photos with the recipe of the demo: some weighed, all by one worker and by two, each in a fresh installation."""
    weighed = soak.run((), say, options=["--weigh", "--photos", str(WEIGHED)])
    one, two = (_timed(workers, say) for workers in (1, 2))
    # A worker that is not at a step is at the queue, the rows, or waiting for either.
    idle = 1 - one["work_s"] / one["span_s"]
    speedup = one["span_s"] / two["span_s"]
    say(
        f"queue and bookkeeping: {100 * weighed['overhead']:.1f} % of the pixel work, in processor time (aim: at most "
        f"{100 * OVERHEAD_AIM:.0f} %); {100 * idle:.1f} % of one worker's time on the clock, waiting included"
    )
    say(f"two workers: {speedup:.2f} x as fast as one (aim: at least {SPEEDUP_AIM} x)")
    return {
        "overhead": weighed["overhead"],
        "idle": idle,
        "speedup": speedup,
        "weighed": weighed,
        "one": one,
        "two": two,
    }


def _timed(workers: int, say: Callable[[str], None]) -> dict[str, Any]:
    return soak.run((), say, options=["--samples", "--every", "0", "--workers", str(workers)])
