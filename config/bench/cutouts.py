"""Accuracy of the built-in engine against true alphas, as `manage.py evaluate` measures it, with its repairs."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from config.bench.truth import Pair, pairs
from processing.accuracy import Case, errors, summary
from processing.standalone import cut_out

WORST = 6


def run(folders: Sequence[Path], say: Callable[[str], None]) -> dict[str, Any]:
    rows = [measured(pair) for pair in pairs(folders)]
    found = summary(rows)
    say(f"{found['n']} photos, {100 * found['bad_share']:.0f} % a retoucher would send back")
    for name in ("band", "mae", "sad", "grad", "fg"):
        if name in found:
            say(
                f"  {name:5} mean {found[name]['mean']:8.3f}  median {found[name]['median']:8.3f}  p90 {found[name]['p90']:8.3f}"
            )
    for row in sorted(rows, key=lambda row: -row["band"])[:WORST]:
        say(f"  worst: {row['name']:40} band {row['band']:6.2f} %")
    return {"summary": found, "rows": rows}


def measured(pair: Pair) -> dict[str, Any]:
    clear = pair.alpha.with_name(pair.alpha.name.replace(".alpha.png", ".alpha_t.png"))
    case = Case(pair.name, pair.photo, pair.alpha, clear if clear.exists() else None, pair.foreground)
    made = cut_out(pair.photo.read_bytes(), engine="studio", repair=True)
    with Image.open(io.BytesIO(made.png)) as image:
        return errors(case, image.convert("RGBA"))
