#!/usr/bin/env python3
"""Path-trace the backplates: rooms and places a product can stand in, with the facts a compositor needs.

    python render_sets.py --out processing/backplates [--only lifestyle-home/oak-window ...] [--size 2048]
                          [--trace 640] [--samples 18] [--linear DIR] [--quality 90]

Needs bpy (Blender as a module), numpy and Pillow. The product's foot is the origin of every set, lengths are metres,
x goes right, y away from the viewer, z up; the camera looks along y with a shifted lens, so uprights stay upright.
`--linear DIR` keeps the linear renders; one found there is developed again and not rendered.
Light is traced at `--trace` pixels and denoised; the grain of the ground, the one thing in focus, is then added at full
size from the same texture through the same lens (`detail`).
Small bright lamps far out of focus (fairy lights) are added as the discs a thin lens makes of a point: traced paths
would almost never hit them. Whether one is hidden by something in front is asked of the scene.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from pathlib import Path

import bpy  # isort: skip  # first: it brings mathutils
import numpy as np
from developing import linear_of, plain
from mathutils import Vector
from PIL import Image
from render_products import GROUP
from set_props import GROUND
from set_scenes import SETS


def project(point, lens):
    """Picture position (0..1, y down) and distance of a point."""
    d = lens.distance + point[1]
    return 0.5 + lens.zoom * point[0] / d, lens.eye_line + lens.zoom * (lens.height - point[2]) / d, d


def start(size, samples, lens):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    s = bpy.context.scene
    s.render.resolution_x = s.render.resolution_y = size
    s.render.engine, s.render.threads_mode, s.render.threads = "CYCLES", "FIXED", 1
    c = s.cycles
    c.device, c.samples = "CPU", samples
    c.use_adaptive_sampling, c.adaptive_threshold, c.adaptive_min_samples = True, 0.04, max(8, samples // 3)
    c.use_denoising, c.denoiser = True, "OPENIMAGEDENOISE"
    c.denoising_input_passes, c.denoising_prefilter = "RGB_ALBEDO_NORMAL", "ACCURATE"
    c.max_bounces, c.diffuse_bounces, c.glossy_bounces, c.transmission_bounces, c.transparent_max_bounces = 4, 2, 1, 2, 6
    c.caustics_reflective = c.caustics_refractive = False
    c.sample_clamp_indirect, c.blur_glossy = 4.0, 1.0
    s.render.image_settings.file_format, s.render.image_settings.color_depth = "OPEN_EXR", "32"
    s.render.image_settings.color_mode = "RGB"
    col = bpy.data.collections.new("set")
    s.collection.children.link(col)
    GROUP["now"] = col
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width, data.shift_y = 36.0 * lens.zoom, 36.0, lens.eye_line - 0.5
    data.clip_start, data.clip_end = 0.02, 5000
    data.dof.use_dof, data.dof.focus_distance = True, lens.distance + lens.focus
    data.dof.aperture_fstop = 0.036 * lens.zoom / lens.aperture
    cam = bpy.data.objects.new("camera", data)
    cam.location, cam.rotation_euler = (0, -lens.distance, lens.height), (math.pi / 2, 0, 0)
    s.collection.objects.link(cam)
    s.camera = cam


def shoot(path):
    s = bpy.context.scene
    s.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    img = bpy.data.images.load(str(path))
    w, h = img.size
    px = np.empty(w * h * 4, np.float32)
    img.pixels.foreach_get(px)
    bpy.data.images.remove(img)
    return px.reshape(h, w, 4)[::-1, :, :3].copy()


def seen_bulbs(facts, lens):
    """Bulbs that nothing hides, seen from the middle of the lens."""
    bpy.context.view_layer.update()
    depsgraph, eye = bpy.context.evaluated_depsgraph_get(), Vector((0, -lens.distance, lens.height))
    out = []
    for bulb in facts.bulbs:
        way = Vector(bulb[:3]) - eye
        hit, where, *_ = bpy.context.scene.ray_cast(depsgraph, eye, way.normalized())
        if not hit or (where - eye).length > way.length - 0.05:
            out.append(bulb)
    return out


def grey_card(folder, lens):
    """Mean linear colour of a grey ball at the stand: what the light there does to a neutral thing."""
    from render_products import ball, pbr

    s, c = bpy.context.scene, bpy.context.scene.cycles
    ball("probe", pbr("probe", (0.5, 0.5, 0.5), 1.0, spec=0.0), (0, 0, 0.09), (0.1, 0.1, 0.1), 32)
    s.camera.data.dof.use_dof, c.use_denoising = False, False
    s.render.resolution_x = s.render.resolution_y = 256
    c.samples = 32
    x, y, d = project((0, 0, 0.09), lens)
    r = 0.05 * lens.zoom / d
    s.render.use_border, s.render.use_crop_to_border = True, False
    s.render.border_min_x, s.render.border_max_x = x - r, x + r
    s.render.border_min_y, s.render.border_max_y = 1 - y - r, 1 - y + r
    picture = shoot(folder / "probe.exr")
    yy, xx = np.mgrid[0:256, 0:256] / 256 + 0.002
    inside = (xx - x) ** 2 + (yy - y) ** 2 < (0.85 * r) ** 2
    return picture[inside].mean(0)


def ground_share(facts, lens, size):
    """Where the ground is what the camera sees, 0..1, from a coarse grid of rays."""
    depsgraph, eye, n = bpy.context.evaluated_depsgraph_get(), Vector((0, -lens.distance, lens.height)), 320
    out = np.zeros((n, n), np.float32)
    for j in range(n):
        down = (j + 0.5) / n - lens.eye_line
        if down < 0.02:
            continue
        for i in range(n):
            way = Vector((((i + 0.5) / n - 0.5) / lens.zoom, 1.0, -down / lens.zoom))
            hit, where, *_ = bpy.context.scene.ray_cast(depsgraph, eye, way.normalized())
            out[j, i] = hit and abs(where[2]) < 0.006 and where[1] < facts.far[0] - 0.01
    pic = Image.fromarray(out).resize((size, size), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(pic) * 2 - 1, 0, 1)


def detail(facts, lens, size, trace, rng, rays=24):
    """Ratio of the ground's colour at full size to the same at the traced size, 1 where there is no ground.

    Each ray goes from a point of the lens through the plane of focus to z = 0; the light is the key lamp's cosine.
    """
    if not GROUND:
        return np.ones((size, size, 1), np.float16)
    share, f = ground_share(facts, lens, size), lens.distance + lens.focus
    away = lens.height * lens.zoom / np.maximum((np.arange(size) + 0.5) / size - lens.eye_line, 1e-3)
    blurred = lens.aperture * lens.zoom * np.abs(1 / f - 1 / away) * size  # where it is wide, the traced picture has it all
    share = share * np.clip(1.8 - blurred / (1.6 * size / trace), 0, 1)[:, None]
    if not share.any():
        return np.ones((size, size, 1), np.float16)
    made, (sx, sy) = GROUND["surface"], GROUND["origin"]
    h, w = made.height.shape
    pitch = GROUND["size"][1] / w
    gy, gx = np.gradient(made.height * GROUND["bump"] / pitch)
    a, e = math.radians(facts.azimuth), math.radians(max(facts.elevation, 15))
    shade = 1 - (gx * math.cos(a) - gy * math.sin(a)) / math.tan(e) * (1 - 0.55 * facts.softness)
    colour = (linear_of(made.albedo) * np.clip(shade, 0.25, 2.2)[..., None]).astype(np.float32)
    rows = np.flatnonzero(share.max(1) > 0)
    top, end = int(rows[0]), int(rows[-1]) + 1
    jj, ii = np.mgrid[top:end, 0:size].astype(np.float32)
    total = np.zeros((*jj.shape, 3), np.float32)
    for _ in range(rays):
        u = (ii + rng.random(jj.shape, np.float32)) / size - 0.5
        v = (jj + rng.random(jj.shape, np.float32)) / size - lens.eye_line
        ang, rad = rng.random(jj.shape, np.float32) * 2 * np.pi, np.sqrt(rng.random(jj.shape, np.float32)) * lens.aperture / 2
        ox, oz = rad * np.cos(ang), lens.height + rad * np.sin(ang)
        fx, fz = u * f / lens.zoom, lens.height - v * f / lens.zoom
        t = oz / np.maximum(oz - fz, 1e-3)
        x, y = ox + t * (fx - ox), -lens.distance + t * f
        col, row = ((x - sx) / pitch).astype(int), h - 1 - ((y - sy) / pitch).astype(int)
        col, row = np.abs(col) % (2 * w), np.abs(row) % (2 * h)
        total += colour[np.where(row < h, row, 2 * h - 1 - row), np.where(col < w, col, 2 * w - 1 - col)]
    small = np.stack([np.asarray(Image.fromarray(total[..., k]).resize((trace, round(len(jj) * trace / size)), Image.Resampling.BILINEAR)) for k in range(3)], -1)
    coarse = np.stack([np.asarray(Image.fromarray(small[..., k]).resize((size, len(jj)), Image.Resampling.BICUBIC)) for k in range(3)], -1)
    ratio = np.ones((size, size, 3), np.float32)
    ratio[top:end] = 1 + (np.clip(total / np.maximum(coarse, 1e-4), 0.4, 1.8) - 1) * share[top:end, :, None]
    return ratio.astype(np.float16)


def render(entry, size, trace, samples, folder):
    lens = entry.lens
    start(trace, samples, lens)
    GROUND.clear()
    facts = entry.build(np.random.default_rng(entry.seed))
    bulbs = seen_bulbs(facts, lens)
    fine = detail(facts, lens, size, trace, np.random.default_rng(entry.seed)) if size > trace else np.ones((size, size, 1), np.float16)
    picture = shoot(folder / "set.exr")
    card = grey_card(folder, lens)
    return {"picture": picture, "fine": fine, "card": card, "bulbs": np.array(bulbs, np.float32).reshape(-1, 8),
            "light": np.array((facts.azimuth, facts.elevation, facts.softness)), "far": np.array(facts.far)}


# ---------------------------------------------------------------- developing


def bokeh(picture, bulbs, lens, edge):
    """Add each bulb (x, y, z, r, g, b, power, seed) as the disc its circle of confusion is, cat-eyed off the axis."""
    h, w = picture.shape[:2]
    out = picture.copy()
    for bulb in bulbs:
        x, y, d = project(bulb[:3], lens)
        r = 0.5 * lens.aperture * lens.zoom * abs(1 / (lens.distance + lens.focus) - 1 / d) * w
        r = max(r, 2.5)
        cx, cy = x * w, y * h
        x0, x1, y0, y1 = int(cx - r - 3), int(cx + r + 4), int(cy - r - 3), int(cy + r + 4)
        if x1 <= 0 or y1 <= 0 or x0 >= w or y0 >= h:
            continue
        x0, x1, y0, y1 = max(x0, 0), min(x1, w), max(y0, 0), min(y1, h)
        yy, xx = np.mgrid[y0:y1, x0:x1] + 0.5
        dist = np.hypot(xx - cx, yy - cy)
        soft = max(1.2, 0.03 * r)
        disc = np.clip((r - dist) / soft + 0.5, 0, 1)
        off = ((w / 2 - cx) / w, (h / 2 - cy) / h)
        disc *= np.clip((1.08 * r - np.hypot(xx - cx - off[0] * r * 0.6, yy - cy - off[1] * r * 0.6)) / soft + 0.5, 0, 1)
        rng = np.random.default_rng(int(bulb[7]))
        disc *= 0.86 + 0.22 * np.clip((dist / r - 0.7) / 0.28, 0, 1) + 0.03 * math.sin(rng.uniform(0, 6)) * (xx - cx) / r
        if cy < edge * h:  # the ground's far edge, nearer and sharper, cuts the disc
            disc *= np.clip((edge * h - yy) / (0.012 * h) + 0.5, 0, 1)
        out[y0:y1, x0:x1] += disc[..., None] * bulb[3:6] * bulb[6] * (0.02 * w / r) ** 2
    return out


def blur(x, sigma):
    scale = max(1, int(sigma / 6))
    h, w = x.shape[:2]
    planes = []
    for k in range(3):
        p = Image.fromarray(x[..., k]).resize((w // scale, h // scale), Image.Resampling.BOX)
        a = np.asarray(p)
        for axis in (0, 1):
            n = int(3 * sigma / scale)
            g = np.exp(-0.5 * (np.arange(-n, n + 1) / (sigma / scale)) ** 2)
            a = np.apply_along_axis(lambda v: np.convolve(np.pad(v, n, mode="edge"), g / g.sum(), "valid"), axis, a)
        planes.append(np.asarray(Image.fromarray(a.astype(np.float32)).resize((w, h), Image.Resampling.BICUBIC)))
    return np.stack(planes, -1)


def agx(linear, look):
    """Blender's AgX view of a linear picture, 0..1."""
    h, w = linear.shape[:2]
    s = bpy.context.scene
    s.view_settings.view_transform, s.view_settings.look = "AgX", look
    s.view_settings.exposure, s.view_settings.gamma = 0.0, 1.0
    img = bpy.data.images.new("plate", w, h, alpha=False, float_buffer=True)
    rgba = np.ones((h, w, 4), np.float32)
    rgba[..., :3] = linear
    img.pixels.foreach_set(rgba[::-1].ravel())
    img.update()
    s.render.image_settings.file_format, s.render.image_settings.color_mode, s.render.image_settings.color_depth = "PNG", "RGB", "16"
    with tempfile.TemporaryDirectory() as tmp:
        img.save_render(f"{tmp}/plate.png", scene=s)
        back = bpy.data.images.load(f"{tmp}/plate.png")
        back.colorspace_settings.name = "Non-Color"
        px = np.empty(w * h * 4, np.float32)
        back.pixels.foreach_get(px)
    return px.reshape(h, w, 4)[::-1, :, :3]


def finished(linear, entry, look):
    """Display picture: veil of the lens, vignette, camera curve, fine grain."""
    h, w = linear.shape[:2]
    glow = blur(np.minimum(linear, 12 * np.median(linear)), w * 0.012) if entry.veil else 0.0
    linear = linear * (1 - entry.veil) + glow * entry.veil
    yy, xx = np.mgrid[0:h, 0:w]
    linear = linear * (1 - entry.vignette * np.clip(np.hypot(xx / w - 0.5, yy / h - 0.45) / 0.7, 0, 1) ** 2.5)[..., None]
    shown = plain(linear) if look == "plain" else agx(linear, look)
    rng = np.random.default_rng(entry.seed)
    grain = rng.normal(0, 1, (h, w, 1)) + 0.35 * rng.normal(0, 1, (h, w, 3))
    return np.clip(shown + grain * 0.9 / 255 + rng.uniform(-0.5, 0.5, (h, w, 3)) / 255, 0, 1)


def kelvin(rgb):
    """Correlated colour temperature of a linear sRGB colour (McCamy 1992), to the next 50 K."""
    m = np.array(((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)))
    x, y, z = m @ np.asarray(rgb, dtype=float)
    n = (x / (x + y + z) - 0.3320) / (0.1858 - y / (x + y + z))
    return int(round((449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33) / 50) * 50)


def develop(entry, raw):
    lens = entry.lens
    linear = np.nan_to_num(raw["picture"], posinf=50.0)
    h, w = raw["fine"].shape[:2]
    linear = np.stack([np.asarray(Image.fromarray(linear[..., k]).resize((w, h), Image.Resampling.BICUBIC)) for k in range(3)], -1)
    linear = np.maximum(linear, 0) * raw["fine"].astype(np.float32)
    card = raw["card"]
    neutral = card / (card @ np.array((0.2126, 0.7152, 0.0722)))
    balance = neutral ** -entry.adapt  # the camera meets the light's colour part of the way
    stand = linear[int(0.66 * h) : int(0.82 * h), int(0.3 * w) : int(0.7 * w)].reshape(-1, 3) @ np.array((0.2126, 0.7152, 0.0722))
    gain = entry.level / np.median(stand)
    linear = linear * gain * balance
    x, y, _ = project((0, 0, 0), lens)
    _, horizon, _ = project((0, float(raw["far"][0]), float(raw["far"][1])), lens)
    linear = bokeh(linear, raw["bulbs"], lens, horizon)
    pic = finished(linear, entry, entry.look)
    tint = (linear.reshape(-1, 3).clip(0, 4)).mean(0)
    azimuth, elevation, softness = (float(v) for v in raw["light"])
    meta = {
        "name": entry.name, "style": entry.style, "horizon": round(horizon, 3), "ground": [entry.ground[0], entry.ground[1]],
        "stand": [round(x, 3), round(y, 3)], "product_height": list(entry.product_height),
        "light": {"azimuth_deg": round(azimuth % 360), "elevation_deg": round(elevation), "softness": round(softness, 2)},
        "temperature_k": kelvin(card * balance), "tint": [round(float(v), 3) for v in tint / tint.max()],
        "credit": "Firstpass, path-traced, CC0 1.0",
    }
    return pic, meta


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--out", required=True, type=Path)
    p.add_argument("--only", nargs="*", help="style or style/name; default: all")
    p.add_argument("--size", type=int, default=2048)
    p.add_argument("--trace", type=int, default=640)
    p.add_argument("--samples", type=int, default=18)
    p.add_argument("--quality", type=int, default=90)
    p.add_argument("--linear", type=Path)
    args = p.parse_args()
    for entry in SETS:
        key = f"{entry.style}/{entry.name}"
        if args.only and key not in args.only and entry.style not in args.only:
            continue
        began = time.time()
        kept = args.linear / f"{entry.style}-{entry.name}-{args.size}.npz" if args.linear else None
        if kept and kept.exists():
            raw = dict(np.load(kept))
            bpy.ops.wm.read_factory_settings(use_empty=True)
        else:
            with tempfile.TemporaryDirectory() as tmp:
                raw = render(entry, args.size, min(args.trace, args.size), args.samples, Path(tmp))
            if kept:
                args.linear.mkdir(parents=True, exist_ok=True)
                np.savez(kept, **raw)
        pic, meta = develop(entry, raw)
        folder = args.out / entry.style
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.round(pic * 255).astype(np.uint8)).save(folder / f"{entry.name}.jpg", quality=args.quality, subsampling=0, optimize=True)
        (folder / f"{entry.name}.json").write_text(json.dumps(meta, indent=2) + "\n")
        print(f"done {key} in {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
