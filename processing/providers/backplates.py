"""Sets from the project's own library: pictures with their metadata, and a studio sweep made in code.

A set is `<style>/<name>.json` beside its picture, in `processing/backplates` and in the folder of the setting
BACKPLATES_DIR where a shop keeps its own. A style named `own:<style>` is looked for in that folder and among the sets
that were brought along on the page.
"""

import hashlib
import json
import logging
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from catalog.files import load
from processing.imaging.codec import EncodeSettings, encode
from processing.providers.base import Capability
from processing.styles import OWN

logger = logging.getLogger(__name__)
SHIPPED = Path(__file__).resolve().parent.parent / "backplates"
PICTURES = (".jpg", ".jpeg", ".webp", ".png", ".avif")
SWEEP_STYLE = "studio-white"
SWEEPS = 6
SWEEP_VERSION = "1"
SWEEP_PX = 2048


@dataclass(frozen=True)
class Plate:
    """A set before its pixels are needed. `key` names its content; `note` says what was wanted and is not there."""

    name: str
    style: str
    key: str
    meta_path: str = ""
    picture_path: str = ""
    sweep: int = -1
    note: str = ""
    own: Any = None
    view: str = "front"

    def picture(self) -> tuple[bytes, str]:
        """File bytes and media type."""
        if self.sweep >= 0:
            return _sweep(self.sweep)[0], "image/jpeg"
        if self.own is not None:
            return load(self.own.path), self.own.media_type
        suffix = Path(self.picture_path).suffix.lower().lstrip(".")
        return Path(self.picture_path).read_bytes(), f"image/{'jpeg' if suffix == 'jpg' else suffix}"

    def meta(self) -> dict[str, Any]:
        """The values of its JSON file, under this set's name and view."""
        if self.sweep >= 0:
            return _sweep(self.sweep)[1]
        values = dict(self.own.meta) if self.own is not None else json.loads(Path(self.meta_path).read_text())
        return {**values, "name": self.name, "view": self.view}

    def as_wall(self) -> "Plate":
        """The wall behind a floor as a set of its own, for what hangs."""
        return replace(self, name=f"{self.name}-wall", key=f"{self.key}|wall", view="wall")


class Backplates:
    name = "backplates"
    capabilities = frozenset({Capability.GENERATE_BACKGROUND})
    needs_network = False

    def unavailable_reason(self) -> str:
        return ""

    def version(self) -> str:
        return f"backplates-{SWEEP_VERSION}"

    def choose(self, style: str, *, seed: int, view: str = "front") -> Plate:
        """One of the style's sets seen so, by the seed; one seen otherwise where there is none; the studio sweep, with a
        note, for a style without any."""
        if style.startswith(OWN):
            plates = [*_own_folder(style), *_brought_along(style)]
        else:
            plates = [plate for folder in _folders() for plate in _plates(str(folder), style)]
        if style == SWEEP_STYLE:
            plates += [_sweep_plate(number, style) for number in range(SWEEPS)]
        plates = _seen_so(plates, view) or [plate for plate in plates if plate.view == "front"] or plates
        if plates:
            return plates[seed % len(plates)]
        return _sweep_plate(seed % SWEEPS, style, note=f"There is no set for {style}: the studio sweep stands in.")


def make() -> Backplates:
    return Backplates()


def _seen_so(plates: list[Plate], view: str) -> list[Plate]:
    """The sets with that view; for what hangs also the walls of those with a floor."""
    walls = [plate.as_wall() for plate in plates if plate.view == "floor"] if view == "wall" else []
    return [*(plate for plate in plates if plate.view == view), *walls]


def _folders() -> list[Path]:
    own = settings.BACKPLATES_DIR
    return [SHIPPED, Path(own)] if own else [SHIPPED]


def _own_folder(style: str) -> list[Plate]:
    folder = settings.BACKPLATES_DIR
    return list(_plates(str(folder), style.removeprefix(OWN))) if folder else []


def _brought_along(style: str) -> list[Plate]:
    """Sets from the page. Read each time: they come and go while workers run."""
    from processing.models import OwnBackplate

    rows = OwnBackplate.objects.usable(style.removeprefix(OWN))
    return [Plate(row.name, style, row.key, own=row, view=str(row.meta.get("view", "front"))) for row in rows]


def _sweep_plate(number: int, style: str, *, note: str = "") -> Plate:
    key = f"sweep-{SWEEP_VERSION}-{SWEEP_PX}-{number}"
    return Plate(name=f"studio-sweep-{number + 1}", style=style, key=key, sweep=number, note=note)


@cache
def _plates(folder: str, style: str) -> tuple[Plate, ...]:
    """Sets of a style in a folder, by name; one that cannot be read is left out and logged once a worker."""
    found = []
    for meta_path in sorted((Path(folder) / style).glob("*.json")):
        try:
            found.append(_plate(meta_path, style))
        except (OSError, ValueError) as error:
            logger.warning("backplate=%s left out: %s", meta_path, error)
    return tuple(found)


def _plate(meta_path: Path, style: str) -> Plate:
    pictures = [path for suffix in PICTURES if (path := meta_path.with_suffix(suffix)).is_file()]
    if not pictures:
        raise ValueError("there is no picture beside it")
    values = meta_path.read_bytes()
    content = hashlib.sha256(values)
    content.update(pictures[0].read_bytes())
    view = str(json.loads(values).get("view", "front"))
    return Plate(meta_path.stem, style, content.hexdigest(), str(meta_path), str(pictures[0]), view=view)


@cache
def _sweep(number: int) -> tuple[bytes, dict[str, Any]]:
    from processing.imaging.backplates import studio_sweep

    plate = studio_sweep(SWEEP_PX, rng=np.random.default_rng(number))
    data = encode(plate.image, EncodeSettings(format="jpeg", quality=94, subsampling="4:4:4"))
    light = {
        "azimuth_deg": plate.light.azimuth_deg,
        "elevation_deg": plate.light.elevation_deg,
        "softness": plate.light.softness,
    }
    meta = {
        "name": f"studio-sweep-{number + 1}", "style": plate.style, "horizon": plate.horizon, "ground": list(plate.ground),
        "stand": list(plate.stand), "product_height": list(plate.product_height), "light": light,
        "temperature_k": plate.temperature_k, "tint": list(plate.tint), "credit": plate.credit,
    }  # fmt: skip
    return data, meta
