"""From linear light to the file a camera writes: exposure, white balance, curve, noise, JPEG."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from modelling import TAU
from studio import PAPERS
from tracing import blur, straight

WB = {"neutral": (1.0, 1.0, 1.0), "warm": (1.085, 1.0, 0.84), "slightly warm": (1.035, 1.0, 0.93), "cool": (0.93, 1.0, 1.075), "tungsten": (1.16, 1.0, 0.70), "amber": (1.32, 1.0, 0.46), "green": (0.97, 1.02, 0.95)}


def develop(lin):
    """Camera curve: soft shoulder, sRGB, a little contrast. 0..1 display values."""
    knee = 0.66
    x = np.maximum(lin, 0)
    x = np.where(x > knee, knee + (1 - knee) * (1 - np.exp(-(x - knee) / (1 - knee))), x)
    y = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-8) ** (1 / 2.4) - 0.055)
    return np.clip(y + 0.05 * np.sin(TAU * (y - 0.5)) / TAU * 2, 0, 1)


def expose(plate, shot):
    """Gain as an incident meter would set it: the paper comes out as bright as it is."""
    lum = plate @ np.array((0.2126, 0.7152, 0.0722))
    h = lum.shape[0]
    albedo = np.dot(PAPERS[shot["paper"]], (0.2126, 0.7152, 0.0722))
    region = lum[h // 2 :] if shot.get("edge") else lum
    return 2 ** shot.get("ev", 0.0) * 0.92 * albedo / np.percentile(region, 60)


def sensor(lin, iso, rng):
    shot_noise, read = 6e-5 * iso / 100, (5e-4 * math.sqrt(iso / 100)) ** 2
    h, w, _ = lin.shape
    coarse = blur(rng.normal(0, 1, (h + 2, w + 2, 3)), 1)[1:-1, 1:-1]  # what demosaicing leaves
    grain = 0.55 * rng.normal(0, 1, lin.shape) + 1.8 * coarse
    grain = 0.8 * grain + 0.5 * grain.mean(-1, keepdims=True)
    return lin + grain * np.sqrt(np.maximum(lin, 0) * shot_noise + read)


def exif(shot, index):
    e = Image.Exif()
    e[0x010E] = "path-traced sample with known alpha"
    e[0x010F], e[0x0110] = "Firstpass", "path tracer"
    e[0x0112], e[0x011A], e[0x011B], e[0x0128] = 1, 240.0, 240.0, 2
    stamp = f"2024:03:{11 + index // 12:02d} {9 + index % 12 * 37 // 60:02d}:{index * 37 % 60:02d}:{index * 13 % 60:02d}"
    e[0x0132], e[0x0131], e[0x013B] = stamp, "Blender Cycles", "studio"
    sub = e.get_ifd(0x8769)
    sub[0x829A], sub[0x829D], sub[0x8822] = 1 / shot.get("speed", 125), shot.get("f_mark", 11.0), 1
    sub[0x8827], sub[0x9000], sub[0x9003], sub[0x9004] = shot.get("iso", 100), b"0231", stamp, stamp
    sub[0x9204], sub[0x9207], sub[0x9209], sub[0x920A] = 0.0, 5, 16, float(shot.get("lens", 85))
    sub[0xA001], sub[0xA403], sub[0xA402], sub[0xA405] = 1, 1, 1, int(shot.get("lens", 85))
    return e


def png(path, array):
    Image.fromarray(np.round(np.clip(array, 0, 1) * 255).astype(np.uint8)).save(path, optimize=True)


def save(shot, index, pictures, out, check, foreground):
    cover, plate = pictures["cover"], pictures["plate"]
    fg, through = straight(pictures["product"], cover), pictures.get("through")
    gain = expose(plate, shot) * np.array(WB[shot["wb"]])
    rng = np.random.default_rng(index + 100)
    lin = (fg[..., :3] * cover[..., None] + (1 - cover[..., None]) * plate) * gain
    pic = develop(sensor(lin, shot.get("iso", 100), rng))
    pic = np.clip(pic + 0.30 * (pic - blur(pic, 1)), 0, 1)  # in-camera sharpening
    name = shot["name"]
    img = Image.fromarray(np.round(pic * 255).astype(np.uint8))
    (out / "photos").mkdir(parents=True, exist_ok=True)
    (out / "truth").mkdir(parents=True, exist_ok=True)
    img.save(out / "photos" / f"{name}.jpg", quality=91, subsampling=1, exif=exif(shot, index), dpi=(240, 240))
    png(out / "truth" / f"{name}.alpha.png", cover)
    def rgba(f):
        colour = develop(f[..., :3] * gain)
        colour[f[..., 3] <= 0] = 0
        return np.concatenate([colour, f[..., 3:]], -1)
    if foreground:
        png(out / "truth" / f"{name}.fg.png", rgba(fg))
    if through is not None:
        # a highlight on clear glass adds light; straight alpha holds it only by being opaque there
        glow = np.minimum((through[..., :3] * gain).max(-1), cover)
        through[..., 3] = np.maximum(through[..., 3], glow)
        colour = through[..., :3] / np.maximum(through[..., 3:], 0.004)
        through = np.concatenate([colour, through[..., 3:]], -1)
        png(out / "truth" / f"{name}.alpha_t.png", through[..., 3])
        if foreground:
            png(out / "truth" / f"{name}.fg_t.png", rgba(through))
    if check:
        check.mkdir(parents=True, exist_ok=True)
        pink = np.array((1.0, 0, 1.0))
        sheets = [np.asarray(img) / 255]
        for f in [fg] + ([through] if through is not None else []):
            r = rgba(f)
            sheets.append(r[..., :3] * r[..., 3:] + (1 - r[..., 3:]) * pink)
        axis = 1 if pic.shape[1] < 1.5 * pic.shape[0] else 0
        png(check / f"{name}.check.png", np.concatenate(sheets, axis))
