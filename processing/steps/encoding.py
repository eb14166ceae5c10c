"""From a drawn picture to its file: encoded, measured as it will be read, and encoded again while a rule about files is broken."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from PIL import Image, ImageOps

from processing.imaging.codec import EncodeSettings, encode
from processing.imaging.compositing import Composed
from processing.imaging.metadata import Metadata
from processing.imaging.specs import Spec
from processing.scoring.measurement import Measurement
from processing.scoring.rendition import Expected, measure_rendition
from processing.steps.base import Try
from processing.steps.checks import doubts

# The cut-out's file ends at the product's edge on purpose, and a swatch lies within the product.
UNFRAMED = ("cropped", "swatch")
# Below this quality blocks and rings are seen; a file that is too large even so is left to people.
LEAST_QUALITY = 60
HIGHER_BY = 5


@dataclass(frozen=True)
class Drawn:
    """A picture before it is encoded, what it was to be, and what is measured on the pixels."""

    composed: Composed
    spec: Spec
    expected: Expected
    measurements: tuple[Measurement, ...] = ()
    meta: Mapping[str, Any] | None = None
    source_type: str | None = None


Change = Callable[[Drawn], Drawn]


@dataclass(frozen=True)
class Encoded:
    """A file with its measurements, how it was written, and what was tried on the way."""

    data: bytes
    drawn: Drawn
    measurements: list[Measurement]
    tries: tuple[Try, ...] = ()

    @property
    def spec(self) -> Spec:
        return self.drawn.spec


def encoded(drawn: Drawn, params: Mapping[str, Any]) -> Encoded:
    """The file, made again with other settings while a rule about the file itself is broken. The best is kept: a remedy for
    one rule that breaks another, harder one is none."""
    best = _encode(drawn, params)
    failed = _failed(best, params)
    if not failed:
        return best
    tries: list[Try] = []
    for name, again, cure in _ladder(drawn):
        doubt = next((one for one in failed if one.code in cure), None)
        if doubt is None:
            continue
        made = _encode(again(best.drawn), params)
        after = next((one.value for one in made.measurements if one.code == doubt.code), doubt.value)
        is_better = after < doubt.value and _hard(made, params) <= _hard(best, params)
        tries.append(Try(name, doubt.code, doubt.value, after, is_better))
        if is_better:
            best, failed = made, _failed(made, params)
    return replace(best, tries=tuple(tries))


def _failed(made: Encoded, params: Mapping[str, Any]) -> list[Measurement]:
    return doubts(made.measurements, category=str(params["category"]))


def _hard(made: Encoded, params: Mapping[str, Any]) -> int:
    """How many rules are broken that nothing makes up for."""
    return sum(one.hard for one in _failed(made, params))


# ---------------------------------------------------------------- the ladder


def _ladder(drawn: Drawn) -> Iterator[tuple[str, Change, tuple[str, ...]]]:
    """What can be changed about a file, in order, and the rules that it may mend."""
    yield "canvas as ordered", _as_ordered, ("SIZE",)
    settings = drawn.spec.encode
    if settings.format == "png" or settings.lossless:
        return
    sharper = replace(settings, subsampling="4:4:4")
    higher = replace(sharper, quality=min(97, settings.quality + HIGHER_BY))
    for name, better in (("full colour resolution", sharper), ("higher quality", higher)):
        yield name, _written_with(better), ("BG_NOT_WHITE", "COMPRESSION")
    for smaller in islice(settings.down_to(LEAST_QUALITY), 1, None):
        yield f"quality {smaller.quality} for a smaller file", _written_with(smaller), ("BYTES",)


def _written_with(settings: EncodeSettings) -> Change:
    return lambda drawn: replace(drawn, spec=replace(drawn.spec, encode=settings))


def _as_ordered(drawn: Drawn) -> Drawn:
    """The picture on a canvas of the ordered size: on white or on nothing with more of that around it, a set cut to it."""
    size = drawn.expected.size
    if size is None:
        return drawn
    image, mask = drawn.composed.image, drawn.composed.product_mask
    if drawn.spec.is_plain:
        ground = (255, 255, 255, 0)[: len(image.getbands())]
        image = ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=ground)
        mask = ImageOps.pad(mask, size, Image.Resampling.LANCZOS, color=0)
    else:
        image, mask = (ImageOps.fit(one, size, Image.Resampling.LANCZOS) for one in (image, mask))
    return replace(drawn, composed=replace(drawn.composed, image=image, product_mask=mask))


def _encode(drawn: Drawn, params: Mapping[str, Any]) -> Encoded:
    image, settings = drawn.composed.image, drawn.spec.encode
    metadata = Metadata(title=params["title"], sku=params["sku"], digital_source_type=drawn.source_type)
    data = encode(image, settings, metadata=metadata)
    # Read as a marketplace will read it wherever writing can have changed what is looked at: white, transparency, blocks. A PNG
    # gives back what was written, and of a set's WebP or AVIF only the header is asked for.
    is_exact = settings.format == "png" or (settings.format != "jpeg" and drawn.expected.background is None)
    on_file = measure_rendition(
        data,
        expected=drawn.expected,
        product_mask=drawn.composed.product_mask,
        pixels=image if is_exact else None,
    )
    return Encoded(data, drawn, [*on_file, *drawn.measurements])
