"""Surfaces for the sets, made in numpy: wood, linen, stone, sand.

Each maker returns a Surface: straight sRGB albedo (h, w, 3) in 0..1, height in metres (h, w) and
roughness (h, w). One pixel is `pixel` metres; rows run from the far end of the ground to the near one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Surface:
    albedo: np.ndarray
    height: np.ndarray
    rough: np.ndarray


def field(shape, reach, power, rng):
    """Smooth random field with mean 0 and deviation 1; reach is (rows, columns) in pixels, tileable."""
    h, w = shape
    ky = np.fft.fftfreq(h)[:, None] * reach[0] * 2 * np.pi
    kx = np.fft.rfftfreq(w)[None, :] * reach[1] * 2 * np.pi
    gain = (1 + ky**2 + kx**2) ** (-power / 2)
    out = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(shape)) * gain, s=shape)
    return ((out - out.mean()) / out.std()).astype(np.float32)


def mix(a, b, t):
    t = np.asarray(t)[..., None]
    return np.asarray(a, dtype=np.float32) * (1 - t) + np.asarray(b, dtype=np.float32) * t


def step(x, lo, hi):
    t = np.clip((x - lo) / (hi - lo), 0, 1)
    return t * t * (3 - 2 * t)


def board(length, width, pixel, rng, *, ring=0.0035, open_pores=1.0):
    """One sawn board: late wood 0..1, pores 0..1 and fibre, cut from a log whose centre is near the board."""
    h, w = round(width / pixel), round(length / pixel)
    u = (np.arange(w) * pixel)[None, :]
    v = (np.arange(h) * pixel)[:, None]
    warp = field((h, w), (0.05 / pixel, 0.45 / pixel), 4, rng)
    fine = field((h, w), (0.006 / pixel, 0.16 / pixel), 3, rng)
    across = v - width * rng.uniform(-0.4, 1.4) + 0.012 * warp
    depth = rng.uniform(0.02, 0.06) + (u - length * rng.uniform(0, 1)) * rng.uniform(-0.03, 0.03) + 0.010 * np.roll(warp, h // 3, 0)
    radius = np.sqrt(across**2 + depth**2) + 0.0006 * fine
    bend = np.interp(radius.ravel(), np.linspace(0, 0.4, 300), np.cumsum(rng.uniform(0.45, 1.55, 300)) / 300 * 0.4).reshape(radius.shape)
    phase = np.mod(bend / ring, 1.0).astype(np.float32)
    late = phase**2.2 * (1 - step(phase, 0.94, 1.0))
    streak = field((h, w), (0.00018 / pixel + 0.35, 0.006 / pixel), 2.6, rng)
    early = 1 - step(phase, 0.12, 0.45)
    pores = step(streak, 1.5, 2.4) * (0.25 + 0.75 * early) * open_pores
    fibre = field((h, w), (0.7, 0.03 / pixel), 2.4, rng)
    return late, pores, fibre, warp


def wood(size, pixel, rng, *, light, dark, pore, boards, ring=0.0035, late_gain=0.55, open_pores=1.0, seam=0.0006, tone=0.06, rough=0.42, wear=0.3, grey=None, seam_depth=0.0012):
    """Boards that run along the columns; size is (depth, width) in metres, boards how many share the depth."""
    rows = []
    edges = np.linspace(0, size[0], boards + 1)
    if boards > 1:
        edges[1:-1] += rng.uniform(-0.08, 0.08, boards - 1) * size[0] / boards
    for top, bottom in zip(edges[:-1], edges[1:]):
        late, pores, fibre, warp = board(size[1], bottom - top, pixel, rng, ring=ring, open_pores=open_pores)
        amount = np.clip(late * late_gain + 0.10 * fibre + 0.10 * warp + rng.uniform(-1, 1) * tone * 1.5 + 0.2, 0, 1)
        colour = mix(light, dark, amount) * (1 + rng.uniform(-tone, tone)) * (1 + 0.02 * fibre[..., None])
        colour = mix(colour, np.broadcast_to(pore, colour.shape), pores * 0.75)
        h, w = late.shape
        lift = -0.00012 * pores + 0.00003 * fibre + 0.00004 * late
        if grey is not None:  # weathered: soft early wood worn down, silver on top
            silver = step(field((h, w), (0.05 / pixel, 0.3 / pixel), 3, rng), -1.2, 1.0)
            colour = mix(colour, np.asarray(grey) * (1 + 0.10 * fibre[..., None] + 0.12 * (late[..., None] - 0.4)), 0.55 + 0.35 * silver)
            lift += 0.00035 * late + 0.00009 * fibre
            cracks = step(field((h, w), (0.9, 0.05 / pixel), 3, rng), 2.25, 2.7)
            colour *= 1 - 0.6 * cracks[..., None]
            lift -= 0.0005 * cracks
        y = np.minimum(np.arange(h), np.arange(h)[::-1])[:, None] * pixel
        gap = 1 - step(y, seam * 0.25, seam)
        colour = colour * (1 - 0.82 * gap[..., None])
        lift = lift - seam_depth * (1 - step(y, 0, seam * 3.5)) ** 1.5
        rows.append((colour, lift, rough + 0.10 * late + 0.08 * pores + 0.2 * gap))
    albedo, height, roughness = (np.concatenate([r[k] for r in rows]) for k in range(3))
    shape = height.shape
    smudge = field(shape, (0.05 / pixel, 0.09 / pixel), 3, rng)
    albedo = albedo * (1 + 0.025 * smudge[..., None])
    roughness = roughness + wear * 0.10 * smudge + 0.02 * field(shape, (3, 10), 2, rng)
    return Surface(np.clip(albedo, 0, 1), height.astype(np.float32), np.clip(roughness, 0.12, 0.95))


def linen(size, pixel, rng, *, colour, shade, thread=0.0011):
    """Plain weave with uneven threads."""
    h, w = round(size[0] / pixel), round(size[1] / pixel)
    y = np.arange(h)[:, None] * pixel / thread
    x = np.arange(w)[None, :] * pixel / thread
    drift = field((h, w), (0.09 / pixel, 0.09 / pixel), 3, rng)
    y = y + 0.35 * drift + 0.16 * field((h, w), (2, 40), 2, rng)
    x = x + 0.35 * np.roll(drift, w // 2, 1) + 0.16 * field((h, w), (40, 2), 2, rng)
    over = np.sin(np.pi * y) * np.sin(np.pi * x)
    warp_thread, weft_thread = np.abs(np.sin(np.pi * y)), np.abs(np.sin(np.pi * x))
    weave = np.where(over > 0, weft_thread, warp_thread)
    slub = field((h, w), (1.2, 0.03 / pixel), 2.4, rng) + field((h, w), (0.03 / pixel, 1.2), 2.4, rng)
    thick = step(slub, 1.5, 3.2)
    mottle = field((h, w), (0.02 / pixel, 0.02 / pixel), 3, rng)
    tone = np.clip(0.55 * weave + 0.09 * slub + 0.05 * mottle + 0.30, 0, 1)
    albedo = mix(shade, colour, tone)
    height = 0.00022 * weave + 0.00010 * thick + 0.00003 * slub
    return Surface(np.clip(albedo, 0, 1), height.astype(np.float32), np.full((h, w), 0.88, np.float32))


def stone(size, pixel, rng, *, base, deep, fleck, pits=0.4, vein=None, rough=0.5, speckle=0.5, reach=0.05):
    """Honed stone: cloudy body, fine crystals, pits, optional veins (colour)."""
    shape = (round(size[0] / pixel), round(size[1] / pixel))
    cloud = field(shape, (reach / pixel, reach * 1.6 / pixel), 2.6, rng)
    grain = field(shape, (1.2, 1.2), 2, rng)
    albedo = mix(base, deep, np.clip(0.32 + 0.18 * cloud, 0, 1))
    albedo = albedo * (1 + 0.025 * grain[..., None])
    dots = step(field(shape, (0.0006 / pixel, 0.0008 / pixel), 4, rng), 1.7, 2.3)
    albedo = mix(albedo, np.broadcast_to(fleck, albedo.shape), dots * speckle)
    height = 0.00003 * grain + 0.0002 * field(shape, (0.08 / pixel, 0.08 / pixel), 4, rng)
    hole = step(field(shape, (0.0014 / pixel, 0.003 / pixel), 4, rng) + 0.35 * cloud, 2.05, 2.5) * pits
    albedo = albedo * (1 - 0.55 * hole[..., None])
    height = height - 0.0011 * hole
    roughness = rough + 0.05 * grain + 0.06 * cloud + 0.3 * hole
    if vein is not None:
        bend = field(shape, (0.16 / pixel, 0.2 / pixel), 3.2, rng)
        fork = field(shape, (0.03 / pixel, 0.03 / pixel), 2.6, rng)
        line = np.abs(bend + 0.22 * fork + 0.3)
        thin = np.exp(-line / 0.02) * step(field(shape, (0.1 / pixel, 0.1 / pixel), 3, rng), -0.5, 1.2)
        wide = np.exp(-np.abs(bend + 0.1 * fork - 0.6) / 0.16)
        albedo = mix(albedo, np.broadcast_to(vein, albedo.shape), np.clip(0.55 * thin + 0.16 * wide, 0, 0.8))
    return Surface(np.clip(albedo, 0, 1), height.astype(np.float32), np.clip(roughness, 0.12, 0.95))


def sand(size, pixel, rng, *, light, dark):
    shape = (round(size[0] / pixel), round(size[1] / pixel))
    grain = field(shape, (0.8, 0.8), 1.6, rng)
    cloud = field(shape, (0.04 / pixel, 0.06 / pixel), 3, rng)
    lumps = field(shape, (0.003 / pixel, 0.004 / pixel), 3, rng)
    albedo = mix(light, dark, np.clip(0.4 + 0.17 * grain + 0.09 * cloud + 0.05 * lumps, 0, 1))
    spots = rng.random(shape)
    albedo = mix(albedo, np.broadcast_to((0.30, 0.24, 0.19), albedo.shape), (spots > 0.996) * 0.6)
    albedo = mix(albedo, np.broadcast_to((0.98, 0.96, 0.92), albedo.shape), (spots < 0.006) * 0.6)
    return Surface(np.clip(albedo, 0, 1), (0.00022 * grain + 0.0008 * lumps).astype(np.float32), np.full(shape, 0.92, np.float32))


def paper(size, pixel, rng, *, colour):
    shape = (round(size[0] / pixel), round(size[1] / pixel))
    tooth = field(shape, (1.2, 1.4), 2, rng)
    albedo = np.broadcast_to(np.asarray(colour, np.float32), (*shape, 3)) * (1 + 0.004 * tooth[..., None])
    return Surface(np.clip(albedo, 0, 1), (0.00002 * tooth).astype(np.float32), np.full(shape, 0.85, np.float32))
