"""What one rendition is to be: canvas, background, framing, shadow, file settings."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, get_args

from processing.imaging.codec import EncodeSettings
from processing.imaging.sizes import check_size

Shadow = Literal["none", "soft-drop", "natural", "ambient", "natural-outdoor"]
SHADOWS: tuple[str, ...] = get_args(Shadow)
PLAIN_BACKGROUNDS = ("transparent", "white")


@dataclass(frozen=True)
class Spec:
    """Canonical description of a rendition; `key()` is equal exactly when the description is.

    `fill` is the share of the canvas that the product's longer relative side takes; without it `padding` (canvas short
    side / product) rules. `enlarge` allows the product to grow above its source; the placement says when it did.
    """

    name: str
    size: tuple[int, int]
    background: str
    fill: float | None = None
    padding: float = 1.3
    shadow: Shadow = "none"
    reflection: bool = False
    encode: EncodeSettings = field(default_factory=partial(EncodeSettings.named, "webp"))
    enlarge: bool = False

    def __post_init__(self) -> None:
        check_size(self.size)
        if not self.background:
            raise ValueError("background is empty, name a style, 'white' or 'transparent'")
        if self.fill is not None and not 0.1 <= self.fill <= 0.98:
            raise ValueError(f"fill is {self.fill}, it must be 0.1 to 0.98")
        if not 1.02 <= self.padding <= 10:
            raise ValueError(f"padding is {self.padding}, it must be 1.02 to 10 (1.2 to 1.5 is usual)")
        if self.shadow not in SHADOWS:
            raise ValueError(f"shadow is {self.shadow!r}, choose one of {', '.join(SHADOWS)}")
        if self.background == "transparent" and self.encode.format == "jpeg":
            raise ValueError("JPEG cannot be transparent, choose PNG, WebP or AVIF or a white background")

    @property
    def is_plain(self) -> bool:
        """True for white and transparent, which need no backplate."""
        return self.background in PLAIN_BACKGROUNDS

    def key(self) -> str:
        """For example "hero|1200x1200|white|fill=0.88|shadow=none|reflection=0|enlarge=0|webp-q90-standard-420"."""
        framing = f"padding={self.padding:g}" if self.fill is None else f"fill={self.fill:g}"
        return "|".join(
            (
                self.name,
                f"{self.size[0]}x{self.size[1]}",
                self.background,
                framing,
                f"shadow={self.shadow}",
                f"reflection={int(self.reflection)}",
                f"enlarge={int(self.enlarge)}",
                self.encode.key(),
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        encode = self.encode
        return {
            "name": self.name,
            "size": list(self.size),
            "background": self.background,
            "fill": self.fill,
            "padding": self.padding,
            "shadow": self.shadow,
            "reflection": self.reflection,
            "enlarge": self.enlarge,
            "encode": {
                "format": encode.format,
                "quality": encode.quality,
                "effort": encode.effort,
                "subsampling": encode.subsampling,
                "lossless": encode.lossless,
            },
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Spec":
        """Spec from `to_dict` values; ValueError for unknown keys or values."""
        values = dict(data)
        try:
            values["size"] = (int(values["size"][0]), int(values["size"][1]))
            if "encode" in values:
                values["encode"] = EncodeSettings(**values["encode"])
            return cls(**values)
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"this is no rendition description: {error}") from error
