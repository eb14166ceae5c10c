"""What queue and bookkeeping cost beside the pixel work, and what a second worker brings: ratios, on a quiet machine."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from config.bench import soak
from config.bench.ceiling import ceiling

OVERHEAD_AIM = 0.03
SPEEDUP_AIM = 1.9
# All of the samples: with fewer, what a process does once weighs more than it does in a batch.
WEIGHED = 20
# Of each sample photo: with twenty photos the last one alone, while the other worker has none left, costs 3 % and more.
COPIES = 3
Report = dict[str, Any]


def run(folders: Sequence[Path], say: Callable[[str], None]) -> Report:
    """The sample photos with the recipe of the demo: some weighed, all by one worker and by two, each in a fresh installation,
    and between them what the machine gives at best."""
    weighed = soak.run((), say, options=["--weigh", "--photos", str(WEIGHED)])
    one, bare, two = _timed(1, say), ceiling(), _timed(2, say)
    # Before and after, for what else runs here may have changed meanwhile.
    bare = (bare + ceiling()) / 2
    speedup = one["batch_s"] / two["batch_s"]
    _tell(weighed, one, two, say)
    say(
        f"two workers: {speedup:.2f} x as fast as one (aim: at least {SPEEDUP_AIM} x); two bare processes with the same pixel work "
        f"and nothing else: {bare:.2f} x, which is this machine's ceiling; {100 * speedup / bare:.0f} % of it is reached"
    )
    return {
        "overhead": weighed["overhead"], "speedup": speedup, "ceiling": bare, "weighed": weighed, "one": one, "two": two,
    }  # fmt: skip


def _tell(weighed: Report, one: Report, two: Report, say: Callable[[str], None]) -> None:
    # A worker that is not at a step is at the queue, the rows, or waiting for either.
    idle = 1 - one["steps_s"] / one["batch_s"]
    say(
        f"queue and bookkeeping: {100 * weighed['overhead']:.1f} % of the pixel work, in processor time (aim: at most "
        f"{100 * OVERHEAD_AIM:.0f} %); {100 * idle:.1f} % of one worker's time on the clock, waiting included"
    )
    say(
        f"{two['batch_photos']} photos; the last one alone took {100 * two['tail_s'] / two['batch_s']:.1f} % of the time"
    )
    for name, found in (("one worker", one), ("two workers", two)):
        say(f"processor time beside {name}: {_beside(found)}")


def _beside(found: Report) -> str:
    """What the other processes take, as shares of the workers' own processor time."""
    pixels = found["cpu_s"]["pixels"]
    others = {name: spent / pixels for name, spent in found["cpu_s"].items() if name != "pixels"}
    told = ", ".join(f"{name} {100 * share:.1f} %" for name, share in sorted(others.items()))
    return f"{100 * sum(others.values()):.1f} % ({told})"


def _timed(workers: int, say: Callable[[str], None]) -> Report:
    options = ["--samples", "--copies", str(COPIES), "--every", "0", "--workers", str(workers)]
    return soak.run((), say, options=options)
