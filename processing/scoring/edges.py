"""Checks on the outline: halo, too tight a cut, jaggedness, softness, smudges, and outline that follows nothing in the photo.

Everything is read from profiles straight across the outline (contour.py). Around each point there is a sure inner colour
and a sure outer colour; between them the photo tells where the product really ends, and alpha and foreground tell what
the engine made of it. Values are medians over segments of 20 points, then a percentile over the segments.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.scoring.contour import MIDDLE, OFFSETS_PX, STEP_PX, Floats, Outline, Profiles
from processing.scoring.measurement import Measurement, located

Mask = NDArray[np.bool_]

SEGMENT_POINTS = 20
# Codes between inside and outside below which nothing can be said about colours, or about the place of the edge.
COLOUR_CONTRAST = 24.0
EDGE_CONTRAST = 12.0
LOST_CONTRAST = 10.0
# Share of the way from the inner to the outer colour up to which a rim's colour is product: a trim in the paper's shade, a bright rim.
OWN_COLOUR = 0.6
# Mean step along 20 points that no even area has by chance: an edge too faint to be seen at any single point.
FAINT_STEP = 3.0
_FAINT_SHIFTS_PX = (-2, -1, 0, 1, 2)
CRISP_PX = 5.0
_DEEPEST = 13  # samples from the outline to the sure colours: 6.5 px
_NEAR_RIM = 9
# 10-90 % width of a Gaussian edge over the integral of a (1 - a) across it.
_WIDTH_OF_OVERLAP = 4.54
# Alpha may take so long to fade where the photo is too dark or too even to show how wide its own edge is.
UNSEEN_WIDTH_PX = 3.0
# Share of the whole step of alpha that an edge must have within the reach of a profile, and samples that tell its two ends.
LEAST_FALL = 0.5
_ENDS = 3


@dataclass(frozen=True)
class Across:
    """What the profiles say, per point of the outline.

    halo_px    backdrop colour left in the foreground, as far as it is more than 0.6 of the whole, weighted by alpha, summed across the
               rim
    dark_px    foreground beyond the inner colour, away from the backdrop, and beyond what the photo itself shows of that, where alpha
               is partial, summed across the rim
    offset_px  distance of the alpha's edge beyond the photo's own edge (negative: inside it)
    wider_px   10-90 % width of alpha less that of the photo's edge
    wander_px  alpha's crossing of one half less the photo's
    smudge_px  10-90 % width of alpha over the whole profile less that of the photo's edge; NaN where alpha does not fall there
    contrast   strongest step of the photo within 3.5 px (codes)
    faint      (n, 5) step of the photo's luma over 3 px at five shifts, the slope on both sides taken out (codes, signed)
    crisp      the photo's own edge is at most 5 px wide there
    colour_ok, place_ok   where the first and the second can be trusted
    """

    halo_px: Floats
    dark_px: Floats
    offset_px: Floats
    wider_px: Floats
    wander_px: Floats
    smudge_px: Floats
    contrast: Floats
    faint: Floats
    crisp: Mask
    colour_ok: Mask
    place_ok: Mask


def read_across(samples: Profiles) -> Across:
    """All per-point quantities of a set of profiles; n points, k samples each. About 15 ms for 2400 points."""
    alpha, photo = samples.alpha, samples.photo
    count = np.arange(len(alpha))
    inner, outer = _sure_samples(alpha)
    index = np.arange(len(OFFSETS_PX))[None, :]
    between = (index >= inner[:, None]) & (index <= outer[:, None])
    backdrop = photo[count, outer]
    away = photo[count, inner] - backdrop
    span = np.abs(away).max(axis=1)
    reach = _length(away)[:, None] + np.float32(1e-3)
    cover = np.minimum(_length(photo - backdrop[:, None]) / reach, 1)
    left = samples.fore - backdrop[:, None]
    bare = np.maximum(1 - OWN_COLOUR - _length(left) / reach, 0) / np.float32(1 - OWN_COLOUR)
    beyond = _beyond(left, away, reach)
    # A rim that is dark in the photo, as that of glass, is product: it shows where alpha is nearly whole.
    drawn = np.where(between, _beyond(photo - backdrop[:, None], away, reach), 0).max(axis=1, initial=0)
    partial = alpha * (alpha < 0.97)
    rim = between & (index >= MIDDLE - _NEAR_RIM)
    step, place = _photo_edge(photo, between)
    resolved = (alpha[count, inner] >= 0.9) & (alpha[count, outer] <= 0.1)
    width = np.float32(STEP_PX * _WIDTH_OF_OVERLAP)
    drawn_px = (cover * (1 - cover) * between).sum(axis=1) * width
    return Across(
        halo_px=(alpha * bare * rim).sum(axis=1) * STEP_PX,
        dark_px=(partial * np.clip(beyond - drawn[:, None], 0, 1) * between).sum(axis=1) * STEP_PX,
        offset_px=-place,
        wider_px=(alpha * (1 - alpha) * between).sum(axis=1) * width - drawn_px,
        wander_px=_crossing(alpha) - _crossing(cover),
        smudge_px=_smudges(alpha, photo),
        contrast=step[:, MIDDLE - 7 : MIDDLE + 8].max(axis=1, initial=0),
        faint=_faint_steps(photo),
        crisp=drawn_px <= CRISP_PX,
        colour_ok=resolved & (span >= COLOUR_CONTRAST),
        place_ok=resolved & ((step * between).max(axis=1, initial=0) >= EDGE_CONTRAST),
    )


def _beyond(colours: Floats, away: Floats, reach: Floats) -> Floats:
    """How far colours (n, k, 3), less the backdrop, lie on the way `away` from it to the inner colour, less that way."""
    return np.asarray(np.einsum("nkb,nb->nk", colours, away) / reach**2 - (_length(away)[:, None] / reach) ** 2)


def _length(bands: Floats) -> Floats:
    """Euclidean length over the last axis of three bands; several times as fast as numpy's own."""
    red, green, blue = bands[..., 0], bands[..., 1], bands[..., 2]
    return np.asarray(np.sqrt(red * red + green * green + blue * blue), np.float32)


def _sure_samples(alpha: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the sure inner and outer sample: 6.5 px away, or the middle of a thin part or a narrow gap."""
    leaves = alpha[:, MIDDLE::-1] < 0.5
    enters = alpha[:, MIDDLE:] > 0.5
    leaves[:, :2] = enters[:, :2] = False
    depth = np.where(leaves.any(axis=1), leaves.argmax(axis=1) // 2, _DEEPEST)
    room = np.where(enters.any(axis=1), enters.argmax(axis=1) // 2, _DEEPEST)
    return MIDDLE - np.minimum(depth, _DEEPEST), MIDDLE + np.minimum(room, _DEEPEST)


def _photo_edge(photo: Floats, between: Mask) -> tuple[Floats, Floats]:
    """Step of the photo over 2 px at every sample, and the sub-pixel place (px) of its strongest edge near the middle."""
    step = np.zeros(photo.shape[:2], np.float32)
    step[:, 2:-2] = _length(photo[:, 4:] - photo[:, :-4])
    likely = np.exp(-0.5 * (OFFSETS_PX / 4) ** 2)
    weight = np.where(between, step * likely, 0) ** 2
    peak = weight.argmax(axis=1)
    close = np.abs(np.arange(photo.shape[1])[None, :] - peak[:, None]) <= 3
    place = (weight * close * OFFSETS_PX).sum(axis=1) / np.maximum((weight * close).sum(axis=1), 1e-6)
    return step, np.asarray(place, np.float32)


def _faint_steps(photo: Floats) -> Floats:
    luma = photo @ np.array([0.299, 0.587, 0.114], np.float32)
    # Box means over 1.5 px, so that noise does not need to be averaged along the edge alone.
    soft = (luma[:, :-2] + luma[:, 1:-1] + luma[:, 2:]) / 3

    def at(place_px: float) -> Floats:
        return np.asarray(soft[:, MIDDLE - 1 + round(place_px / STEP_PX)], np.float32)

    steps = []
    for shift in _FAINT_SHIFTS_PX:
        far_in, near_in, near_out, far_out = (at(shift + place) for place in (-4, -1.5, 1.5, 4))
        slope = ((near_in - far_in) + (far_out - near_out)) / 5
        steps.append(near_out - near_in - 3 * slope)
    return np.stack(steps, axis=1)


def _smudges(alpha: Floats, photo: Floats) -> Floats:
    """Width of alpha over the full 16 px less that of the photo: also where neither is sure of its colour within 6.5 px.

    Alpha is taken between its own two ends, so that glass may stay part transparent behind its rim.
    """
    within, without = alpha[:, :_ENDS].mean(axis=1), alpha[:, -_ENDS:].mean(axis=1)
    fall = within - without
    cover = np.clip((alpha - without[:, None]) / np.maximum(fall, np.float32(0.3))[:, None], 0, 1)
    backdrop = photo[:, -_ENDS:].mean(axis=1)
    away = photo[:, :_ENDS].mean(axis=1) - backdrop
    span = _length(away)
    along = np.einsum("nkb,nb->nk", photo - backdrop[:, None], away) / np.maximum(span, 1)[:, None] ** 2
    drawn = np.where(span >= COLOUR_CONTRAST, _width(np.clip(along, 0, 1)), np.float32(0))
    wider = _width(cover) - np.maximum(drawn, np.float32(UNSEEN_WIDTH_PX))
    return np.where(fall >= LEAST_FALL, wider, np.nan).astype(np.float32)


def _width(cover: Floats) -> Floats:
    """10-90 % width (px) of profiles (n, k) that fall from 1 to 0."""
    return np.asarray((cover * (1 - cover)).sum(axis=1) * np.float32(STEP_PX * _WIDTH_OF_OVERLAP), np.float32)


def _crossing(cover: Floats) -> Floats:
    """Sub-pixel offset at which a profile falls through one half nearest to the middle; NaN where it does not."""
    above = cover - np.float32(0.5)
    falls = (above[:, :-1] >= 0) & (above[:, 1:] < 0)
    distance = np.where(falls, np.abs(np.arange(falls.shape[1]) - MIDDLE)[None, :], 99)
    at = distance.argmin(axis=1)
    count = np.arange(len(cover))
    before, after = above[count, at], above[count, at + 1]
    place = OFFSETS_PX[at] + STEP_PX * before / np.maximum(before - after, np.float32(1e-3))
    return np.where(distance[count, at] < 9, place, np.nan).astype(np.float32)


@dataclass(frozen=True)
class _Segments:
    """Per segment its value and the mean point (x, y) in contour pixels."""

    values: NDArray[np.float64]
    points: Floats

    def high(self, percentile: float) -> float:
        return float(np.percentile(self.values, percentile)) if self.values.size else 0.0


def _segments(outline: Outline, values: Floats, usable: Mask, *, spread: bool = False) -> _Segments:
    """Median (or robust spread) of a per-point value over runs of 20 neighbours, where a third of them is usable."""
    runs = _runs(outline.loop)
    if not runs:
        return _Segments(np.zeros(0), np.zeros((0, 2), np.float32))
    # One row per run, all in one go: a call of numpy for each run would cost more than the numbers.
    sizes = np.array([run.size for run in runs])
    index = np.minimum(np.array([run[0] for run in runs])[:, None] + np.arange(sizes.max())[None, :], values.size - 1)
    taken = np.arange(sizes.max())[None, :] < sizes[:, None]
    good = taken & usable[index] & np.isfinite(values[index])
    count = good.sum(axis=1)
    enough = (count * 3 >= sizes) & (count >= 4)
    good, index = good[enough], index[enough]
    rows = np.where(good, values[index], np.inf)
    middle = _row_median(rows, count[enough])
    found = middle
    if spread:
        found = 1.4826 * _row_median(np.where(good, np.abs(rows - middle[:, None]), np.inf), count[enough])
    points = (outline.points[index] * good[..., None]).sum(axis=1) / np.maximum(count[enough], 1)[:, None]
    return _Segments(found.astype(np.float64), points.astype(np.float32))


def _row_median(rows: NDArray[Any], count: NDArray[Any]) -> NDArray[np.float64]:
    """Median of the first `count` values of each row in order; what does not count is infinite."""
    ordered = np.sort(rows, axis=1)
    high = np.take_along_axis(ordered, (count // 2)[:, None], axis=1)[:, 0]
    low = np.take_along_axis(ordered, ((count - 1) // 2)[:, None], axis=1)[:, 0]
    return np.asarray((high + low) / 2, np.float64)


def _runs(loop: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    if loop.size == 0:
        return []
    starts = np.flatnonzero(np.diff(loop, prepend=loop[0] - 1))
    runs = []
    for first, last in zip(starts, [*starts[1:], loop.size], strict=True):
        runs.extend(np.array_split(np.arange(first, last), max(1, round((last - first) / SEGMENT_POINTS))))
    return runs


def measure_edges(outline: Outline, across: Across, shape: tuple[int, int]) -> list[Measurement]:
    """The EDGE_* checks of one outline on a picture of `shape` (h, w)."""
    return [
        _halo(outline, across, shape),
        _colour(outline, across, shape),
        _tight(outline, across, shape),
        _soft(outline, across, shape),
        _rough(outline, across, shape),
        _smudge(outline, across, shape),
        _lost(outline, across, shape),
    ]


def _halo(outline: Outline, across: Across, shape: tuple[int, int]) -> Measurement:
    """EDGE_HALO: px of backdrop colour along the edge, 75th percentile of the segments.

    Colour counts from where it is more backdrop than product (0.6 of the way) and only as far as the alpha reaches beyond the
    photo's own edge, plus 0.75 px: a trim in the paper's shade and a glossy rim that mirrors it are product. Blind where product and
    backdrop have one colour (below 24 codes).
    Unit px. Range 0 to about 8. Source: own measure on profiles straight across the outline; 8 ms a megapixel together with
    the other checks of the edge.
    """
    allowed = np.maximum(across.offset_px, 0) + np.float32(0.75)
    parts = _segments(outline, np.minimum(across.halo_px, allowed), across.colour_ok)
    return _placed("EDGE_HALO", parts.high(75), "px", parts, shape)


def _colour(outline: Outline, across: Across, shape: tuple[int, int]) -> Measurement:
    """EDGE_COLOUR: px of part transparent edge whose colour overshoots the product's, away from the backdrop.

    75th percentile of the segments. That is what is left when too much backdrop was taken out of a too low alpha: a
    dark seam on light paper. As much as the photo itself overshoots anywhere across that edge is product: the dark rim of glass.
    Blind where alpha is opaque, where product and backdrop have one colour, and to fur and defocus (edges wider than 5 px): each
    hair is darker or lighter than what lies behind it.
    Unit px. Range 0 to about 6. Source: own measure on profiles straight across the outline; 8 ms a megapixel together with
    the other checks of the edge.
    """
    parts = _segments(outline, np.where(across.crisp, across.dark_px, np.float32(0)), across.colour_ok)
    return _placed("EDGE_COLOUR", parts.high(75), "px", parts, shape)


def _tight(outline: Outline, across: Across, shape: tuple[int, int]) -> Measurement:
    """EDGE_TIGHT: px by which the alpha ends inside the photo's own edge, 70th percentile of the segments.

    Blind to anything wider than 6 px (PART_MISSING sees that) and where the photo's step is below 12 codes.
    Unit px. Range 0 to 6. Source: own measure on profiles straight across the outline; 8 ms a megapixel together with the
    other checks of the edge.
    """
    parts = _segments(outline, -across.offset_px, across.place_ok)
    return _placed("EDGE_TIGHT", max(parts.high(70), 0.0), "px", parts, shape)


def _soft(outline: Outline, across: Across, shape: tuple[int, int]) -> Measurement:
    """EDGE_SOFT: px by which the alpha's 10-90 % width exceeds the photo's edge, 75th percentile of the segments.

    Hair and defocus are wide in the photo too and do not count. Blind to edges that are too hard.
    Unit px. Range 0 to about 14. Source: own measure on profiles straight across the outline; 8 ms a megapixel together
    with the other checks of the edge.
    """
    parts = _segments(outline, across.wider_px, across.colour_ok)
    return _placed("EDGE_SOFT", max(parts.high(75), 0.0), "px", parts, shape)


def _rough(outline: Outline, across: Across, shape: tuple[int, int]) -> Measurement:
    """EDGE_ROUGH: robust spread (1.48 MAD) of the alpha's edge about the photo's edge, 75th percentile, in px.

    Serrations that the photo shows are followed and do not count. Blind to fur and defocus (edges wider than 5 px) and
    to steps longer than 20 points.
    Unit px. Range 0 to about 4. Source: own measure, spread by the median absolute deviation; 8 ms a megapixel with the
    others.
    """
    parts = _segments(outline, across.wander_px, across.colour_ok & across.crisp, spread=True)
    return _placed("EDGE_ROUGH", parts.high(75), "px", parts, shape)


def _smudge(outline: Outline, across: Across, shape: tuple[int, int]) -> Measurement:
    """EDGE_SMUDGE: px by which alpha fades more slowly than the photo's edge and 3 px, in the worst 3 % of the outline.

    A foot that melts into its shadow, dark on dark: EDGE_SOFT asks for contrast and for most of the outline, this for
    neither. Of each run of 20 points the quarter that fades fastest counts, and what does not fall within 8 px counts nothing:
    hair and bristles are wide in places, a smudge all along. Blind to smudges shorter than 3 % of the outline.
    Unit px. Range 0 to about 8. Source: own measure on profiles straight across the outline; 8 ms a megapixel together
    with the other checks of the edge.
    """
    runs = _runs(outline.loop)
    if not runs:
        return Measurement("EDGE_SMUDGE", 0.0, "px")
    values = np.array([_fastest(across.smudge_px[run]) for run in runs])
    points = np.array([outline.points[run].mean(axis=0) for run in runs], np.float32)
    parts = _Segments(np.maximum(values, 0), points)
    return _placed("EDGE_SMUDGE", parts.high(97), "px", parts, shape)


def smudged_points(outline: Outline, across: Across) -> Floats:
    """Points (n, 2) x, y of the runs of 20 that EDGE_SMUDGE counts at all."""
    smudged = [run for run in _runs(outline.loop) if _fastest(across.smudge_px[run]) > 0]
    return outline.points[np.concatenate(smudged)] if smudged else outline.points[:0]


def _fastest(widths: Floats) -> float:
    """Lower quartile of those that are known; 0 where that is less than a third."""
    known = widths[np.isfinite(widths)]
    return float(np.percentile(known, 25)) if known.size * 3 >= widths.size and known.size else 0.0


def _lost(outline: Outline, across: Across, shape: tuple[int, int]) -> Measurement:
    """EDGE_LOST: share of the outline with no step of 10 codes in the photo within 3.5 px, nor one of 3 codes on the mean of its
    20 points.

    A cut through the product, a shadow's soft end or backdrop left in has no edge under it, not even a faint one.
    Unit share of the outline. Range 0 to 1. Source: own measure on profiles straight across the outline; 8 ms a megapixel
    together with the other checks of the edge.
    """
    lost = across.contrast < LOST_CONTRAST
    for run in _runs(outline.loop):
        if lost[run].any() and np.abs(across.faint[run].mean(axis=0)).max() >= FAINT_STEP:
            lost[run] = False
    if not lost.any():
        return Measurement("EDGE_LOST", 0.0, "of outline")
    parts = _Segments(lost[lost].astype(np.float64), outline.points[lost])
    return _placed("EDGE_LOST", float(lost.mean()), "of outline", parts, shape)


def _placed(code: str, value: float, unit: str, parts: _Segments, shape: tuple[int, int]) -> Measurement:
    """Measurement whose heat lies along the outline; overlapping segments add up, so that a long fault is the worst."""
    if parts.values.size == 0:
        return Measurement(code, value, unit, detail="outline has too little contrast to tell" if value == 0 else "")
    height, width = shape
    cell = max(1, -(-max(height, width) // 48))
    plane = np.zeros((-(-height // cell), -(-width // cell)), np.float32)
    column = np.clip(parts.points[:, 0] / cell, 0, plane.shape[1] - 1).astype(int)
    row = np.clip(parts.points[:, 1] / cell, 0, plane.shape[0] - 1).astype(int)
    if code == "EDGE_LOST":
        np.add.at(plane, (row, column), 1)
    else:
        np.maximum.at(plane, (row, column), np.maximum(parts.values, 0).astype(np.float32))
    return located(code, value, unit, plane)
