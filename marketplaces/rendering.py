"""A channel's picture, made from what was approved: canvas, fill, background and file size as its pack asks.

White pictures are laid out again from the cut-out, scenes keep the composite a person or the gate has seen. Nothing is
enlarged above its source; the file size is met by lower quality, never by fewer pixels. Encoded once, then measured.
"""

import base64
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from PIL import Image, ImageFilter

from catalog.files import load, store
from marketplaces.credentials import Signature
from marketplaces.facts import ProductArea
from marketplaces.models import RenderedFile
from marketplaces.packs import Pack, RoleSpec
from marketplaces.selection import SAME_RATIO
from marketplaces.verify import Finding, blocking, check_file
from processing.imaging import compositing
from processing.imaging.codec import decode, decode_mask, encode
from processing.imaging.compositing import on_white
from processing.imaging.cutout import Cutout
from processing.imaging.metadata import Metadata
from processing.imaging.resize import CutoutLevels, cutout_levels
from processing.imaging.sizes import contain_scale
from processing.imaging.specs import Spec
from processing.models import Artifact

VERSION = "1"
MASK_PX = 250
# Air that a scene keeps around the product when it is cut to another shape, as a share of the short side.
CROP_MARGIN = 0.035
_SIZE_CODES = {"MIN_LONG_SIDE", "MIN_SHORT_SIDE", "MIN_WIDTH", "MIN_HEIGHT"}


# How it begins where more pixels would help.
NEW_PHOTO = "Needs a new photo, nearer or larger: "


class Unfit(ValueError):
    """A picture that cannot be made as the pack asks. `code` "too-small" means a new photo is needed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Order:
    """One picture to be made. `artifact`: the cut-out for white, the composite for a scene."""

    artifact: Artifact
    is_white: bool
    metadata: Metadata
    category: str
    # Set where files are signed: the last thing that happens to one, and part of its size.
    signature: Signature | None = None

    @property
    def source_type(self) -> str:
        return self.metadata.digital_source_type or ""


@dataclass(frozen=True)
class Picture:
    """A finished file. `facts`: quality, box_px, mask and notes."""

    sha256: str
    path: str
    bytes: int
    width: int
    height: int
    facts: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)

    @property
    def product(self) -> ProductArea | None:
        return area_from(self.facts)


class ProductPixels:
    """The pixels of one product, decoded when first needed and shared by the pictures of its set."""

    def __init__(self, read: Callable[[str], bytes] = load) -> None:
        self._read = read
        self._levels: dict[str, CutoutLevels] = {}
        self._scenes: dict[str, Image.Image] = {}

    def levels(self, artifact: Artifact) -> CutoutLevels:
        if artifact.sha256 not in self._levels:
            self._levels[artifact.sha256] = cutout_levels(self._decoded(artifact).convert("RGBA"))
        return self._levels[artifact.sha256]

    def scene(self, artifact: Artifact) -> Image.Image:
        if artifact.sha256 not in self._scenes:
            self._scenes[artifact.sha256] = self._decoded(artifact).convert("RGB")
        return self._scenes[artifact.sha256]

    def _decoded(self, artifact: Artifact) -> Image.Image:
        try:
            return decode(self._read(artifact.path))
        except FileNotFoundError as error:
            raise Unfit("expired", "Its file was removed by the retention rule: process the photo again.") from error


def render(order: Order, pack: Pack, role: RoleSpec, *, pixels: ProductPixels, on: date) -> Picture:
    """The file for one picture of one role, from the store when it was made before. Raises Unfit."""
    allowed = min(
        role.max_bytes, pack.rule_value("MAX_BYTES", role.role, category=order.category, on=on) or role.max_bytes
    )
    role = replace(role, max_bytes=allowed)
    key = _key(order, role)
    row = RenderedFile.objects.filter(key=key).first()
    data = _stored(row)
    if row is None or data is None:
        drawn = _Drawn.of(order, role, pixels)
        data, facts = _encoded(drawn, order, pack, role, on=on)
        row = _keep(key, data, facts, size=drawn.image.size)
    picture = Picture(row.sha256, row.path, row.bytes, row.width, row.height, row.facts)
    findings = check_file(
        pack, role.role, data, on=on, category=order.category, product=picture.product, source_type=order.source_type
    )
    _refuse(findings, pack, picture)
    return replace(picture, findings=findings)


def encoded(order: Order, pack: Pack, role: RoleSpec, *, pixels: ProductPixels, on: date) -> bytes:
    """The file alone, made anew whatever the store has. Raises Unfit."""
    return _encoded(_Drawn.of(order, role, pixels), order, pack, role, on=on)[0]


def _stored(row: RenderedFile | None) -> bytes | None:
    try:
        return load(row.path) if row else None
    except FileNotFoundError:
        return None


def _keep(key: str, data: bytes, facts: dict[str, Any], *, size: tuple[int, int]) -> RenderedFile:
    kept = store(data, suffix=facts["format"].replace("jpeg", "jpg"))
    values = {
        "sha256": kept.sha256, "path": kept.path, "bytes": kept.bytes, "width": size[0], "height": size[1], "facts": facts,
    }  # fmt: skip
    row, _ = RenderedFile.objects.update_or_create(key=key, defaults=values)
    return row


def _key(order: Order, role: RoleSpec) -> str:
    parts = [
        VERSION, compositing.VERSION, order.artifact.sha256, order.is_white, order.artifact.meta.get("box_px"),
        role.size, role.fill, role.encode.key(), role.least_quality, role.max_bytes, order.metadata.packet().hex(),
        *([order.signature.key] if order.signature else []),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _refuse(findings: list[Finding], pack: Pack, picture: Picture) -> None:
    faults = blocking(findings)
    if not faults:
        return
    small = [fault for fault in faults if fault.code in _SIZE_CODES]
    if small:
        raise Unfit(
            "too-small",
            f"{NEW_PHOTO}without enlarging the product it makes {picture.width} x {picture.height} px, "
            f"too few for {pack.label} ({small[0].detail}).",
        )
    raise Unfit("breaks-rule", f"Breaks a rule of {pack.label}: {'; '.join(fault.detail for fault in faults)}.")


# ---------------------------------------------------------------- drawing


@dataclass(frozen=True)
class _Drawn:
    """A picture before encoding: where its product is, and what is to be told about it."""

    image: Image.Image
    box_px: tuple[int, int, int, int] | None
    mask: Image.Image | None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, order: Order, role: RoleSpec, pixels: ProductPixels) -> "_Drawn":
        return cls.white(order, role, pixels) if order.is_white else cls.scene(order, role, pixels)

    @classmethod
    def white(cls, order: Order, role: RoleSpec, pixels: ProductPixels) -> "_Drawn":
        """On the pack's canvas; on a smaller one of the same shape where the product would have to be enlarged."""
        levels = pixels.levels(order.artifact)
        size = levels.solid_box[2], levels.solid_box[3]
        enlargement = contain_scale(size, (role.size[0] * role.fill, role.size[1] * role.fill))
        canvas = role.size
        if enlargement > 1:
            canvas = max(16, int(role.size[0] / enlargement)), max(16, int(role.size[1] / enlargement))
        spec = Spec(name=role.role, size=canvas, background="white", fill=role.fill, encode=role.encode)
        whole = levels.straight(levels.size)
        cutout = Cutout(whole, (0, 0, *whole.size), whole.size, confidence=1.0)
        composed = on_white(cutout, spec, levels=levels)
        notes = () if canvas == role.size else (f"{canvas[0]} x {canvas[1]} px: the photo has no more",)
        return cls(composed.image, _solid_box(composed.product_mask), composed.product_mask, notes)

    @classmethod
    def scene(cls, order: Order, role: RoleSpec, pixels: ProductPixels) -> "_Drawn":
        """The approved composite, cut to the canvas' shape around the product, made smaller where it is larger."""
        image, box = pixels.scene(order.artifact), _box_of(order.artifact)
        notes: tuple[str, ...] = ()
        window = _window(image.size, role.size, box)
        if window != (0, 0, *image.size):
            image = image.crop((window[0], window[1], window[0] + window[2], window[1] + window[3]))
            box = box and (box[0] - window[0], box[1] - window[1], box[2], box[3])
            notes = (f"cut to {image.width} x {image.height} px",)
        scale = min(role.size[0] / image.width, role.size[1] / image.height)
        if scale >= 1:
            return cls(image, box, None, notes)
        box = box and (round(box[0] * scale), round(box[1] * scale), round(box[2] * scale), round(box[3] * scale))
        return cls(image.resize(_fitted(image.size, role.size, scale), Image.Resampling.LANCZOS), box, None, notes)

    @cached_property
    def facts(self) -> dict[str, Any]:
        return {
            "box_px": list(self.box_px) if self.box_px else None,
            "mask": _mask_text(self.mask),
            "notes": list(self.notes),
        }


def _fitted(size: tuple[int, int], canvas: tuple[int, int], scale: float) -> tuple[int, int]:
    """Exactly the canvas where the shape is the same but for rounding."""
    made = round(size[0] * scale), round(size[1] * scale)
    return canvas if max(abs(made[0] - canvas[0]), abs(made[1] - canvas[1])) <= SAME_RATIO * min(canvas) else made


def _window(
    size: tuple[int, int], canvas: tuple[int, int], box: tuple[int, int, int, int] | None
) -> tuple[int, int, int, int]:
    """Largest part (x, y, w, h) of a picture with the canvas' shape that holds the product and some air. Raises Unfit."""
    ratio = canvas[0] / canvas[1]
    if abs(size[0] / size[1] / ratio - 1) < SAME_RATIO:
        return 0, 0, *size
    width, height = min(size[0], round(size[1] * ratio)), min(size[1], round(size[0] / ratio))
    if box is None:
        raise Unfit("shape", "The scene has another shape, and it is not known where its product is.")
    margin = CROP_MARGIN * min(size)
    if box[2] + 2 * margin > width or box[3] + 2 * margin > height:
        raise Unfit("shape", "The scene has another shape, and the product would be cut.")
    left = _slid(box[0] + box[2] / 2, width, size[0], keep=(box[0] - margin, box[0] + box[2] + margin))
    top = _slid(box[1] + box[3] / 2, height, size[1], keep=(box[1] - margin, box[1] + box[3] + margin))
    return left, top, width, height


def _slid(middle: float, length: int, limit: int, *, keep: tuple[float, float]) -> int:
    """Start of a window with the product in its middle, moved inside the picture."""
    start = min(max(middle - length / 2, 0), limit - length)
    return round(min(max(start, min(keep[1], limit) - length), max(keep[0], 0)))


def _box_of(artifact: Artifact) -> tuple[int, int, int, int] | None:
    box = artifact.meta.get("box_px")
    return (box[0], box[1], box[2], box[3]) if box and len(box) == 4 else None


def _solid_box(mask: Image.Image) -> tuple[int, int, int, int] | None:
    box = mask.point([0] * 128 + [255] * 128).getbbox()
    return (box[0], box[1], box[2] - box[0], box[3] - box[1]) if box else None


# ---------------------------------------------------------------- encoding


def _encoded(drawn: _Drawn, order: Order, pack: Pack, role: RoleSpec, *, on: date) -> tuple[bytes, dict[str, Any]]:
    """The first quality, from the pack's downwards, whose file is small enough and white where it must be."""
    wants_white = bool(pack.rule_value("WHITE_BACKGROUND", role.role, category=order.category, on=on))
    data = b""
    for settings in role.encode.down_to(role.least_quality):
        data = plain = encode(drawn.image, settings, metadata=order.metadata)
        facts = {**drawn.facts, "format": settings.format, "quality": settings.quality}
        if order.signature:
            data = order.signature.sign(plain, media_type=settings.media_type)
            # A signature holds a time and chance: made again, the file is compared by what was signed.
            facts["unsigned_sha256"] = hashlib.sha256(plain).hexdigest()
        if len(data) > role.max_bytes:
            continue
        if not wants_white or not order.is_white or _is_white(data, facts, pack, role, on=on):
            return data, facts
    if len(data) > role.max_bytes:
        raise Unfit(
            "bytes",
            f"Even at quality {role.least_quality} the file takes {len(data):,} bytes, {pack.label} allows {role.max_bytes:,}.",
        )
    raise Unfit("breaks-rule", f"Breaks a rule of {pack.label}: the background does not stay pure white when encoded.")


def _is_white(data: bytes, facts: dict[str, Any], pack: Pack, role: RoleSpec, *, on: date) -> bool:
    findings = check_file(pack, role.role, data, on=on, product=area_from(facts))
    return not any(finding.code == "WHITE_BACKGROUND" and finding.blocks for finding in findings)


# ---------------------------------------------------------------- where the product is, small enough for a manifest


def area_from(facts: dict[str, Any]) -> ProductArea | None:
    """The product's place as kept in a manifest or in a rendered file's facts. ValueError where the mask is none."""
    box = facts.get("box_px")
    if not box:
        return None
    mask = facts.get("mask")
    image = decode_mask(base64.b64decode(mask), max_pixels=MASK_PX**2) if mask else None
    return ProductArea((box[0], box[1], box[2], box[3]), image)


def _mask_text(mask: Image.Image | None) -> str:
    """A mask of at most 250 px as base64 PNG, one bit a pixel. It covers a little more than the product, never less."""
    if mask is None:
        return ""
    factor = max(1, -(-max(mask.size) // MASK_PX))
    small = mask.reduce(factor) if factor > 1 else mask
    touched = small.point([0] + [255] * 255).filter(ImageFilter.MaxFilter(3)).convert("1", dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    touched.save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()
