"""Sets that products are placed in: a square picture and the facts needed to stand something in it believably.

Needs Pillow and numpy only: the web process checks uploaded sets with it.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import numpy as np
from PIL import Image

from processing.imaging.linear import Bytes, Floats, to_linear, to_srgb

STUDIO_STYLE = "studio-white"
MIN_PLATE_PX = 512
# Of something small so much less of the set is seen as of something of the usual size: it is photographed from nearer.
_NEARER = 1.35
_KEYS = {"name", "style", "horizon", "ground", "stand", "product_height", "light", "temperature_k", "tint", "credit"}
_OPTIONAL = {"flip", "prompt", "view"}
# Things stand on the table of a set ("front") or on its floor, lie on a surface that is seen from straight above, or hang on
# the wall behind the floor.
View = Literal["front", "floor", "above", "wall"]
# What hangs is shown on the wall above a skirting board: this share of what lies above the far end of the floor.
_ABOVE_SKIRTING = 0.94
# Light that comes along a wall or from behind it grazes it.
_GRAZING_DEG = 35.0


@dataclass(frozen=True)
class Light:
    """Main light of a set. Azimuth: 0 from the right, 90 from behind, 180 from the left, 270 from the viewer."""

    azimuth_deg: float
    elevation_deg: float
    softness: float

    def __post_init__(self) -> None:
        _inside("light azimuth", self.azimuth_deg, 0, 360)
        _inside("light elevation", self.elevation_deg, 5, 90)
        _inside("light softness", self.softness, 0, 1)

    def mirrored(self) -> "Light":
        """The same light after a left-right flip."""
        return replace(self, azimuth_deg=(180 - self.azimuth_deg) % 360)

    def on_wall(self) -> "Light":
        """The same light as seen by a wall that faces the viewer: azimuth 90 from its top, elevation above its surface."""
        azimuth, elevation = math.radians(self.azimuth_deg), math.radians(self.elevation_deg)
        across, towards = math.cos(azimuth) * math.cos(elevation), -math.sin(azimuth) * math.cos(elevation)
        turned = math.degrees(math.atan2(math.sin(elevation), across)) % 360
        return replace(self, azimuth_deg=turned, elevation_deg=max(math.degrees(math.asin(towards)), _GRAZING_DEG))


@dataclass(frozen=True)
class Backplate:
    """A set. Positions are fractions of the square picture; `tint` is the linear mean colour, brightest band 1.

    `pixels`: uint8 (side, side, 3), never painted on; `horizon`: far end of the ground; `ground`: where a foot may stand (y);
    `stand`: best foot point; `product_height`: sensible share of the picture's height; `flip` False forbids mirroring (text,
    clocks); a `view` from above is a surface to lie on, of which only light, colours and tint matter; of a wall only what is
    above `horizon` is shown.
    """

    name: str
    style: str
    pixels: Bytes
    horizon: float
    ground: tuple[float, float]
    stand: tuple[float, float]
    product_height: tuple[float, float]
    light: Light
    temperature_k: int = 5500
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    credit: str = ""
    flip: bool = True
    view: View = "front"

    def __post_init__(self) -> None:
        _check_picture(self.name, self.pixels)
        for label, value in (("horizon", self.horizon), ("stand x", self.stand[0]), ("stand y", self.stand[1])):
            _inside(label, value, 0, 1)
        _ordered("ground", self.ground)
        _ordered("product_height", self.product_height)
        _inside("temperature_k", self.temperature_k, 1500, 20_000)
        if self.view not in get_args(View):
            raise ValueError(f"view is {self.view!r}, choose one of {', '.join(get_args(View))}")
        for band in self.tint:
            _inside("tint", band, 0, 1)
        if not self.ground[0] - 0.02 <= self.stand[1] <= self.ground[1] + 0.02:
            raise ValueError(f"stand y {self.stand[1]} is outside the ground {self.ground[0]} to {self.ground[1]}")

    @property
    def side_px(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def image(self) -> Image.Image:
        """A copy as Pillow's picture."""
        return Image.fromarray(np.ascontiguousarray(self.pixels))

    def mirrored(self) -> "Backplate":
        """Left and right exchanged, the light with them. ValueError where the set forbids it."""
        if not self.flip:
            raise ValueError(f"backplate {self.name} must not be mirrored")
        stand = (1 - self.stand[0], self.stand[1])
        return replace(self, pixels=self.pixels[:, ::-1], stand=stand, light=self.light.mirrored())

    def from_near(self) -> "Backplate":
        """The same set for something small, which is to take a smaller share of it."""
        low, high = self.product_height
        return replace(self, product_height=(low / _NEARER, high / _NEARER))

    def wall(self) -> "Backplate":
        """The wall behind the floor as a surface of its own, lit as it is there: the largest square above the skirting."""
        side = max(MIN_PLATE_PX, round(self.side_px * self.horizon * _ABOVE_SKIRTING))
        left = (self.side_px - side) // 2
        return replace(
            self,
            pixels=self.pixels[:side, left : left + side],
            horizon=0.0,
            ground=(0.0, 1.0),
            stand=(0.5, 0.5),
            light=self.light.on_wall(),
        )


def from_json(meta: dict[str, Any], picture: Image.Image | Bytes) -> Backplate:
    """Backplate of its picture, Pillow's or uint8 (h, w, 3), and the values of its JSON file; ValueError says which value is
    missing or wrong."""
    missing, unknown = _KEYS - set(meta), set(meta) - _KEYS - _OPTIONAL
    if missing or unknown:
        raise ValueError(f"backplate values missing: {sorted(missing)}, unknown: {sorted(unknown)}")
    try:
        light = Light(**{key: float(value) for key, value in meta["light"].items()})
        return Backplate(
            name=str(meta["name"]),
            style=str(meta["style"]),
            pixels=_pixels_of(str(meta["name"]), picture),
            horizon=float(meta["horizon"]),
            ground=_pair(meta["ground"]),
            stand=_pair(meta["stand"]),
            product_height=_pair(meta["product_height"]),
            light=light,
            temperature_k=int(meta["temperature_k"]),
            tint=_triple(meta["tint"]),
            credit=str(meta["credit"]),
            flip=bool(meta.get("flip", True)),
            view=meta.get("view", "front"),
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"backplate values cannot be read: {error}") from error


def suggest_tint(image: Image.Image) -> tuple[float, float, float]:
    """Linear mean colour of a picture, brightest band 1: a suggestion for the metadata form."""
    small = to_linear(np.asarray(image.convert("RGB").resize((64, 64), Image.Resampling.BOX)))
    mean = small.reshape(-1, 3).mean(axis=0)
    red, green, blue = (round(float(value), 3) for value in mean / max(float(mean.max()), 1e-4))
    return red, green, blue


def studio_sweep(size: int = 2048, *, rng: np.random.Generator) -> Backplate:
    """Seamless white paper, rolled from wall to table: soft bend instead of a horizon, one large soft key light from a
    side above, falloff to the corners, faint mottling and grain. The rng varies side, warmth, bend and falloff."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    bend = float(rng.uniform(0.54, 0.60))
    light = _sweep_light(size, side=side, bend=bend, rng=rng)
    warmth = float(rng.uniform(-0.012, 0.016))
    tint = np.array([1 + warmth, 1.0, 1 - warmth], np.float32)
    tint /= tint.max()
    picture = light[..., None] * tint
    pixels = to_srgb(picture * (1 + _grain(size, rng=rng))[..., None])
    return Backplate(
        name=f"studio-sweep-{'right' if side > 0 else 'left'}",
        style=STUDIO_STYLE,
        pixels=pixels,
        horizon=bend,
        ground=(0.70, 0.88),
        stand=(0.5, 0.80),
        product_height=(0.22, 0.62),
        light=Light(azimuth_deg=32.0 if side > 0 else 148.0, elevation_deg=54.0, softness=0.75),
        temperature_k=round(5500 - warmth * 18_000),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        credit="Firstpass",
    )


def _sweep_light(size: int, *, side: float, bend: float, rng: np.random.Generator) -> Floats:
    """Linear light (size, size) that the paper sends to the camera.

    The wall is lit at a slant and falls off upwards; in the bend the paper turns towards the light and then away,
    which the eye reads as the horizon; the table is lit from above and falls off towards the viewer.
    """
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = np.meshgrid(axis, axis)
    curve = 1 / (1 + np.exp(-(y - bend - 0.012 * (x - 0.5) ** 2) / float(rng.uniform(0.038, 0.055))))
    wall = 0.77 - 0.20 * np.clip(bend - y, 0, 1) ** 1.2
    table = 0.90 - 0.20 * np.clip(y - 0.76, 0, 1) ** 1.4
    crease = 1 - 0.035 * np.exp(-(((y - bend + 0.03) / 0.05) ** 2))
    pool = np.exp(-(((x - 0.5 - 0.16 * side) / 0.62) ** 2) - ((y - 0.50) / 0.75) ** 2)
    vignette = 1 - 0.16 * np.clip(((x - 0.5) ** 2 + (y - 0.54) ** 2) / 0.5, 0, 1) ** 1.3
    mottle = _mottle(size, rng=rng)
    light = (wall + (table - wall) * curve) * crease * (0.84 + 0.19 * pool) * vignette * (1 + mottle)
    return cast(Floats, light.astype(np.float32))


def _mottle(size: int, *, rng: np.random.Generator) -> Floats:
    """Unevenness of paper and light at large scales, about 0.4 % of the light."""
    coarse = rng.normal(0, 0.004, (9, 9)).astype(np.float32)
    fine = rng.normal(0, 0.0012, (48, 48)).astype(np.float32)
    grown = [
        np.asarray(Image.fromarray(field).resize((size, size), Image.Resampling.BICUBIC)) for field in (coarse, fine)
    ]
    return cast(Floats, grown[0] + grown[1])


def _grain(size: int, *, rng: np.random.Generator) -> Floats:
    """Fine grain of about 0.2 % of the light, neighbours slightly alike as in a photo."""
    noise = rng.normal(0.0, 0.0035, (size + 1, size + 1)).astype(np.float32)
    return cast(Floats, (noise[1:, 1:] + noise[:-1, 1:] + noise[1:, :-1] + noise[:-1, :-1]) * np.float32(0.27))


def _pixels_of(name: str, picture: Image.Image | Bytes) -> Bytes:
    if not isinstance(picture, Image.Image):
        return picture
    if picture.mode != "RGB":
        raise ValueError(f"backplate {name} is {picture.mode}, it must be a square RGB picture")
    return np.asarray(picture)


def _check_picture(name: str, pixels: Bytes) -> None:
    height, width = pixels.shape[:2]
    if pixels.shape != (width, width, 3):
        raise ValueError(f"backplate {name} is {width}x{height}, it must be a square RGB picture")
    if width < MIN_PLATE_PX:
        raise ValueError(f"backplate {name} is {width} px, it must be at least {MIN_PLATE_PX} px")


def _inside(label: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{label} is {value}, it must be {low:g} to {high:g}")


def _ordered(label: str, pair: tuple[float, float]) -> None:
    if not 0 <= pair[0] < pair[1] <= 1:
        raise ValueError(f"{label} is {pair[0]} to {pair[1]}, it must rise within 0 to 1")


def _pair(values: Any) -> tuple[float, float]:
    first, second = values
    return float(first), float(second)


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = values
    return float(first), float(second), float(third)
