"""What a whole product costs, as a ratio to its floor (bare decode, matte and bare encodes of the same pictures); what the
fan-out to the named sizes costs beside libvips; and whether memory grows from product to product."""

import io
import os
import resource
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from config.bench import fanout
from config.bench.fanout import cpu
from config.bench.truth import pairs
from config.memory import give_back
from processing.imaging.backplates import from_json
from processing.imaging.codec import decode, encode
from processing.imaging.compositing import on_backplate, on_white
from processing.imaging.cutout import cutout_from_matte
from processing.imaging.matting.studio import studio_matte
from processing.imaging.resize import cutout_levels
from processing.imaging.sizes import NAMED_SIZES
from processing.imaging.specs import Spec
from processing.providers.backplates import Backplates
from processing.styles import STYLES

PHOTOS = 5
LARGE = (4000, 3000)
# Products after which memory is compared: by then every cache is filled.
SETTLED, LAST = 4, 12


class Clock:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, work: Callable[[], Any]) -> Any:
        began = cpu()
        result = work()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + cpu() - began
        return result


def run(folders: Sequence[Path], say: Callable[[str], None]) -> dict[str, Any]:
    photos = [twelve_megapixels(pair.photo) for pair in list(pairs(folders))[:PHOTOS]]
    rows = [measure(photo) for photo in photos]
    stages = {stage: float(np.median([row[stage] for row in rows])) for stage in rows[0]}
    floor = stages["decode"] + stages["matte"] + stages["encode"]
    total = sum(stages.values())
    for stage, seconds in stages.items():
        say(f"{stage:12} {seconds / floor:7.3f} x the floor ({seconds:.3f} CPU s)")
    say(f"product of 12 pictures from 12 MP: {total / floor:.2f} x (decode + matte + encode)")
    memory = growth(photos)
    say(f"memory: {memory['settled_mb']:.0f} MB after {SETTLED} products, {memory['last_mb']:.0f} MB after {LAST}, "
        f"peak {memory['peak_mb']:.0f} MB")  # fmt: skip
    return {
        "stages": stages,
        "total": total,
        "ratio": total / floor,
        "fanout": fanout.run(photos[:3], say),
        "memory": memory,
    }


def growth(photos: Sequence[bytes]) -> dict[str, float]:
    """Resident MB after some and after more products of 12 MP in this process."""
    seen = {}
    for number in range(1, LAST + 1):
        measure(photos[number % len(photos)])
        give_back()
        seen[number] = resident_mb()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"settled_mb": seen[SETTLED], "last_mb": seen[LAST], "growth": seen[LAST] / seen[SETTLED], "peak_mb": peak}


def resident_mb() -> float:
    """What this process holds now; the peak so far where /proc is missing."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(data: bytes) -> dict[str, float]:
    """One photo of 12 MP: six sizes and five styles."""
    sets = [prepared(style) for style in STYLES]
    clock = Clock()
    photo = clock.time("decode", lambda: decode(data).convert("RGB"))
    matte = clock.time("matte", lambda: studio_matte(photo))
    cutout = cutout_from_matte(photo, matte)
    levels = clock.time("pyramid", lambda: cutout_levels(cutout.image))
    for name, size in NAMED_SIZES.items():
        spec = Spec(name=name, size=size, background="white", fill=0.88, enlarge=True)
        made = clock.time("compose", partial(on_white, cutout, spec, levels=levels))
        clock.time("encode", partial(encode, made.image, spec.encode))
    for style, plate in zip(STYLES, sets, strict=True):
        spec = Spec(name=style, size=(1200, 1200), background=style, shadow="natural", enlarge=True)
        rng = np.random.default_rng(1)
        made = clock.time("compose", partial(on_backplate, cutout, spec, plate, rng=rng, levels=levels))
        clock.time("encode", partial(encode, made.image, spec.encode))
    return clock.seconds


def prepared(style: str) -> Any:
    """A set, decoded: a worker sees the same few for every product."""
    plate = Backplates().choose(style, seed=1)
    return from_json(plate.meta(), decode(plate.picture()[0]).convert("RGB"))


def twelve_megapixels(path: Path) -> bytes:
    with Image.open(path) as photo:
        scale = (LARGE[0] * LARGE[1] / (photo.width * photo.height)) ** 0.5
        large = photo.convert("RGB").resize(
            (round(photo.width * scale), round(photo.height * scale)), Image.Resampling.BICUBIC
        )
    target = io.BytesIO()
    large.save(target, "JPEG", quality=92)
    return target.getvalue()
