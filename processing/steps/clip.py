"""Clip: a short video of the product, from the picture that a still of it would be, measured on its encoded frames."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from processing.errors import PermanentStepError, StepError
from processing.imaging import motion, video
from processing.imaging.clips import Clip
from processing.imaging.codec import EncodeSettings
from processing.imaging.compositing import HELD_ABOVE
from processing.imaging.embedding import with_metadata
from processing.imaging.linear import Bytes
from processing.imaging.metadata import Metadata
from processing.imaging.motion import Camera
from processing.imaging.resize import CutoutLevels
from processing.imaging.sizes import contain_scale, scaled
from processing.imaging.specs import Spec
from processing.scoring.alignment import Reference
from processing.scoring.clip import ExpectedClip, Watch, measure_file, measure_flicker, measure_frozen, worst_of
from processing.scoring.composite import measure_fidelity
from processing.scoring.drift import measure_drift
from processing.scoring.measurement import Measurement
from processing.scoring.rendition import Expected, measure_frame
from processing.scoring.sharpness import SCALE_LONG_PX, measure_sharpness
from processing.steps import render
from processing.steps.base import File, Result, Work, picture_file, thumb_file
from processing.steps.checks import kept, score_of
from processing.steps.encoding import Drawn

VERSION = "2"
ROLES = ("file", "thumb", "poster", "strip")
# Frames that are measured, evenly over the clip; they are the strip that people look at, in tiles of this size.
SAMPLES = 8
TILE_PX, GAP_PX = 640, 8
_JPEG = EncodeSettings.named("jpeg")


def version(params: Mapping[str, Any]) -> str:
    return "|".join((VERSION, motion.VERSION, video.VERSION, render.version(params)))


def run(work: Work, params: Mapping[str, Any]) -> Result:
    """Files "file" (MP4), "poster" (its first frame), "strip" (frames side by side) and "thumb"."""
    spec, clip = Spec.from_dict(params["spec"]), Clip(**params["clip"])
    drawn, tries = render.best_drawn(work, params, _larger(spec))
    _, levels, _ = render.product_of(work, params)
    ground = levels.ground
    scene = motion.scene_of(drawn.composed, base_depth=ground.base_depth if ground else 0.0)
    camera = Camera(scene, size=spec.size, clip=clip)
    data = _encoded(camera, work, params)
    seen = _Seen(drawn, camera, reference=render.reference_of(work, levels), levels=levels)
    measurements = seen.measured(data)
    meta = {
        "spec": {**spec.to_dict(), "encode": {"format": "mp4"}, "clip": params["clip"]},
        "checks": kept(measurements, category=params["category"]),
        "score": score_of(measurements, category=params["category"]),
        "notes": list(drawn.composed.notes),
        "box_px": list(camera.box_at(0)),
        "layout": params["layout"],
        "clip": {"seconds": clip.seconds, "fps": clip.fps, "frames": clip.frames, "codec": "h264"},
        **(drawn.meta or {}),
    }
    files = (
        File("file", data, video.MEDIA_TYPE, spec.size, meta),
        thumb_file(seen.poster),
        picture_file("poster", seen.poster, _JPEG),
        picture_file("strip", _strip(seen.tiles), _JPEG),
    )
    return Result(files, tries=tries)


def _larger(spec: Spec) -> Spec:
    """The still that the camera moves over."""
    return replace(spec, size=motion.canvas_for(spec.size), padding=motion.padding_for(spec.padding), fill=None)


def _encoded(camera: Camera, work: Work, params: Mapping[str, Any]) -> bytes:
    try:
        data = video.encode_clip(camera.frames(), size=camera.size, fps=camera.clip.fps, seconds=camera.clip.seconds)
    except video.NoEncoder as error:
        raise PermanentStepError("no-encoder", str(error)) from error
    source_type = render.source_type_of(work, params)
    metadata = Metadata(title=params["title"], sku=params["sku"], digital_source_type=source_type)
    return with_metadata(data, metadata)


class _Seen:
    """What is found on the encoded clip. Its frames go by once; of the samples the first is kept, the others small."""

    def __init__(self, drawn: Drawn, camera: Camera, *, reference: Reference, levels: CutoutLevels) -> None:
        self.drawn, self.camera, self.reference, self.levels = drawn, camera, reference, levels
        self.is_plain = drawn.spec.is_plain
        self.poster = Image.new("RGB", camera.size)
        self.tiles: list[Image.Image] = []

    def measured(self, data: bytes) -> list[Measurement]:
        """The file's checks, those of the still that frames cannot change, and of all others the worst of the samples."""
        clip = self.camera.clip
        most = round(video.MAX_BITS_S / 8 * clip.seconds)
        expected = ExpectedClip(self.camera.size, clip.fps, clip.frames, most)
        try:
            watch, found = self._watched(data)
        except ValueError as error:
            raise StepError("bad-video", f"The video that was made cannot be used: {error}.") from error
        on_file = [*measure_file(data, video.facts_of(data), expected), measure_flicker(watch), measure_frozen(watch)]
        codes = {one.code for one in found}
        return [
            *on_file,
            *(worst_of([one for one in found if one.code == code]) for code in sorted(codes)),
            *(
                replace(one, worst=None, box=None, heat=None)
                for one in self.drawn.measurements
                if one.code not in codes
            ),
        ]

    def _watched(self, data: bytes) -> tuple[Watch, list[Measurement]]:
        watch, found = Watch(), list[Measurement]()
        last = self.camera.clip.frames - 1
        sampled = {round(last * number / (SAMPLES - 1)) for number in range(SAMPLES)}
        for number, frame in enumerate(video.decoded(data)):
            watch.see(video.lightness_of(frame))
            if number in sampled:
                pixels = video.pixels_of(frame)
                self._keep(Image.fromarray(pixels))
                found += self._on_frame(pixels, number)
        return watch, found

    def _keep(self, image: Image.Image) -> None:
        if not self.tiles:
            self.poster = image
        tile = scaled(image.size, min(1.0, contain_scale(image.size, (TILE_PX, TILE_PX))))
        self.tiles.append(image.resize(tile, Image.Resampling.LANCZOS))

    def _on_frame(self, pixels: Bytes, number: int) -> list[Measurement]:
        """Colour, sharpness and structure of the product against its cut-out, its distance from the frame, and white."""
        box, image = self.camera.box_at(number), Image.fromarray(pixels)
        placed = Image.new("RGBA", image.size)
        placed.paste(self.levels.straight((box[2], box[3])), (box[0], box[1]))
        pair = self.reference.beside(image, box, long_px=SCALE_LONG_PX)
        source, alpha = self.reference.source, self.reference.alpha
        found = [
            measure_drift(source, alpha, image, pair=pair, in_set=not self.is_plain),
            measure_fidelity(image, placed),
        ]
        if min(box[2:]) >= render.SHARPNESS_FROM_PX and not self.drawn.composed.placement.enlarged:
            found.append(measure_sharpness(source, alpha, image, pair=pair))
        return [*found, *measure_frame(pixels, np.asarray(placed.getchannel("A")), expected=self._expected)]

    @property
    def _expected(self) -> Expected:
        return Expected(
            background="white" if self.is_plain else None,
            centred=False,
            white_floor=render.LOSSY_WHITE_FLOOR,
            held_above=HELD_ABOVE in self.drawn.composed.notes,
        )


def _strip(tiles: Sequence[Image.Image]) -> Image.Image:
    """Frames side by side: one picture that shows how the clip goes."""
    width, height = tiles[0].size
    columns = len(tiles) // 2 if height >= width else 2
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP_PX) - GAP_PX, rows * (height + GAP_PX) - GAP_PX), "white")
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * (width + GAP_PX), number // columns * (height + GAP_PX)))
    return sheet
