"""What a whole product costs beside what cannot be avoided (reading the photo, its matte, writing its files); the fan-out to
the named sizes beside libvips; the cost of scores; and whether memory grows from product to product. Each with its aim."""

import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from config.bench import fanout
from config.bench.fanout import cpu
from config.bench.product import EXTRA, SHARED, Floor, Product, floor, kind_of, make
from config.bench.truth import pairs
from config.memory import give_back
from processing.imaging.codec import decode
from processing.scoring.drift import measure_drift

PHOTOS = 3
LARGE = (4000, 3000)
# Products after which memory is compared: by then every cache is filled.
SETTLED, LAST, SAID_EVERY = 2, 6, 20
PARTS = ("decode", "matte", "encode")
BATCH = 500
AIM_RATIO, AIM_MEMORY_MB, AIM_SCORING_S, AIM_BATCH_MIN = 1.3, 320, 0.04, 8
# What the web process must never load.
HEAVY = ("rembg", "pymatting", "onnxruntime", "skimage", "cv2")


def run(folders: Sequence[Path], say: Callable[[str], None], *, products: int | None = None) -> dict[str, Any]:
    """With `products`, only memory is watched, over so many of them and all photos in turn."""
    paths = [pair.photo for pair in pairs(folders)]
    if products:
        return {"memory": growth(paths, say, products=max(products, SETTLED))}
    photos = [twelve_megapixels(path) for path in paths[:PHOTOS]]
    costs = product_costs(photos, say)
    scoring = scoring_costs(photos[0], say)
    memory = growth(paths[:PHOTOS], say, products=LAST)
    loaded = loaded_by_web()
    say(f"heavy libraries in the web process: {', '.join(loaded) or 'none'} (aim none)")
    return {**costs, "scoring": scoring, "fanout": fanout.run(photos, say), "memory": memory, "web_loads": loaded}


def product_costs(photos: Sequence[bytes], say: Callable[[str], None]) -> dict[str, Any]:
    """Medians over the photos; the last is made once before, so that nothing is measured cold."""
    make(photos[-1])
    products = [make(photo) for photo in photos]
    floors = [floor(photo, product) for photo, product in zip(photos, products, strict=True)]
    kinds = list(dict.fromkeys(kind_of(step) for step in products[0].seconds))
    parts = {part: float(np.median([one.of_part(part) for one in floors])) for part in PARTS}
    stages = {kind: float(np.median([one.of_kind(kind) for one in products])) for kind in kinds}
    least = {kind: float(np.median([one.of_kind(kind) for one in floors])) for kind in kinds}
    _say_steps(parts, stages, least, say)
    ratio, catalogue = (_ratio(products, floors, without=step) for step in (EXTRA, ""))
    _say_ratios(products[0], ratio, catalogue, say)
    total = float(np.median([one.total(without=EXTRA) for one in products]))
    minutes = BATCH * total / 2 / 60
    say(f"{BATCH} products: {minutes:.1f} min on two cores like this one (aim {AIM_BATCH_MIN})")
    return {
        "stages": stages,
        "floor": parts,
        "floor_of_stages": least,
        "total": total,
        "ratio": ratio,
        "ratio_catalogue": catalogue,
        "batch_min": minutes,
    }


def _say_steps(
    parts: Mapping[str, float], stages: Mapping[str, float], least: Mapping[str, float], say: Callable[[str], None]
) -> None:
    """CPU seconds of the floor's parts, and of each step with what of it is floor, as shares of the whole floor."""
    bare = sum(parts.values())
    for name, seconds in parts.items():
        say(f"floor, {name:11} {seconds / bare:6.3f} of it ({seconds:.3f} CPU s)")
    for name, seconds in stages.items():
        shared = ", shared by products and not counted" if name == SHARED else ""
        above = f"{least[name] / bare:.3f} floor and {(seconds - least[name]) / bare:.3f} above it"
        say(f"step {name:12} {seconds / bare:6.3f} x the floor: {above} ({seconds:.3f} CPU s{shared})")


def _say_ratios(product: Product, ratio: float, catalogue: float, say: Callable[[str], None]) -> None:
    pictures, working = product.pictures(without=EXTRA), product.working
    say(
        f"packshot and lifestyle from 12 MP, {pictures} pictures and {working} working files ({pictures + working} files), "
        f"scored, with small views: {ratio:.2f} x (decode + matte + encodes of the same) (aim {AIM_RATIO})"
    )
    say(f"with a swatch besides, as the catalogue recipe makes it, {product.pictures()} pictures: {catalogue:.2f} x")


def _ratio(products: Sequence[Product], floors: Sequence[Floor], *, without: str) -> float:
    ratios = [
        one.total(without=without) / its.total(without=without) for one, its in zip(products, floors, strict=True)
    ]
    return float(np.median(ratios))


def scoring_costs(photo: bytes, say: Callable[[str], None]) -> dict[str, float]:
    """CPU seconds of colour drift and dimensions of a picture against its source at 1, 4 and 12 MP."""
    large = decode(photo).convert("RGB")
    found = {}
    for megapixels in (1, 4, 12):
        scale = (megapixels * 1e6 / (large.width * large.height)) ** 0.5
        source = large.resize((round(large.width * scale), round(large.height * scale)))
        output, alpha = source.point([value * 31 // 32 for value in range(256)] * 3), Image.new("L", source.size, 255)
        spent = [_timed(partial(_scored, source, alpha, output, photo)) for _ in range(5)]
        found[f"{megapixels} MP"] = float(np.median(spent))
    text = ", ".join(f"{seconds:.3f} at {size}" for size, seconds in found.items())
    say(f"drift and dimensions: {text} CPU s (aim {AIM_SCORING_S} at any size)")
    return found


def _scored(source: Image.Image, alpha: Image.Image, output: Image.Image, data: bytes) -> None:
    measure_drift(source, alpha, output)
    with Image.open(io.BytesIO(data)) as file:
        assert min(file.size) > 0


def _timed(work: Callable[[], None]) -> float:
    began = cpu()
    work()
    return cpu() - began


def growth(paths: Sequence[Path], say: Callable[[str], None], *, products: int) -> dict[str, float]:
    """Resident MB between products of 12 MP in this process, each in sets of its own as those of a catalogue."""
    seen = []
    for number in range(products):
        # What follows a photo's end is read by nobody, but makes it another photo.
        make(twelve_megapixels(paths[number % len(paths)]) + number.to_bytes(4, "big"))
        give_back()
        seen.append(resident_mb())
        if (number + 1) % SAID_EVERY == 0:
            say(f"memory after {number + 1} products: {seen[-1]:.0f} MB")
    settled, most, last = seen[SETTLED - 1], max(seen[SETTLED - 1 :]), seen[-1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(
        f"memory between products of 12 MP: {settled:.0f} MB after {SETTLED}, {last:.0f} MB after {products}, {most:.0f} MB at "
        f"the most (aim {AIM_MEMORY_MB}); {peak:.0f} MB in the middle of one"
    )
    return {
        "settled_mb": settled,
        "last_mb": last,
        "most_mb": most,
        "growth": last / settled,
        "peak_mb": peak,
        "products": products,
    }


def loaded_by_web() -> list[str]:
    """Heavy libraries that a fresh web process holds once it can answer."""
    program = "import sys; from config.wsgi import application; print(*[name for name in sys.argv[1:] if name in sys.modules])"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    answer = subprocess.run(
        [sys.executable, "-c", program, *HEAVY], env=environment, capture_output=True, text=True, check=True
    )
    return answer.stdout.split()


def resident_mb() -> float:
    """What this process holds now; the peak so far where /proc is missing."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def twelve_megapixels(path: Path) -> bytes:
    with Image.open(path) as photo:
        scale = (LARGE[0] * LARGE[1] / (photo.width * photo.height)) ** 0.5
        large = photo.convert("RGB").resize(
            (round(photo.width * scale), round(photo.height * scale)), Image.Resampling.BICUBIC
        )
    target = io.BytesIO()
    large.save(target, "JPEG", quality=92)
    return target.getvalue()
