#!/usr/bin/env python3
"""Path-traced 'raw studio product photos' whose alpha is known exactly.

    python render_products.py --out DIR [--only NAME ...] [--size N] [--samples N] [--threads N]

Needs bpy (Blender as a module), numpy and Pillow. Everything in the pictures is modelled here.

How one shot is made (all sums in linear light, before the camera curve):

    P      render of the product alone: film transparent, studio hidden from camera rays but still
           lighting, mirrored and refracted by the product (premultiplied colour)
    A      coverage of the product: flat emission, many samples, no bounces
    B      render of the studio with the product hidden from camera rays: shadows and bounce stay
    photo  = P + (1 - A) * B, then exposure, white balance, camera curve, sensor noise, JPEG

Since a camera ray meets either the product or the studio first, that sum IS the full render.

Files per shot: photos/NAME.jpg (the photo), truth/NAME.alpha.png (A), with --foreground truth/NAME.fg.png (straight
foreground colour in the photo's exposure and white balance, no noise, with A as alpha). Glass counts as solid in A,
its colour is what the camera sees through it. Shots with glass also get NAME.alpha_t.png (and NAME.fg_t.png), where
light that reaches the studio straight through the glass counts as see-through.
A fair scorer accepts anything between the two.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path

import bpy  # isort: skip  # first: it brings bmesh and mathutils
import bmesh
import numpy as np
from mathutils import Matrix, Vector
from PIL import Image, ImageDraw, ImageFont

TAU = 2 * math.pi
GROUP = {"now": None}  # the collection that new objects go to


# ---------------------------------------------------------------- geometry


def add(obj):
    GROUP["now"].objects.link(obj)
    return obj


def mesh(name, verts, faces, mat=None, uvs=None, sharp=40.0, merge=True):
    """A mesh object; uvs is one (u, v) per vertex, given per face corner as faces are."""
    me = bpy.data.meshes.new(name)
    me.from_pydata([tuple(map(float, v)) for v in verts], [], [tuple(map(int, f)) for f in faces])
    if uvs is not None:
        layer = me.uv_layers.new(name="UVMap")
        flat = np.array([uv for face in uvs for uv in face], dtype=np.float32).ravel()
        layer.data.foreach_set("uv", flat)
    bm = bmesh.new()
    bm.from_mesh(me)
    if merge:
        bmesh.ops.remove_doubles(bm, verts=bm.verts, dist=1e-5)
    bmesh.ops.recalc_face_normals(bm, faces=bm.faces)
    bm.to_mesh(me)
    bm.free()
    return finish(bpy.data.objects.new(name, me), mat, sharp)


def finish(obj, mat, sharp=40.0):
    obj.data.polygons.foreach_set("use_smooth", [True] * len(obj.data.polygons))
    if sharp:
        obj.data.set_sharp_from_angle(angle=math.radians(sharp))
    if mat is not None:
        obj.data.materials.append(mat)
    return add(obj)


def grid(name, pts, mat, loop_i=False, loop_j=False, cap_i=(False, False), sharp=40.0, merge=True):
    """Quads over an (ni, nj, 3) array; loop_* closes a direction, cap_i fills the first/last ring."""
    pts = np.asarray(pts, dtype=float)
    ni, nj = pts.shape[:2]
    faces, uvs = [], []
    mi, mj = (ni if loop_i else ni - 1), (nj if loop_j else nj - 1)
    along = np.concatenate([pts, pts[:1]]) if loop_i else pts  # v follows the length, not the count
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(along, axis=0), axis=2).mean(1))])
    length = length / max(length[-1], 1e-9)
    for i in range(mi):
        for j in range(mj):
            i2, j2 = (i + 1) % ni, (j + 1) % nj
            faces.append((i * nj + j, i * nj + j2, i2 * nj + j2, i2 * nj + j))
            u0, u1, v0, v1 = j / mj, (j + 1) / mj, length[i], length[i + 1]
            uvs.append(((u0, v0), (u1, v0), (u1, v1), (u0, v1)))
    for wanted, row in zip(cap_i, (0, ni - 1), strict=True):
        if wanted:
            face = [row * nj + j for j in range(nj)]
            faces.append(face)
            uvs.append([(0.5, 0.5)] * nj)
    return mesh(name, pts.reshape(-1, 3), faces, mat, uvs, sharp, merge)


def catmull(points, n=12, loop=False):
    p = np.asarray(points, dtype=float)
    m, out = len(p), []
    t = np.linspace(0, 1, n, endpoint=False)[:, None]
    for i in range(m if loop else m - 1):
        if loop:
            a, b, c, d = p[(i - 1) % m], p[i], p[(i + 1) % m], p[(i + 2) % m]
        else:
            b, c = p[i], p[i + 1]
            a = p[i - 1] if i else 2 * b - c
            d = p[i + 2] if i + 2 < m else 2 * c - b
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    if not loop:
        out.append(p[-1:])
    return np.vstack(out)


def fillet(points, n=6):
    """Polyline with rounded corners: each point is (x, y) or (x, y, radius)."""
    out = []
    for i, p in enumerate(points):
        here = np.array(p[:2], dtype=float)
        if len(p) < 3 or p[2] <= 0 or i in (0, len(points) - 1):
            out.append(here)
            continue
        back, ahead = np.array(points[i - 1][:2]) - here, np.array(points[i + 1][:2]) - here
        cut_b = min(p[2], 0.49 * np.linalg.norm(back))
        cut_a = min(p[2], 0.49 * np.linalg.norm(ahead))
        a = here + back / np.linalg.norm(back) * cut_b
        b = here + ahead / np.linalg.norm(ahead) * cut_a
        out += [(1 - t) ** 2 * a + 2 * t * (1 - t) * here + t * t * b for t in np.linspace(0, 1, n)]
    return np.array(out)


def lathe(name, prof, mat, seg=144, start=0.0, stop=TAU, sharp=40.0, wobble=None):
    """Turn (r, z) points around z. wobble(theta, z) scales the radius."""
    prof = np.asarray(prof, dtype=float)
    full = abs(stop - start - TAU) < 1e-6
    th = np.linspace(start, stop, seg, endpoint=not full)
    r, z = prof[:, 0][:, None], prof[:, 1][:, None]
    k = wobble(th[None, :], z) if wobble else 1.0
    pts = np.stack([r * k * np.cos(th), r * k * np.sin(th), np.broadcast_to(z, (len(prof), seg))], -1)
    return grid(name, pts, mat, loop_j=full, sharp=sharp)


def ellipse(w, h, n=20):
    t = np.arange(n) / n * TAU
    return np.stack([w / 2 * np.cos(t), h / 2 * np.sin(t)], -1)


def rrect(w, h, r, n=5):
    r = min(r, w / 2 - 1e-4, h / 2 - 1e-4)
    out = []
    for cx, cy, a0 in ((w / 2 - r, h / 2 - r, 0), (r - w / 2, h / 2 - r, 1), (r - w / 2, r - h / 2, 2), (w / 2 - r, r - h / 2, 3)):
        out += [(cx + r * math.cos(a), cy + r * math.sin(a)) for a in np.linspace(a0, a0 + 1, n) * math.pi / 2]
    return np.array(out)


def frames(path, loop, up):
    """Tangent, side and up vectors along a path; parallel transport unless up is given."""
    nxt = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    if not loop:
        nxt[0], nxt[-1] = path[1] - path[0], path[-1] - path[-2]
    tan = nxt / np.linalg.norm(nxt, axis=1, keepdims=True)
    if up is not None:
        side = np.cross(tan, np.broadcast_to(np.asarray(up, dtype=float), tan.shape))
    else:
        ref = np.array((0, 0, 1.0)) if abs(tan[0][2]) < 0.9 else np.array((1.0, 0, 0))
        side = [np.cross(tan[0], ref)]
        for k in range(1, len(tan)):
            s = side[-1] - tan[k] * np.dot(side[-1], tan[k])
            side.append(s / np.linalg.norm(s))
        side = np.array(side)
    side = side / np.linalg.norm(side, axis=1, keepdims=True)
    return tan, side, np.cross(side, tan)


def tube(name, path, mat, r=0.05, section=None, scale=1.0, loop=False, up=None, seg=20, ends="round", sharp=40.0):
    """Sweep a section (default: a circle of radius r) along a path; scale is (n,) or (n, 2)."""
    path = np.asarray(path, dtype=float)
    sec = ellipse(2 * r, 2 * r, seg) if section is None else np.asarray(section, dtype=float)
    scale = np.asarray(scale, dtype=float)
    scale = np.broadcast_to(scale[..., None] if scale.ndim < 2 else scale, (len(path), 2)).copy()
    tan, side, upv = frames(path, loop, up)

    def ring(k, shrink=1.0, slide=0.0):
        a, b = sec[:, :1] * scale[k, 0] * shrink, sec[:, 1:] * scale[k, 1] * shrink
        return path[k] + tan[k] * slide + a * side[k] + b * upv[k]

    rings = [ring(k) for k in range(len(path))]
    if not loop and ends == "round":
        reach = [np.abs(sec * scale[k]).max(0).min() for k in (0, -1)]
        arcs = np.linspace(0, math.pi / 2, 7)[1:]
        rings = [ring(0, max(math.cos(a), 0.02), -math.sin(a) * reach[0]) for a in arcs[::-1]] + rings
        rings += [ring(len(path) - 1, max(math.cos(a), 0.02), math.sin(a) * reach[1]) for a in arcs]
    cap = not loop and ends != "open"
    return grid(name, np.array(rings), mat, loop_i=loop, loop_j=True, cap_i=(cap, cap), sharp=sharp)


def slab(name, outline, z0, z1, bevel, mat, n=5, sharp=40.0):
    """A plate with a convex outline and rounded edges, from z0 to z1."""
    o = np.asarray(outline, dtype=float)
    d = np.roll(o, -1, 0) - np.roll(o, 1, 0)
    nrm = np.stack([d[:, 1], -d[:, 0]], -1) / np.linalg.norm(d, axis=1, keepdims=True)
    area = np.sum(o[:, 0] * np.roll(o[:, 1], -1) - o[:, 1] * np.roll(o[:, 0], -1))
    nrm *= 1 if area > 0 else -1
    rings = []
    for a in np.linspace(0, math.pi / 2, n):
        rings.append((bevel * (1 - math.sin(a)), z0 + bevel * (1 - math.cos(a))))
    for a in np.linspace(0, math.pi / 2, n):
        rings.append((bevel * (1 - math.cos(a)), z1 - bevel * (1 - math.sin(a))))
    pts = [np.column_stack([o - nrm * inset, np.full(len(o), z)]) for inset, z in rings]
    return grid(name, np.array(pts), mat, loop_j=True, cap_i=(True, True), sharp=sharp)


def rbox(name, size, bevel, mat, at=(0, 0, 0), seg=4):
    me = bpy.data.meshes.new(name)
    bm = bmesh.new()
    bmesh.ops.create_cube(bm, size=1.0)
    bmesh.ops.scale(bm, vec=size, verts=bm.verts)
    if bevel:
        bmesh.ops.bevel(bm, geom=bm.edges[:], offset=bevel, segments=seg, profile=0.5, affect="EDGES", clamp_overlap=True)
    bmesh.ops.translate(bm, vec=at, verts=bm.verts)
    bm.to_mesh(me)
    bm.free()
    return finish(bpy.data.objects.new(name, me), mat, 35)


def ball(name, mat, at=(0, 0, 0), size=(1, 1, 1), seg=48):
    a = np.linspace(-math.pi / 2, math.pi / 2, seg // 2 + 1)
    obj = lathe(name, np.stack([np.cos(a) * 0.5, np.sin(a) * 0.5], -1), mat, seg, sharp=0)
    return move(obj, Matrix.Translation(at) @ Matrix.Diagonal((*size, 1)))


def quad(name, centre, u, v, mat):
    c, u, v = (np.asarray(x, dtype=float) for x in (centre, u, v))
    return mesh(name, [c - u - v, c + u - v, c + u + v, c - u + v], [(0, 1, 2, 3)], mat, [[(0, 0), (1, 0), (1, 1), (0, 1)]])


def move(obj, matrix):
    obj.data.transform(matrix)
    if matrix.determinant() < 0:
        obj.data.flip_normals()
    return obj


def turn(axis, degrees):
    return Matrix.Rotation(math.radians(degrees), 4, axis)


def shift(x, y, z):
    return Matrix.Translation((x, y, z))


def fuse(name, objs, mat, voxel=0.008, smooth=6):
    """Melt closed, overlapping meshes into one skin (as moulded or tumbled parts look)."""
    bm = bmesh.new()
    for o in objs:
        bm.from_mesh(o.data)
        bpy.data.objects.remove(o)
    me = bpy.data.meshes.new(name)
    bm.to_mesh(me)
    bm.free()
    obj = finish(bpy.data.objects.new(name, me), mat, 0)
    mod = obj.modifiers.new("fuse", "REMESH")
    mod.mode, mod.voxel_size, mod.use_smooth_shade = "VOXEL", voxel, True
    mod = obj.modifiers.new("melt", "SMOOTH")
    mod.factor, mod.iterations = 0.5, smooth
    return obj


def settled(obj):
    """Apply the modifiers now: what cut a hole does not turn with the product later."""
    bpy.context.view_layer.update()
    me = bpy.data.meshes.new_from_object(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    obj.modifiers.clear()
    obj.data = me
    return obj


def thicken(obj, t, offset=-1.0):
    mod = obj.modifiers.new("solidify", "SOLIDIFY")
    mod.thickness, mod.offset = t, offset
    return obj


def scatter(obj, count, rng):
    """Random points and smooth normals on an evaluated mesh object, by area."""
    ev = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    me = ev.to_mesh()
    me.calc_loop_triangles()
    tri = np.empty(len(me.loop_triangles) * 3, np.int32)
    me.loop_triangles.foreach_get("vertices", tri)
    co, no = np.empty(len(me.vertices) * 3), np.empty(len(me.vertices) * 3)
    me.vertices.foreach_get("co", co)
    me.vertices.foreach_get("normal", no)
    ev.to_mesh_clear()
    tri, co, no = tri.reshape(-1, 3), co.reshape(-1, 3), no.reshape(-1, 3)
    a, b, c = co[tri[:, 0]], co[tri[:, 1]], co[tri[:, 2]]
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    pick = rng.choice(len(tri), count, p=area / area.sum())
    w = np.sort(rng.random((count, 2)), axis=1)
    w = np.stack([w[:, 0], w[:, 1] - w[:, 0], 1 - w[:, 1]], -1)[..., None]
    pos, nrm = (co[tri[pick]] * w).sum(1), (no[tri[pick]] * w).sum(1)
    return pos, nrm / np.linalg.norm(nrm, axis=1, keepdims=True)


def hair(name, roots, dirs, length, mat, rng, r0=0.0015, r1=0.0005, steps=6, mess=0.25, droop=0.0, curl=0.0):
    n = len(roots)
    dirs = dirs + rng.normal(0, mess, dirs.shape)
    dirs /= np.linalg.norm(dirs, axis=1, keepdims=True)
    length = np.broadcast_to(length, (n,))[:, None]
    t = np.linspace(0, 1, steps)
    bend = rng.normal(0, curl, (n, 3)) if curl else np.zeros((n, 3))
    pos = np.stack([roots + dirs * length * k + bend * length * math.sin(k * 3.5) + np.array((0, 0, -droop)) * length * k * k for k in t], 1)
    hc = bpy.data.hair_curves.new(name)
    hc.add_curves([steps] * n)
    hc.attributes["position"].data.foreach_set("vector", pos.astype(np.float32).ravel())
    rad = hc.attributes.get("radius") or hc.attributes.new("radius", "FLOAT", "POINT")
    rad.data.foreach_set("value", np.tile(r0 + (r1 - r0) * t, n).astype(np.float32))
    hc.materials.append(mat)
    return add(bpy.data.objects.new(name, hc))


# ---------------------------------------------------------------- materials


def srgb(*c):
    """Display colour 0..1 to linear."""
    return tuple((x / 12.92) if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in c)


def link(tree, a, b):
    tree.links.new(a, b)


def noise(tree, scale, detail=4.0, stretch=(1, 1, 1)):
    coord, mapping, tex = (tree.nodes.new(k) for k in ("ShaderNodeTexCoord", "ShaderNodeMapping", "ShaderNodeTexNoise"))
    mapping.inputs["Scale"].default_value = stretch
    tex.inputs["Scale"].default_value, tex.inputs["Detail"].default_value = scale, detail
    link(tree, coord.outputs["Object"], mapping.inputs["Vector"])
    link(tree, mapping.outputs["Vector"], tex.inputs["Vector"])
    return tex


def ramp(tree, source, stops):
    node = tree.nodes.new("ShaderNodeValToRGB")
    els = node.color_ramp.elements
    while len(els) < len(stops):
        els.new(0.5)
    for el, (pos, col) in zip(els, stops, strict=True):
        el.position, el.color = pos, (*col, 1)
    link(tree, source, node.inputs[0])
    return node.outputs["Color"]


def pbr(
    name, base=(0.8, 0.8, 0.8), rough=0.5, metal=0.0, coat=0.0, trans=0.0, ior=1.5, sheen=0.0, sss=0.0, aniso=0.0,
    spec=0.5, bump=(), stops=None, stop_scale=3.0, stretch=(1, 1, 1), image=None, hue_jitter=0.0, rough_noise=None,
):
    """A Principled material. bump: (scale, distance[, kind]) items; stops: colour ramp over noise."""
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    tree = m.node_tree
    b = tree.nodes["Principled BSDF"]
    for key, value in {
        "Base Color": (*base, 1), "Roughness": rough, "Metallic": metal, "Coat Weight": coat, "Transmission Weight": trans,
        "IOR": ior, "Sheen Weight": sheen, "Subsurface Weight": sss, "Anisotropic": aniso, "Specular IOR Level": spec,
    }.items():
        b.inputs[key].default_value = value
    b.inputs["Subsurface Radius"].default_value = (0.1, 0.05, 0.03)
    colour = None
    if stops:
        colour = ramp(tree, noise(tree, stop_scale, 5, stretch).outputs["Fac"], stops)
    if image is not None:
        tex = tree.nodes.new("ShaderNodeTexImage")
        tex.image, tex.extension = image, "EXTEND"
        mix = tree.nodes.new("ShaderNodeMix")
        mix.data_type = "RGBA"
        mix.inputs["A"].default_value = (*base, 1)
        if colour is not None:
            link(tree, colour, mix.inputs["A"])
        link(tree, tex.outputs["Alpha"], mix.inputs["Factor"])
        link(tree, tex.outputs["Color"], mix.inputs["B"])
        colour = mix.outputs["Result"]
    if hue_jitter:
        info, hsv, rng = (tree.nodes.new(k) for k in ("ShaderNodeObjectInfo", "ShaderNodeHueSaturation", "ShaderNodeMapRange"))
        rng.inputs["To Min"].default_value, rng.inputs["To Max"].default_value = 1 - hue_jitter, 1 + hue_jitter
        link(tree, info.outputs["Random"], rng.inputs["Value"])
        link(tree, rng.outputs["Result"], hsv.inputs["Value"])
        if colour is None:
            hsv.inputs["Color"].default_value = (*base, 1)
        else:
            link(tree, colour, hsv.inputs["Color"])
        colour = hsv.outputs["Color"]
    if colour is not None:
        link(tree, colour, b.inputs["Base Color"])
    if rough_noise:
        scale, lo, hi = rough_noise
        to = tree.nodes.new("ShaderNodeMapRange")
        to.inputs["To Min"].default_value, to.inputs["To Max"].default_value = lo, hi
        link(tree, noise(tree, scale).outputs["Fac"], to.inputs["Value"])
        link(tree, to.outputs["Result"], b.inputs["Roughness"])
    normal = None
    for item in bump:
        if len(item) > 2 and item[2] == "cells":
            coord, tex = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeTexVoronoi")
            tex.inputs["Scale"].default_value = item[0]
            link(tree, coord.outputs["Object"], tex.inputs["Vector"])
            height = tex.outputs["Distance"]
        else:
            height = noise(tree, item[0], 3, item[3] if len(item) > 3 else (1, 1, 1)).outputs["Fac"]
        node = tree.nodes.new("ShaderNodeBump")
        node.inputs["Distance"].default_value = item[1]
        link(tree, height, node.inputs["Height"])
        if normal is not None:
            link(tree, normal, node.inputs["Normal"])
        normal = node.outputs["Normal"]
    if normal is not None:
        link(tree, normal, b.inputs["Normal"])
    return m


def glass(name, tint=(0.97, 0.98, 0.97), ior=1.5, rough=0.0, fade=None):
    """Clear or tinted glass; light for shadows passes straight through, so no caustics are needed.
    fade: (z0, z1, top tint) for gradient lenses."""
    m = pbr(name, tint, rough, trans=1.0, ior=ior)
    tree = m.node_tree
    b, out = tree.nodes["Principled BSDF"], tree.nodes["Material Output"]
    clear, mix, path, either = (
        tree.nodes.new(k) for k in ("ShaderNodeBsdfTransparent", "ShaderNodeMixShader", "ShaderNodeLightPath", "ShaderNodeMath")
    )
    clear.inputs["Color"].default_value = (*(math.sqrt(x) for x in tint), 1)
    if fade:
        geo, sep, to = (tree.nodes.new(k) for k in ("ShaderNodeTexCoord", "ShaderNodeSeparateXYZ", "ShaderNodeMapRange"))
        to.inputs["From Min"].default_value, to.inputs["From Max"].default_value = fade[0], fade[1]
        link(tree, geo.outputs["Object"], sep.inputs["Vector"])
        link(tree, sep.outputs["Z"], to.inputs["Value"])
        colour = ramp(tree, to.outputs["Result"], [(0, tint), (1, fade[2])])
        link(tree, colour, b.inputs["Base Color"])
        link(tree, colour, clear.inputs["Color"])
    either.operation = "MAXIMUM"
    link(tree, path.outputs["Is Shadow Ray"], either.inputs[0])
    link(tree, path.outputs["Is Diffuse Ray"], either.inputs[1])
    link(tree, either.outputs[0], mix.inputs[0])
    link(tree, b.outputs[0], mix.inputs[1])
    link(tree, clear.outputs[0], mix.inputs[2])
    link(tree, mix.outputs[0], out.inputs["Surface"])
    return m


def texture(name, picture):
    """A Pillow RGBA picture as a Blender image."""
    px = np.asarray(picture.convert("RGBA").transpose(Image.Transpose.FLIP_TOP_BOTTOM), dtype=np.float32) / 255
    img = bpy.data.images.new(name, picture.width, picture.height, alpha=True)
    img.pixels.foreach_set(px.ravel())
    img.update()
    return img


def font(size):
    return ImageFont.load_default(size=size)


def text(draw, xy, words, size, fill, anchor="mm", spread=0):
    if spread:
        f = font(size)
        widths = [draw.textlength(c, font=f) + spread for c in words]
        x = xy[0] - sum(widths) / 2
        for c, w in zip(words, widths, strict=True):
            draw.text((x, xy[1]), c, font=f, fill=fill, anchor="lm")
            x += w
    else:
        draw.text(xy, words, font=font(size), fill=fill, anchor=anchor)


def label(w, h, fill, lines, rules=(), bars=(), barcode=None):
    """lines: (x, y, words, size, colour, spread); rules: rectangles drawn as outlines, bars filled."""
    img = Image.new("RGBA", (w, h), fill)
    d = ImageDraw.Draw(img)
    for box, colour in bars:
        d.rectangle(box, fill=colour)
    for box, colour, width in rules:
        d.rectangle(box, outline=colour, width=width)
    for x, y, words, size, colour, spread in lines:
        text(d, (x, y), words, size, colour, spread=spread)
    if barcode:
        x0, y0, x1, y1 = barcode
        d.rectangle((x0 - 8, y0 - 8, x1 + 8, y1 + 8), fill="white")
        rng, x = np.random.default_rng(5), x0
        while x < x1 - 4:
            wd = int(rng.integers(1, 4)) * 2
            d.rectangle((x, y0, min(x + wd, x1) - 1, y1), fill="black")
            x += wd + int(rng.integers(1, 4)) * 2
    return img


# ---------------------------------------------------------------- products


def handle(points, mat, w, h, flare=1.3, n=14):
    path = catmull(points, n)
    k = np.linspace(0, 1, len(path))
    scale = 1 + (flare - 1) * (np.exp(-k * 14) + np.exp(-(1 - k) * 14))
    return tube("handle", path, mat, section=ellipse(w, h, 28), scale=scale, up=(0, 1, 0), ends="flat")


def mug(rng, colour=(0.11, 0.29, 0.53)):
    glaze = pbr("glaze", srgb(*colour), 0.22, coat=0.7, bump=[(7, 0.002)])
    clay = pbr("foot", srgb(0.80, 0.76, 0.70), 0.8)
    prof = fillet(
        [(0.345, 0.012), (0.40, 0.012, 0.03), (0.425, 0.10, 0.06), (0.425, 0.93), (0.418, 0.962, 0.03), (0.39, 0.962, 0.02),
         (0.378, 0.93), (0.375, 0.12), (0.34, 0.055, 0.07), (0, 0.05)], 8)
    lathe("mug", prof, glaze, 160)
    lathe("foot", fillet([(0.0, 0.02), (0.33, 0.02), (0.335, 0, 0.01), (0.355, 0, 0.01), (0.36, 0.02)]), clay)
    handle([(0.395, 0, 0.80), (0.52, 0, 0.825), (0.655, 0, 0.74), (0.69, 0, 0.53), (0.62, 0, 0.31), (0.50, 0, 0.20), (0.40, 0, 0.20)], glaze, 0.075, 0.125)


def shampoo(rng):
    plastic = pbr("plastic", srgb(0.16, 0.47, 0.45), 0.28, coat=0.15, sss=0.1, bump=[(5, 0.001)])
    white = pbr("cap", srgb(0.93, 0.93, 0.92), 0.3, sss=0.1)
    art = label(
        1400, 1300, (244, 241, 232, 255),
        [(700, 250, "NORDHEM", 120, (25, 84, 80), 26), (700, 365, "botanical hair wash", 54, (70, 90, 88), 4),
         (700, 640, "rosemary", 110, (25, 84, 80), 4), (700, 760, "& sea salt", 110, (25, 84, 80), 4),
         (700, 960, "for fine and tired hair", 48, (70, 90, 88), 2), (700, 1160, "250 ml  e  8.4 fl oz", 44, (70, 90, 88), 2)],
        rules=[((110, 110, 1290, 1190), (25, 84, 80), 5)], bars=[((600, 450, 800, 456), (196, 140, 60)), ((600, 1050, 800, 1056), (196, 140, 60))])
    paper = pbr("label", (1, 1, 1), 0.35, image=texture("label", art))
    lathe("body", fillet([(0, 0.03), (0.22, 0.03), (0.24, 0, 0.02), (0.33, 0, 0.06), (0.34, 0.16, 0.1), (0.34, 1.08, 0.1), (0.30, 1.27, 0.16), (0.13, 1.36, 0.05), (0.125, 1.46)], 10), plastic)
    lathe("label", [(0.3415, 0.22), (0.3420, 0.225), (0.3420, 0.985), (0.3415, 0.99)], paper, 120, math.radians(-90 - 76), math.radians(-90 + 76))
    ribs = lambda th, z: 1 + 0.012 * np.clip(np.cos(60 * th), -0.4, 1) * ((z > 1.41) & (z < 1.60))
    lathe("cap", fillet([(0.125, 1.385), (0.182, 1.385, 0.01), (0.19, 1.41), (0.19, 1.42), (0.188, 1.59), (0.186, 1.61), (0.185, 1.70, 0.03), (0.12, 1.715, 0.02), (0, 1.712)], 6), white, 480, wobble=ribs)
    lathe("seam", [(0.1895, 1.598), (0.1895, 1.606)], pbr("dark", (0.1, 0.1, 0.1), 0.6))


def carton(rng):
    kraft = [(0.25, srgb(0.66, 0.50, 0.34)), (0.75, srgb(0.73, 0.57, 0.40))]
    card = pbr("kraft", (0.4, 0.3, 0.2), 0.85, stops=kraft, stop_scale=28, stretch=(1, 1, 7), bump=[(90, 0.0015)])
    def art(front):
        img = Image.new("RGBA", (1200, 900), (0, 0, 0, 0))
        d = ImageDraw.Draw(img)
        for k, col in enumerate(((196, 62, 44, 235), (236, 171, 60, 235), (32, 92, 110, 235))):
            d.rectangle((0, 560 + k * 82, 1200, 560 + k * 82 + 56), fill=col)
        if front:
            text(d, (600, 240), "HOLM & VIK", 150, (40, 34, 30, 240), spread=14)
            text(d, (600, 390), "small batch coffee  ·  12 x 250 g", 58, (40, 34, 30, 230), spread=3)
        else:
            for k in range(3):
                x = 230 + k * 190
                d.rectangle((x, 180, x + 130, 340), outline=(40, 34, 30, 230), width=8)
                d.polygon([(x + 65, 205), (x + 100, 260), (x + 30, 260)], fill=(40, 34, 30, 230))
                d.rectangle((x + 55, 260, x + 75, 315), fill=(40, 34, 30, 230))
            text(d, (930, 260), "FRAGILE", 66, (40, 34, 30, 230))
        return img
    for front, u, c in ((True, (0.588, 0, 0), (0, -0.4012, 0.41)), (False, (0, 0.388, 0), (0.6012, 0, 0.41))):
        printed = pbr("print", (1, 1, 1), 0.8, stops=kraft, stop_scale=28, stretch=(1, 1, 7), image=texture("art", art(front)), bump=[(90, 0.0015)])
        quad("print", c, u, (0, 0, 0.398), printed)
    rbox("box", (1.2, 0.8, 0.82), 0.012, card, (0, 0, 0.41))
    for s in (-1, 1):
        flap = rbox("flap", (1.2, 0.397, 0.012), 0.004, card, (0, s * -0.1985, 0.006))
        move(flap, shift(0, s * 0.4, 0.82) @ turn("X", -s * 1.2))
    tape = pbr("tape", srgb(0.72, 0.58, 0.40), 0.16, coat=0.6, bump=[(12, 0.003)])
    bow = np.linspace(-0.1, 0.1, 9)
    pts = [[(x, y, 0.8385 - abs(y) * 0.02 + 0.0012) for y in bow] for x in np.linspace(-0.6, 0.6, 30)]
    grid("tape", pts, tape)
    drop = [[(s * 0.6022, y, 0.838 - z) for y in bow] for s in (1,) for z in np.linspace(0, 0.17, 6)]
    grid("tape end", drop, tape)


def vase(rng):
    ceramic = pbr("ceramic", srgb(0.93, 0.925, 0.91), 0.18, coat=0.5, bump=[(4, 0.003)])
    out = catmull([(0.20, 0.0), (0.235, 0.03), (0.37, 0.25), (0.445, 0.52), (0.41, 0.80), (0.27, 1.02), (0.155, 1.20), (0.14, 1.34), (0.185, 1.47)], 14)
    inner = catmull([(0.165, 1.462), (0.12, 1.34), (0.132, 1.20), (0.24, 1.00), (0.37, 0.8), (0.40, 0.52), (0.0, 0.1)], 12)
    lip = [(0.185, 1.478), (0.176, 1.482), (0.168, 1.474)]
    lathe("vase", np.vstack([[(0, 0.008), (0.17, 0.008), (0.18, 0.0)], out, lip, inner]), ceramic, 176, sharp=60,
          wobble=lambda th, z: 1 + 0.006 * np.cos(24 * th) * np.clip((z - 0.1) / 0.2, 0, 1) * np.clip((1.15 - z) / 0.2, 0, 1))


def speaker(rng):
    shell = pbr("shell", srgb(0.15, 0.15, 0.155), 0.55, bump=[(160, 0.0012)])
    rubber = pbr("rubber", srgb(0.10, 0.10, 0.10), 0.6)
    cone = pbr("cone", srgb(0.21, 0.21, 0.215), 0.45, bump=[(60, 0.001)])
    ring = pbr("ring", srgb(0.30, 0.30, 0.31), 0.25, metal=1)
    body = rbox("body", (0.68, 0.56, 1.08), 0.045, shell, (0, 0, 0.56), 8)
    hold = GROUP["now"]
    for z, r, depth in ((0.40, 0.245, 0.09), (0.86, 0.105, 0.03)):
        cutter = lathe("cut", [(0, -0.15), (r, -0.15), (r, 0.15), (0, 0.15)], None)
        move(cutter, shift(0, -0.28, z) @ turn("X", 90))
        hold.objects.unlink(cutter)
        mod = body.modifiers.new("hole", "BOOLEAN")
        mod.object, mod.operation = cutter, "DIFFERENCE"
        parts = [
            lathe("trim", fillet([(r - 0.004, -0.05), (r - 0.004, 0.012, 0.006), (r + 0.016, 0.014, 0.008), (r + 0.02, 0)]), ring),
            lathe("well", [(r - 0.002, 0), (r - 0.002, -0.14), (0, -0.14)], rubber)]
        if z < 0.5:
            parts += [
                lathe("surround", catmull([(r, -0.02), (r - 0.02, 0.004), (r - 0.045, 0.006), (r - 0.065, -0.02)], 8), rubber),
                lathe("cone", [(r - 0.06, -0.018), (r * 0.36, -depth), (r * 0.30, -depth - 0.01)], cone),
                lathe("dust cap", [(r * 0.37 * math.cos(a), -depth + 0.07 * math.sin(a)) for a in np.linspace(-0.1, math.pi / 2, 14)], rubber)]
        else:
            parts += [
                lathe("horn", catmull([(r, 0.0), (r * 0.78, -0.010), (r * 0.58, -0.022), (r * 0.46, -0.040)], 8), shell),
                lathe("dome", [(r * 0.46 * math.cos(a), -depth - 0.012 + 0.035 * math.sin(a)) for a in np.linspace(0, math.pi / 2, 14)], cone)]
        for p in parts:
            move(p, shift(0, -0.28, z) @ turn("X", 90))
    settled(body)
    for x in (-0.27, 0.27):
        for z in (0.10, 1.02):
            move(lathe("screw", fillet([(0, 0.004), (0.008, 0.004), (0.014, 0.006, 0.004), (0.015, 0)]), ring, 24), shift(x, -0.28, z) @ turn("X", 90))
        for y in (-0.2, 0.2):
            lathe("foot", fillet([(0, 0), (0.04, 0, 0.01), (0.045, 0.03)]), rubber, 32).data.transform(shift(x, y, 0))
    badge = texture("badge", label(400, 100, (22, 22, 23, 255), [(200, 50, "LUMO", 76, (196, 196, 198), 18)]))
    quad("badge", (0, -0.2812, 0.105), (0.075, 0, 0), (0, 0, 0.019), pbr("badge", (1, 1, 1), 0.4, image=badge))


# eyewear: x is the wearer's width, -y the front, z up; one unit is 10 cm


def lens_shape(a, b, power, pinch=0.0, lift=0.0, n=128, nasal=0.0):
    """Outline around (0, 0), nasal side at -x. pinch narrows the bottom, lift raises the outer corner,
    nasal slopes the nose side."""
    t = np.arange(n) / n * TAU
    c, s = np.cos(t), np.sin(t)
    x = a * np.sign(c) * np.abs(c) ** (2 / power)
    z = b * np.sign(s) * np.abs(s) ** (2 / power)
    low = np.clip(-z / b, 0, 1)
    x = x * (1 - pinch * low**1.5)
    x = x + nasal * low * np.clip(-x / a, 0, 1)
    z = z + lift * np.clip(x / a, -0.4, 1) * np.clip(z / b, 0, 1)
    smooth = np.stack([x, z], -1)
    for _ in range(3):
        smooth = (np.roll(smooth, 1, 0) + 2 * smooth + np.roll(smooth, -1, 0)) / 4
    return smooth


def outward(o):
    d = np.roll(o, -1, 0) - np.roll(o, 1, 0)
    return np.stack([d[:, 1], -d[:, 0]], -1) / np.linalg.norm(d, axis=1, keepdims=True)


def rim(name, outline, side, cx, width, depth, mat, y=0.0, soft=0.016):
    """Closed rim around a lens: width is one number or one per outline point."""
    width = np.broadcast_to(width, (len(outline),))
    nrm = outward(outline)
    rings = []
    for p, n, w in zip(outline, nrm, width, strict=True):
        sec = rrect(w + 0.006, depth, soft)
        u = sec[:, :1] + (w - 0.006) / 2
        xz = p + n * u
        rings.append(np.column_stack([side * (cx + xz[:, 0]), np.full(len(sec), y) + sec[:, 1], xz[:, 1]]))
    return grid(name, np.array(rings), mat, loop_i=True, loop_j=True)


def lens(outline, side, cx, mat, y=0.0, bulge=0.16, thick=0.018):
    """A meniscus lens that fills the outline."""
    k = np.linspace(0, 1, 14)[1:]
    rad = np.linalg.norm(outline, axis=1).max()
    def layer(offset):
        rings = [np.tile([[side * cx, y + offset - bulge * rad**2, 0]], (len(outline), 1))]
        for s in k:
            o = outline * s
            sag = bulge * (rad**2 - (o**2).sum(1)) * (1 - 0.65 * s**6)
            rings.append(np.column_stack([side * (cx + o[:, 0]), y + offset - sag, o[:, 1]]))
        return rings
    front, back = layer(0.0), layer(thick)
    return grid("lens", np.array(front + back[::-1]), mat, loop_j=True, sharp=60)


def wrap(objs, amount):
    for o in objs:
        co = np.empty(len(o.data.vertices) * 3)
        o.data.vertices.foreach_get("co", co)
        co = co.reshape(-1, 3)
        co[:, 1] += amount * co[:, 0] ** 2
        o.data.vertices.foreach_set("co", co.ravel())
        o.data.update()


def settle(objs, split=0.35):
    """Let a pair of glasses rest on its rims and temple tips."""
    for _ in range(4):
        co = np.vstack([vertices(o) for o in objs])
        front, back = co[co[:, 1] < split], co[co[:, 1] > 0.9]
        f, r = front[front[:, 2].argmin()], back[back[:, 2].argmin()]
        angle = math.atan2(r[2] - f[2], r[1] - f[1])
        for o in objs:
            o.matrix_world = Matrix.Rotation(-angle, 4, "X") @ o.matrix_world
        bpy.context.view_layer.update()


def acetate(rng):
    amber, brown, dark = srgb(0.72, 0.42, 0.14), srgb(0.40, 0.20, 0.08), srgb(0.10, 0.055, 0.03)
    shell = pbr("tortoise", amber, 0.14, coat=0.5, sss=0.05, stops=[(0.36, dark), (0.46, brown), (0.58, amber), (0.72, srgb(0.80, 0.54, 0.22))], stop_scale=5.5)
    steel = pbr("hinge", srgb(0.75, 0.74, 0.72), 0.22, metal=1)
    clear = glass("lens", (0.90, 0.925, 0.915))
    o = lens_shape(0.255, 0.205, 2.7, pinch=0.16, lift=0.02, nasal=0.03)
    cx = 0.355
    ang = np.arctan2(o[:, 1], o[:, 0])
    width = 0.040 + 0.018 * np.clip(np.sin(ang), 0, 1) + 0.014 * np.exp(-((ang - 0.6) ** 2) / 0.18)
    front, lenses, rest = [], [], []
    for s in (-1, 1):
        front.append(rim("rim", o, s, cx, width, 0.044, shell))
        end = catmull([(s * 0.632, 0.0, 0.127), (s * 0.66, 0.002, 0.130), (s * 0.69, 0.012, 0.128), (s * 0.70, 0.045, 0.122)], 8)
        front.append(tube("end piece", end, shell, section=rrect(0.044, 0.088, 0.016), up=(0, 0, 1), sharp=60))
        pad = ball("nose pad", shell, (0, 0, 0), (0.044, 0.060, 0.105))
        front.append(move(pad, shift(s * 0.088, 0.030, -0.060) @ turn("Y", s * 12)))
        lenses.append(lens(o * 0.995, s, cx, clear, y=0.0))
    bridge = catmull([(-0.088, 0, 0.050), (-0.05, -0.003, 0.076), (0, -0.005, 0.086), (0.05, -0.003, 0.076), (0.088, 0, 0.050)], 10)
    front.append(tube("bridge", bridge, shell, section=rrect(0.044, 0.062, 0.018), up=(0, 0, 1), ends="flat"))
    wrap(front + lenses, 0.10)
    front = [fuse("front", front, shell, 0.0065, 5)]
    for s in (-1, 1):
        path = catmull([(s * 0.697, 0.100, 0.122), (s * 0.70, 0.45, 0.122), (s * 0.69, 0.85, 0.118), (s * 0.675, 1.05, 0.075), (s * 0.655, 1.25, -0.05), (s * 0.635, 1.42, -0.20)], 14)
        k = np.linspace(0, 1, len(path))
        tall = np.interp(k, [0, 0.25, 0.6, 0.8, 0.95, 1], [1.0, 0.80, 0.68, 0.82, 0.92, 0.8])
        rest.append(tube("temple", path, shell, section=rrect(0.040, 0.092, 0.016), scale=np.stack([np.interp(k, [0, 1], [1, 0.85]), tall], -1), up=(0, 0, 1)))
        for z in (0.098, 0.122, 0.146):
            knuckle = lathe("knuckle", fillet([(0, -0.010), (0.016, -0.010, 0.003), (0.016, 0.010, 0.003), (0, 0.010)]), steel, 32)
            rest.append(move(knuckle, shift(s * 0.668, 0.098, z)))
        for y, length in ((0.072, 0.045), (0.140, 0.075)):
            rest.append(rbox("hinge leaf", (0.012, length, 0.062), 0.003, steel, (s * 0.672, y, 0.122)))
        for z in (0.112, 0.132):
            dot = lathe("rivet", fillet([(0, 0.006), (0.007, 0.006, 0.003), (0.008, 0)]), steel, 24)
            rest.append(move(dot, shift(s * 0.645, 0.0165, z) @ turn("X", 90)))
    settle(front + lenses + rest)


def wallet(rng):
    hide = pbr("leather", srgb(0.38, 0.20, 0.11), 0.42, coat=0.08, stops=[(0.3, srgb(0.33, 0.165, 0.085)), (0.7, srgb(0.43, 0.235, 0.13))],
               stop_scale=6, bump=[(42, 0.006, "cells"), (9, 0.006), (120, 0.002)])
    inner = pbr("lining", srgb(0.56, 0.38, 0.25), 0.6, bump=[(60, 0.003)])
    thread = pbr("thread", srgb(0.86, 0.76, 0.58), 0.7)
    w, h = 1.15, 0.92
    for z0, z1, mat, x0 in ((0.0, 0.034, hide, 0.0), (0.036, 0.056, inner, 0.02), (0.060, 0.080, inner, 0.04), (0.088, 0.108, inner, 0.05),
                            (0.112, 0.130, inner, 0.03), (0.134, 0.170, hide, 0.0)):
        shape = rrect(w - x0, h - x0 * 1.2, 0.05, 8)
        layer = slab("layer", shape, z0, z1, 0.009, mat)
        move(layer, shift(-x0 / 2, 0, 0) @ turn("Y", (z0 - 0.05) * -8))
    # the fold: a half tube on the left
    sweep_z = [(-w / 2 + 0.02 - 0.072 * math.sin(a), 0.085 + 0.085 * math.cos(a)) for a in np.linspace(0, math.pi, 20)]
    pts = [[(x, y, z) for y in np.linspace(-h / 2 + 0.012, h / 2 - 0.012, 24)] for x, z in sweep_z]
    thicken(grid("fold", pts, hide), 0.03, -1)
    tilt = turn("Y", (0.134 - 0.05) * -8)
    def stitch(a, b):
        a, b = np.array(a), np.array(b)
        n = int(np.linalg.norm(b - a) / 0.034)
        for k in range(n):
            p = a + (b - a) * (k + 0.2) / n
            q = a + (b - a) * (k + 0.78) / n
            mid = (p + q) / 2
            move(tube("stitch", np.array([(*p, 0.1705), (*mid, 0.1745), (*q, 0.1705)]), thread, r=0.0042, seg=8), tilt)
    m = 0.045
    stitch((-w / 2 + 0.06, -h / 2 + m), (w / 2 - m, -h / 2 + m))
    stitch((w / 2 - m, -h / 2 + m), (w / 2 - m, h / 2 - m))
    stitch((w / 2 - m, h / 2 - m), (-w / 2 + 0.06, h / 2 - m))
    mark = texture("mark", label(500, 160, (0, 0, 0, 0), [(250, 80, "ASKER", 92, (36, 16, 8, 235), 16)]))
    stamp = pbr("stamp", srgb(0.38, 0.20, 0.11), 0.45, image=mark)
    m2 = stamp.node_tree
    tex = next(n for n in m2.nodes if n.type == "TEX_IMAGE")
    link(m2, tex.outputs["Alpha"], m2.nodes["Principled BSDF"].inputs["Alpha"])
    move(quad("stamp", (0.33, -0.27, 0.1712), (0.11, 0, 0), (0, 0.035, 0), stamp), tilt)
    card = pbr("card", srgb(0.20, 0.36, 0.55), 0.3, coat=0.3)
    slab("card", rrect(0.86, 0.54, 0.03, 6), 0.0815, 0.0865, 0.001, card).data.transform(shift(0.165, 0.04, 0.0))


def flask(rng):
    steel = pbr("steel", srgb(0.74, 0.74, 0.745), 0.30, metal=1, aniso=0.6, rough_noise=(6, 0.24, 0.36), bump=[(4, 0.0008, "noise", (1, 1, 60))])
    black = pbr("cap", srgb(0.10, 0.10, 0.105), 0.5, bump=[(140, 0.0008)])
    lathe("body", fillet([(0, 0.03), (0.26, 0.03), (0.28, 0.0, 0.02), (0.345, 0.0, 0.05), (0.35, 0.12, 0.05), (0.35, 1.62, 0.12), (0.31, 1.80, 0.12), (0.245, 1.90, 0.04), (0.245, 1.98)], 12), steel, 192)
    lathe("base ring", [(0.3505, 0.105), (0.3515, 0.107), (0.3515, 0.112), (0.3505, 0.114)], black)
    ribs = lambda th, z: 1 + 0.010 * np.clip(np.cos(48 * th) * 3, -1, 1) * ((z > 1.975) & (z < 2.14))
    lathe("cap", fillet([(0.24, 1.945), (0.268, 1.945, 0.01), (0.272, 1.97), (0.272, 1.98), (0.272, 2.13), (0.27, 2.15), (0.262, 2.20, 0.03), (0, 2.205)], 6), black, 480, wobble=ribs)
    path = catmull([(-0.235, 0, 2.17), (-0.22, 0, 2.31), (-0.12, 0, 2.40), (0, 0, 2.42), (0.12, 0, 2.40), (0.22, 0, 2.31), (0.235, 0, 2.17)], 12)
    tube("loop", path, black, section=rrect(0.055, 0.15, 0.022), up=(0, 1, 0))
    mark = label(900, 300, (0, 0, 0, 0), [(450, 140, "fjord", 200, (40, 42, 45, 255), 24)]).rotate(90, expand=True)
    etched = pbr("etch", srgb(0.74, 0.74, 0.745), 0.4, metal=0.3, image=texture("mark", mark))
    tree = etched.node_tree
    tex = next(n for n in tree.nodes if n.type == "TEX_IMAGE")
    link(tree, tex.outputs["Alpha"], tree.nodes["Principled BSDF"].inputs["Alpha"])
    lathe("etch", [(0.3508, 0.62), (0.3508, 1.16)], etched, 40, math.radians(-90 - 15), math.radians(-90 + 15))


def slip_on(rng):
    canvas = pbr("canvas", srgb(0.72, 0.30, 0.22), 0.85, sheen=0.3, stops=[(0.3, srgb(0.68, 0.27, 0.195)), (0.7, srgb(0.75, 0.335, 0.25))], stop_scale=70, bump=[(220, 0.005)])
    elastic = pbr("elastic", srgb(0.16, 0.16, 0.18), 0.8, bump=[(30, 0.01, "noise", (12, 0.3, 0.3))])
    rubber = pbr("rubber", srgb(0.92, 0.90, 0.86), 0.5, bump=[(80, 0.001)])
    lining = pbr("lining", srgb(0.82, 0.77, 0.68), 0.9, bump=[(150, 0.002)])
    stripe = pbr("stripe", srgb(0.20, 0.24, 0.36), 0.5)
    ctrl = [(0, 0), (0.09, 0.24), (0.45, 0.335), (1.0, 0.325), (1.62, 0.42), (2.05, 0.435), (2.42, 0.31), (2.60, 0.04), (2.47, -0.25), (2.08, -0.405),
            (1.55, -0.40), (1.0, -0.33), (0.45, -0.33), (0.09, -0.23)]
    o = catmull(ctrl, 12, loop=True)
    n = len(o)
    nrm = outward(o)
    nrm *= 1 if np.dot(nrm[0], (-1, 0)) > 0 else -1
    spring = lambda x: 0.10 * np.clip((x - 1.75) / 0.85, 0, 1) ** 2
    def sole(z, grow):
        p = o + nrm * grow
        return np.column_stack([p, z + spring(p[:, 0])])
    grid("sole", [sole(z, g) for z, g in ((0, -0.02), (0.008, 0.012), (0.03, 0.028), (0.15, 0.032), (0.175, 0.026), (0.182, 0.0))], rubber, loop_j=True, cap_i=(True, True))
    grid("stripe", [sole(z, 0.0335) for z in (0.125, 0.140)], stripe, loop_j=True)
    phi = math.pi + np.arange(n) / n * TAU
    phi = -phi if o[12, 1] > 0 else phi
    collar = np.column_stack([0.66 + 0.60 * np.cos(phi), 0.235 * np.sin(phi), 0.66 + 0.16 * np.clip(-np.cos(phi), 0, 1) ** 2 + 0.10 * np.clip(np.cos(phi), 0, 1) ** 2])
    base = sole(0.17, 0.0)
    rows = []
    for s in np.linspace(0, 1, 34):
        toe = np.clip(np.cos(phi), 0, 1)[:, None]
        fxy, fz = s ** (1.9 - 0.5 * toe), (1 - (1 - s) ** (2.1 - 0.7 * toe))[:, 0]
        p = base.copy()
        p[:, :2] = base[:, :2] * (1 - fxy) + collar[:, :2] * fxy + nrm * 0.045 * math.sin(math.pi * min(1, s * 1.15)) * (1 - s)
        p[:, 2] = base[:, 2] * (1 - fz) + collar[:, 2] * fz
        rows.append(p)
    upper = grid("upper", rows, canvas, loop_j=True, sharp=0)
    upper.data.materials.append(elastic)
    for poly in upper.data.polygons:
        i, j = divmod(poly.index, n)
        if i >= 19 and (58 <= j < 69 or 99 <= j < 110):
            poly.material_index = 1
    thicken(upper, 0.035)
    ring = rows[-1]
    tube("collar", ring + np.array((0, 0, 0.004)), lining, r=0.028, loop=True, up=(0, 0, 1), sharp=0)
    grid("insole", [np.column_stack([o - nrm * 0.05, np.full(n, 0.20) + spring(o[:, 0])]), np.column_stack([o * 0.02 + np.array((1.2, 0)), np.full(n, 0.20)])], lining, loop_j=True, cap_i=(False, True))
    seam = np.array(rows)[8]
    tube("seam", seam[int(n * 0.36):int(n * 0.66)] * np.array((1.004, 1.004, 1.004)), rubber, r=0.006, seg=8)
    tab = catmull([(0.075, 0, 0.78), (0.02, 0, 0.86), (-0.02, 0, 0.80), (0.0, 0, 0.66)], 8)
    tube("pull tab", tab, canvas, section=rrect(0.016, 0.11, 0.006), up=(0, 1, 0))
    move_all(Matrix.Scale(0.6, 4))


def basket(rng):
    straw = pbr("straw", srgb(0.74, 0.56, 0.34), 0.6, hue_jitter=0.16, stops=[(0.3, srgb(0.62, 0.44, 0.25)), (0.7, srgb(0.80, 0.63, 0.40))], stop_scale=5, bump=[(40, 0.004)])
    stakes, rows, step = 30, 9, 0.076
    radius = lambda z: 0.46 + 0.20 * z - 0.05 * max(0, z - 0.5)
    t = np.linspace(0, TAU, 360, endpoint=False)
    for k in range(rows):
        z = 0.045 + k * step
        wave = 0.030 * np.cos(stakes / 2 * t + k * math.pi)
        r = radius(z) + wave
        p = np.stack([r * np.cos(t), r * np.sin(t), z + 0.006 * np.sin(3 * t + k) + rng.normal(0, 0.001, len(t))], -1)
        tube("weaver", p, straw, section=rrect(0.024, 0.040, 0.011, 4), loop=True, up=(0, 0, 1), sharp=0)
    top = 0.045 + rows * step
    for j in range(stakes):
        a = (j + 0.0) / stakes * TAU
        zs = np.linspace(0.01, top + 0.01, 14)
        p = [(radius(z) * math.cos(a), radius(z) * math.sin(a), z) for z in zs]
        tube("stake", p, straw, r=0.0165, seg=10)
    for ph in (0, TAU / 3, 2 * TAU / 3):
        r = radius(top) + 0.030 * np.cos(22 * t + ph)
        p = np.stack([r * np.cos(t), r * np.sin(t), top + 0.018 + 0.030 * np.sin(22 * t + ph)], -1)
        tube("rim", p, straw, r=0.023, loop=True, seg=10, up=(0, 0, 1), sharp=0)
    for k in range(22):
        r = 0.455 * (k + 0.6) / 22
        p = np.stack([r * np.cos(t), r * np.sin(t), 0.022 + 0.006 * np.cos(t * 15 + k * math.pi)], -1)
        tube("base", p[::3], straw, r=0.0125, loop=True, seg=8, up=(0, 0, 1), sharp=0)
    x0 = radius(top)
    a = np.linspace(0, math.pi, 70)
    arch = np.stack([-(x0 - 0.01) * np.cos(a), 0 * a, top - 0.12 + 0.74 * np.sin(a) ** 0.8], -1)
    for s in (-0.022, 0.022):
        tube("handle", arch + np.array((0, s, 0)), straw, r=0.022, seg=12)
    u = np.linspace(0.20, 0.80, 900)
    core = np.stack([np.interp(u, np.linspace(0, 1, len(arch)), arch[:, i]) for i in range(3)], -1)
    tan, side, upv = frames(core, False, (0, 1, 0))
    w = u * 330
    tube("wrap", core + side * (0.030 * np.cos(w))[:, None] + upv * (0.050 * np.sin(w))[:, None], straw, r=0.009, seg=8, up=None)


def plush(rng):
    under = pbr("skin", srgb(0.62, 0.44, 0.26), 0.9)
    fur = pbr("fur", srgb(0.76, 0.56, 0.34), 0.55, sheen=0.4, spec=0.25)
    pale = pbr("pale fur", srgb(0.90, 0.80, 0.64), 0.55, sheen=0.4, spec=0.25)
    black = pbr("eye", srgb(0.04, 0.035, 0.03), 0.06, coat=1)
    felt = pbr("felt", srgb(0.52, 0.34, 0.20), 0.9, sheen=0.5, bump=[(140, 0.004)])
    parts = [(ball("body", under, (0, 0, 0.50), (0.98, 0.94, 0.96)), 52000, 0.135, fur)]
    for s in (-1, 1):
        parts.append((ball("ear", under, (s * 0.33, 0.04, 0.99), (0.24, 0.13, 0.24)), 9000, 0.09, fur))
        parts.append((ball("foot", under, (s * 0.24, -0.30, 0.11), (0.26, 0.34, 0.17)), 9000, 0.07, pale))
        ball("eye", black, (s * 0.165, -0.555, 0.70), (0.095, 0.07, 0.095))
    parts.append((ball("muzzle", under, (0, -0.46, 0.545), (0.34, 0.24, 0.26)), 12000, 0.07, pale))
    ball("nose", felt, (0, -0.655, 0.60), (0.12, 0.08, 0.085))
    for obj, count, length, mat in parts:
        pos, nrm = scatter(obj, count, rng)
        eye = np.array([(s * 0.165, -0.52, 0.70) for s in (-1, 1)])
        far = np.min(np.linalg.norm(pos[:, None] - eye[None], axis=2), axis=1)
        k = np.clip((far - 0.045) / 0.06, 0.12, 1)
        ok = pos[:, 2] > 0.03
        hair("fur", pos[ok], nrm[ok], (length * k * rng.uniform(0.6, 1.1, len(pos)))[ok], mat, rng, 0.0022, 0.0006, mess=0.32, droop=0.25, curl=0.10)


def wine_bottle(rng):
    green = glass("glass", srgb(0.48, 0.72, 0.42), ior=1.5)
    art = label(1200, 900, (238, 232, 216, 255),
                [(600, 210, "VAL D'ORSE", 118, (58, 30, 34), 16), (600, 330, "appellation contrefaite", 46, (90, 70, 60), 2),
                 (600, 560, "2019", 150, (120, 30, 40), 18), (600, 760, "750 ml        12.5 % vol", 42, (90, 70, 60), 2)],
                rules=[((50, 50, 1150, 850), (150, 120, 60), 6), ((66, 66, 1134, 834), (150, 120, 60), 2)], bars=[((420, 400, 780, 405), (150, 120, 60))])
    foil = pbr("foil", srgb(0.40, 0.06, 0.09), 0.3, metal=0.6, bump=[(9, 0.003)])
    out = fillet([(0.0, 0.07), (0.16, 0.06, 0.05), (0.26, 0.0, 0.04), (0.355, 0.0, 0.07), (0.37, 0.12, 0.05), (0.37, 1.78, 0.25), (0.30, 2.10, 0.28), (0.142, 2.30, 0.16), (0.132, 2.86, 0.02), (0.152, 2.865, 0.012), (0.152, 2.96, 0.012), (0.135, 2.975)], 12)
    inn = fillet([(0.105, 2.972), (0.10, 2.93), (0.102, 2.33, 0.16), (0.258, 2.09, 0.28), (0.325, 1.75, 0.25), (0.325, 0.16, 0.06), (0.24, 0.085, 0.05), (0.13, 0.12, 0.05), (0.0, 0.125)], 12)
    lathe("bottle", np.vstack([out, inn]), green, 176, sharp=60)
    lathe("label", [(0.3722, 0.62), (0.3727, 0.625), (0.3727, 1.335), (0.3722, 1.34)], pbr("label", (1, 1, 1), 0.7, image=texture("label", art), bump=[(120, 0.0008)]), 100, math.radians(-90 - 80), math.radians(-90 + 80))
    lathe("foil", fillet([(0.1375, 2.45), (0.1385, 2.452), (0.1365, 2.85, 0.02), (0.1575, 2.86, 0.01), (0.1575, 2.965, 0.015), (0.13, 2.985, 0.01), (0, 2.985)], 6), foil)


def tumbler(rng):
    clear = glass("glass", (0.975, 0.985, 0.98), ior=1.5)
    out = fillet([(0.0, 0.0), (0.30, 0.0, 0.03), (0.315, 0.10, 0.05), (0.40, 1.02, 0.02), (0.392, 1.03, 0.008)], 10)
    inn = fillet([(0.384, 1.025), (0.295, 0.16, 0.06), (0.20, 0.12, 0.08), (0.0, 0.115)], 10)
    flutes = lambda th, z: 1 + 0.012 * np.cos(18 * th) * np.clip((0.55 - z) / 0.25, 0, 1) * np.clip(z / 0.08, 0, 1)
    lathe("tumbler", np.vstack([out, inn]), clear, 216, sharp=60, wobble=flutes)


# ---------------------------------------------------------------- studio


PAPERS = {
    "white": srgb(0.925, 0.925, 0.925), "light grey": srgb(0.78, 0.78, 0.785), "mid grey": srgb(0.52, 0.52, 0.53), "cream": srgb(0.88, 0.83, 0.74),
    "sand": srgb(0.80, 0.70, 0.58), "powder blue": srgb(0.62, 0.71, 0.78), "sage": srgb(0.62, 0.68, 0.58), "blush": srgb(0.86, 0.70, 0.67), "dark grey": srgb(0.33, 0.33, 0.345),
    "near black": srgb(0.13, 0.13, 0.135), "table": srgb(0.52, 0.38, 0.26),
}

# (x, y, z), size, power, height of the target
LIGHTS = {
    "left": [((-2.6, -2.0, 2.7), (1.7, 1.7), 100, 0.4), ((2.9, -1.9, 1.6), (2.2, 2.2), 22, 0.4), ((0.3, 1.2, 3.6), (2.2, 1.2), 42, 0.3)],
    "right": [((2.6, -1.9, 2.6), (1.6, 1.6), 100, 0.4), ((-2.9, -1.7, 1.5), (2.2, 2.2), 18, 0.4), ((-0.4, 1.3, 3.5), (2.0, 1.2), 38, 0.3)],
    "top": [((0.0, -0.3, 3.4), (2.4, 2.4), 120, 0.2), ((-2.7, -2.2, 1.5), (1.4, 2.0), 26, 0.5), ((2.7, -2.2, 1.5), (1.4, 2.0), 26, 0.5)],
    "rim": [((-2.0, 1.5, 1.8), (0.5, 2.2), 60, 0.5), ((2.0, 1.5, 1.8), (0.5, 2.2), 60, 0.5), ((-1.2, -2.9, 2.7), (1.6, 1.6), 50, 0.4)],
    "hard left": [((-2.4, -2.2, 3.0), (0.5, 0.5), 110, 0.4), ((2.9, -1.9, 1.6), (2.4, 2.4), 26, 0.4)],
    "bare bulb": [((-2.3, -1.5, 2.3), (0.07, 0.07), 150, 0.4)],
    "two strips": [((-2.3, -0.9, 1.3), (0.6, 2.6), 62, 0.8), ((2.3, -0.9, 1.3), (0.6, 2.6), 48, 0.8), ((0, -0.8, 3.8), (2.2, 1.6), 46, 0.3)],
}


def paper(name, colour):
    return pbr(name, colour, 0.9, spec=0.2)


def backdrop(shot):
    """The sweep, and for 'edge' shots the room behind a narrower roll or a table top."""
    if shot.get("clutter"):
        clutter()
        return
    edge = shot.get("edge")
    x0, x1 = -9.0, 9.0
    if edge and edge[0] == "roll":
        x0, x1 = sorted((edge[1], -9.0 if edge[1] > 0 else 9.0))
    y_bend, r = 1.4, 1.5
    prof = [(-9, 0), (-4, 0), (-1, 0), (0, 0), (0.7, 0)] + [(y_bend + r * math.sin(a), r - r * math.cos(a)) for a in np.linspace(0, math.pi / 2, 32)] + [(y_bend + r, 4), (y_bend + r, 9)]
    sheet = paper("paper", PAPERS[shot["paper"]])
    if edge and edge[0] == "table":
        slab_mat = paper("table", PAPERS[shot["paper"]])
        pts = [[(x, y, z) for x in (-9, 9)] for y, z in ((-9, 0), (-2, 0), (edge[1], 0), (edge[1] + 0.01, -0.02), (edge[1] + 0.01, -0.12))]
        grid("table", pts, slab_mat, merge=False)
        wall = paper("wall", PAPERS[edge[2]])
        quad("wall", (0, 3.2, 3), (9, 0, 0), (0, 0, 6), wall)
        return
    grid("sweep", [[(x, y, z) for x in np.linspace(x0, x1, 3)] for y, z in prof], sheet, sharp=0, merge=False)
    if edge:
        quad("floor", (0, 0, -0.06), (9, 0, 0), (0, 9, 0), pbr("floor", srgb(0.42, 0.38, 0.34), 0.5, stops=[(0.3, srgb(0.36, 0.31, 0.27)), (0.7, srgb(0.46, 0.42, 0.38))], stop_scale=2, stretch=(1, 8, 1)))
        quad("wall", (0, 3.6, 3), (9, 0, 0), (0, 0, 6), pbr("wall", srgb(0.55, 0.54, 0.52), 0.8))


def clutter():
    """A kitchen table that nobody cleared before the shot."""
    planks = [(0.3, srgb(0.44, 0.30, 0.20)), (0.7, srgb(0.60, 0.45, 0.31))]
    wood = pbr("wood", srgb(0.52, 0.38, 0.26), 0.45, stops=planks, stop_scale=2.2, stretch=(1, 9, 1), bump=[(30, 0.004, "noise", (1, 9, 1))])
    rbox("table", (9, 5, 0.2), 0.02, wood, (0, 0, -0.1))
    quad("wall", (0, 4.2, 2), (9, 0, 0), (0, 0, 4), pbr("wall", srgb(0.60, 0.63, 0.58), 0.9, bump=[(3, 0.02)]))
    ball("apple", pbr("apple", srgb(0.66, 0.14, 0.10), 0.3, coat=0.3), (0.98, -0.15, 0.30), (0.62, 0.62, 0.58))
    ball("apple", pbr("apple", srgb(0.55, 0.62, 0.20), 0.3, coat=0.3), (1.45, 0.45, 0.29), (0.6, 0.6, 0.56))
    for k, (w, d, h, col) in enumerate(((1.5, 1.1, 0.16, (0.24, 0.34, 0.46)), (1.3, 0.95, 0.12, (0.80, 0.74, 0.60)), (1.35, 1.0, 0.2, (0.62, 0.26, 0.20)))):
        book = rbox("book", (w, d, h), 0.02, pbr("book", srgb(*col), 0.6), (0, 0, h / 2))
        move(book, shift(-1.25, 0.75, (0.0, 0.16, 0.28)[k]) @ turn("Z", (6, -14, 11)[k]))
    tin = pbr("tin", srgb(0.75, 0.75, 0.76), 0.25, metal=1)
    move(lathe("tin", fillet([(0, 0), (0.32, 0, 0.02), (0.32, 0.9, 0.02), (0.30, 0.9), (0.30, 0.05), (0, 0.05)]), tin), shift(0.55, 1.35, 0))
    bottle = lathe("bottle", fillet([(0, 0), (0.28, 0, 0.05), (0.30, 0.9, 0.2), (0.12, 1.4, 0.1), (0.12, 1.75, 0.02), (0, 1.75)], 8), pbr("bottle", srgb(0.16, 0.30, 0.20), 0.12, coat=0.6))
    move(bottle, shift(-0.35, 1.6, 0))
    spoon = catmull([(-0.1, -0.95, 0.05), (0.3, -0.90, 0.03), (0.75, -0.82, 0.035), (0.95, -0.78, 0.03)], 10)
    tube("spoon", spoon, tin, section=ellipse(0.07, 0.03), scale=np.interp(np.linspace(0, 1, len(spoon)), [0, 0.75, 0.85, 1], [1, 0.7, 2.8, 2.0]), up=(0, 0, 1))
    cloth = [[(x, y, 0.02 + 0.03 * math.sin(5 * x + 2 * y) ** 2 + 0.02 * math.sin(9 * y)) for x in np.linspace(-2.3, -0.75, 40)] for y in np.linspace(-1.2, 0.0, 40)]
    grid("cloth", cloth, pbr("cloth", srgb(0.83, 0.80, 0.72), 0.9, stops=[(0.45, srgb(0.85, 0.82, 0.75)), (0.55, srgb(0.40, 0.50, 0.58))], stop_scale=3, stretch=(8, 0.2, 1)), sharp=0)


def softbox(at, size, power, target):
    data = bpy.data.lights.new("softbox", "AREA")
    data.energy, data.shape, data.size, data.size_y = power, "RECTANGLE", size[0], size[1]
    data.use_nodes = True  # brighter in the middle, as a real diffuser is
    tree = data.node_tree
    geo, sub, length, to = (tree.nodes.new(k) for k in ("ShaderNodeNewGeometry", "ShaderNodeVectorMath", "ShaderNodeVectorMath", "ShaderNodeMapRange"))
    sub.operation, length.operation = "SUBTRACT", "LENGTH"
    sub.inputs[1].default_value = (0.5, 0.5, 0)
    link(tree, geo.outputs["Parametric"], sub.inputs[0])
    link(tree, sub.outputs[0], length.inputs[0])
    to.inputs["From Max"].default_value, to.inputs["To Min"].default_value, to.inputs["To Max"].default_value = 0.7, 1.25, 0.55
    link(tree, length.outputs["Value"], to.inputs["Value"])
    link(tree, to.outputs["Result"], tree.nodes["Emission"].inputs["Strength"])
    obj = add(bpy.data.objects.new("softbox", data))
    obj.location = at
    obj.rotation_euler = (Vector((0, 0, target)) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    obj.visible_camera = False


def light(shot):
    for at, size, power, target in LIGHTS[shot["light"]]:
        softbox(at, size, power * shot.get("power", 1.0), target)
    if shot.get("gradient"):  # a lamp on one side of the backdrop only
        side, power = shot["gradient"]
        softbox((side * 2.6, 1.0, 1.0), (0.6, 0.6), power, 1.0)
        bpy.context.view_layer.update()
        lamp_obj = GROUP["now"].objects[-1]
        lamp_obj.rotation_euler = (Vector((side * 0.6, 2.9, 1.6)) - Vector(lamp_obj.location)).to_track_quat("-Z", "Y").to_euler()
    world = bpy.data.worlds.new("room")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (1, 0.98, 0.96, 1)
    world.node_tree.nodes["Background"].inputs[1].default_value = shot.get("ambient", 0.10)


def vertices(obj):
    """World positions of an object as it will be rendered."""
    if obj.type == "CURVES":
        n = len(obj.data.attributes["position"].data)
        co = np.empty(n * 3, np.float32)
        obj.data.attributes["position"].data.foreach_get("vector", co)
    else:
        ev = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
        me = ev.to_mesh()
        co = np.empty(len(me.vertices) * 3, np.float32)
        me.vertices.foreach_get("co", co)
        ev.to_mesh_clear()
    co = co.reshape(-1, 3).astype(float)
    m = np.array(obj.matrix_world)
    return co @ m[:3, :3].T + m[:3, 3]


def move_all(matrix):
    for o in GROUP["now"].objects:
        o.matrix_world = matrix @ o.matrix_world
    bpy.context.view_layer.update()


def place(shot):
    """Turn the product for the view and put it on the floor at the origin."""
    bpy.context.view_layer.update()
    move_all(turn("Z", shot.get("turn", 0)))
    co = np.vstack([vertices(o) for o in GROUP["now"].objects])
    lo, hi = co.min(0), co.max(0)
    move_all(shift(-(lo[0] + hi[0]) / 2, -(lo[1] + hi[1]) / 2, 0.0015 - lo[2]))
    return np.vstack([vertices(o) for o in GROUP["now"].objects])


def aim(shot, co):
    """A camera that frames the product: fill is the share of the tighter picture side."""
    scene = bpy.context.scene
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width = shot.get("lens", 85), 36.0
    cam = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(cam)
    scene.camera = cam
    el, az = math.radians(shot.get("el", 10)), math.radians(shot.get("az", 0))
    back = np.array((math.sin(az) * math.cos(el), -math.cos(az) * math.cos(el), math.sin(el)))
    right = np.array((math.cos(az), math.sin(az), 0.0))
    up = np.cross(back, right) * -1 if np.cross(back, right)[2] < 0 else np.cross(back, right)
    w, h = scene.render.resolution_x, scene.render.resolution_y
    half = 18.0 / data.lens
    hx, hy = (half, half * h / w) if w >= h else (half * w / h, half)
    target, dist, fill = (co.min(0) + co.max(0)) / 2, 5.0, shot.get("fill", 0.7)
    dx, dy = shot.get("offset", (0.0, 0.0))
    for _ in range(40):
        rel = co - (target + back * dist)
        depth = -rel @ back
        u, v = rel @ right / depth / hx, rel @ up / depth / hy
        span = max((u.max() - u.min()), (v.max() - v.min())) / 2
        cu, cv = (u.max() + u.min()) / 2 - dx, (v.max() + v.min()) / 2 - dy
        target = target + right * cu * hx * dist + up * cv * hy * dist
        dist *= 1 + 0.8 * (span / fill - 1)
    cam.location = Vector(target + back * dist)
    cam.rotation_euler = Vector(back).to_track_quat("Z", "Y").to_euler()
    if shot.get("fstop"):
        data.dof.use_dof = True
        data.dof.aperture_fstop = shot["fstop"] / 10  # one unit is 10 cm
        near = depth.min()
        data.dof.focus_distance = float(near + shot.get("focus", 0.35) * (depth.max() - near))


# ---------------------------------------------------------------- rendering


def setup(shot, size, samples):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    s = bpy.context.scene
    w, h = shot.get("aspect", (4, 3))
    s.render.resolution_x, s.render.resolution_y = (size, round(size * h / w)) if w >= h else (round(size * w / h), size)
    s.render.engine = "CYCLES"
    c = s.cycles
    c.device, c.samples = "CPU", samples
    c.use_adaptive_sampling, c.adaptive_threshold, c.adaptive_min_samples = True, 0.03, max(8, samples // 3)
    c.use_denoising, c.denoiser = True, "OPENIMAGEDENOISE"
    c.max_bounces, c.diffuse_bounces, c.glossy_bounces = 8, 2, 3
    c.transmission_bounces = shot.get("clear_bounces", 4)
    if shot.get("clear"):
        c.glossy_bounces = c.transmission_bounces
        c.max_bounces = c.transmission_bounces + 4
    c.transparent_max_bounces = 16
    c.caustics_reflective = c.caustics_refractive = False
    c.sample_clamp_indirect, c.blur_glossy = 6.0, 0.5
    s.cycles_curves.shape = "RIBBONS"
    s.render.use_persistent_data = True
    s.render.image_settings.file_format, s.render.image_settings.color_depth = "OPEN_EXR", "32"
    s.render.image_settings.color_mode = "RGBA"
    s.view_settings.view_transform = "Standard"
    for name in ("product", "studio"):
        col = bpy.data.collections.new(name)
        s.collection.children.link(col)


def shoot(folder, name):
    s = bpy.context.scene
    s.render.filepath = str(folder / f"{name}.exr")
    bpy.ops.render.render(write_still=True)
    img = bpy.data.images.load(s.render.filepath)
    w, h = img.size
    px = np.empty(w * h * 4, np.float32)
    img.pixels.foreach_get(px)
    bpy.data.images.remove(img)
    return px.reshape(h, w, 4)[::-1].copy()


def enlarge(picture):
    r = bpy.context.scene.render
    size = (r.resolution_x, r.resolution_y)
    planes = [Image.fromarray(picture[..., k]).resize(size, Image.Resampling.BICUBIC) for k in range(3)]
    return np.maximum(np.stack([np.asarray(x) for x in planes], -1), 0)


def visible(collection, camera=True, transmission=True):
    for o in bpy.data.collections[collection].objects:
        if o.type != "LIGHT":
            o.visible_camera, o.visible_transmission = camera, transmission


def hide(collection):
    for o in bpy.data.collections[collection].objects:
        o.hide_render = True


def crop_to(co):
    """Limit rendering to the part of the picture that holds the product."""
    from bpy_extras.object_utils import world_to_camera_view

    s = bpy.context.scene
    step = max(1, len(co) // 40000)
    uv = np.array([world_to_camera_view(s, s.camera, Vector(p))[:2] for p in co[::step]])
    lo, hi = uv.min(0) - 0.02, uv.max(0) + 0.02
    r = s.render
    r.use_border, r.use_crop_to_border = True, False
    r.border_min_x, r.border_min_y = float(max(lo[0], 0)), float(max(lo[1], 0))
    r.border_max_x, r.border_max_y = float(min(hi[0], 1)), float(min(hi[1], 1))


def render(shot, size, samples, threads, folder):
    """Linear pictures: premultiplied product, coverage, backdrop, and for glass the see-through product."""
    setup(shot, size, samples)
    if threads:
        bpy.context.scene.render.threads_mode, bpy.context.scene.render.threads = "FIXED", threads
    cols = bpy.data.collections
    GROUP["now"] = cols["product"]
    shot["build"](np.random.default_rng(7))
    co = place(shot)
    aim(shot, co)
    GROUP["now"] = cols["studio"]
    backdrop(shot)
    light(shot)
    s, c = bpy.context.scene, bpy.context.scene.cycles

    # the studio without the product (shadows stay)
    visible("product", camera=False)
    c.samples, c.transmission_bounces, c.diffuse_bounces = max(8, samples // 2), 2, 2
    s.render.resolution_percentage = shot.get("plate_percent", 40)  # paper and soft shadows hold nothing finer
    plate = enlarge(shoot(folder, "plate")[..., :3])
    s.render.resolution_percentage = 100

    # the product without the studio (its light stays)
    crop_to(co)
    visible("product")
    visible("studio", camera=False)
    c.samples, c.transmission_bounces = samples, shot.get("clear_bounces", 4)
    s.render.film_transparent = True
    product = shoot(folder, "product")
    through = None
    if shot.get("clear"):
        # what the product adds when the studio cannot be seen through it ...
        visible("studio", camera=False, transmission=False)
        c.film_transparent_glass, c.film_transparent_roughness = True, 0.1
        c.samples = max(8, samples // 2)
        own = shoot(folder, "own")[..., :3]
        # ... and the share of a white world that comes through (no lights, so all else is black)
        hide("studio")
        seen, back = s.world.cycles_visibility, s.world.node_tree.nodes["Background"].inputs
        seen.diffuse = seen.glossy = seen.scatter = False
        back[0].default_value, back[1].default_value = (1, 1, 1, 1), 1.0
        s.render.film_transparent = False
        share = shoot(folder, "share")
        s.render.film_transparent = True
        inside = share[..., 3] > 0  # outside the crop nothing was rendered
        alpha_t = np.where(inside, 1 - share[..., :3].mean(-1), 0)
        through = np.concatenate([own, np.clip(alpha_t, 0, 1)[..., None]], -1)

    # coverage only
    flat = bpy.data.materials.new("flat")
    flat.use_nodes = True
    tree = flat.node_tree
    tree.nodes.clear()
    em, out = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    link(tree, em.outputs[0], out.inputs[0])
    bpy.context.view_layer.material_override = flat
    hide("studio")
    c.max_bounces, c.use_denoising = 0, False
    c.samples, c.adaptive_threshold, c.adaptive_min_samples = shot.get("cover_samples", max(128, samples * 3)), 0.004, 32
    cover = np.clip(shoot(folder, "cover")[..., 3], 0, 1)
    cover = np.where(cover > 0.9985, 1, np.where(cover < 0.0015, 0, cover))
    if through is not None:
        through[..., 3] = np.minimum(through[..., 3], cover)
    return {"product": product, "cover": cover, "plate": plate} | ({"through": through} if through is not None else {})


def straight(rgba, alpha, least=0.06):
    """Unpremultiply. A partly covered pixel takes the colour of the product around it: its own few
    samples are too noisy to divide, and denoising does not treat colour and coverage alike."""
    own = rgba[..., :3] / np.maximum(rgba[..., 3:], 1e-4)
    acc, wgt = blur(rgba[..., :3], 1), blur(rgba[..., 3:], 1)
    near = acc / np.maximum(wgt, 1e-4)
    solid = np.clip((rgba[..., 3:] - 0.95) / 0.045, 0, 1)
    rgb = own * solid + near * (1 - solid)
    good = wgt[..., 0] > least
    rgb[~good] = 0
    reach = good.astype(np.float32)
    for _ in range(6):
        need = reach < 1
        if not need.any():
            break
        acc, wgt = blur(rgb * reach[..., None], 1), blur(reach[..., None], 1)
        fill = need & (wgt[..., 0] > 1e-4)
        rgb[fill] = (acc / np.maximum(wgt, 1e-6))[fill]
        reach[fill] = 1.0
    return np.concatenate([rgb, alpha[..., None]], -1)


def blur(x, radius):
    k = np.array((1.0, 2.0, 1.0)) / 4
    for axis in (0, 1):
        for _ in range(radius):
            p = np.concatenate([np.take(x, [0], axis), x, np.take(x, [-1], axis)], axis)
            n = x.shape[axis]
            x = sum(k[i] * np.take(p, range(i, i + n), axis) for i in range(3))
    return x


# ---------------------------------------------------------------- camera


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


# ---------------------------------------------------------------- shots


def S(name, product, category, view, material, build, paper, light, wb="neutral", **more):
    return {"name": name, "product": product, "category": category, "view": view, "material": material, "build": build, "paper": paper, "light": light, "wb": wb, **more}


EYE = {"aspect": (4, 3), "clear": True, "clear_bounces": 10, "fstop": 16}
SHOTS = [
    S("MUG-01_2", "blue mug", "kitchen", "angle", "glazed ceramic", mug, "white", "left", turn=-28, el=14, fill=0.66, aspect=(1, 1)),
    S("SHAMPOO-01_1", "shampoo bottle", "beauty", "front", "plastic, paper label", shampoo, "light grey", "right", turn=8, el=5, fill=0.80, aspect=(3, 4), iso=200),
    S("BOX-01_2", "printed carton", "packaging", "angle", "corrugated card, tape", carton, "mid grey", "left", "warm", ev=-0.35, turn=-33, el=20, fill=0.72, iso=400),
    S("VASE-01_1", "white vase", "home", "front", "white glazed ceramic on white", vase, "white", "top", ev=0.12, el=7, fill=0.76, aspect=(4, 5)),
    S("AC4102_1", "acetate glasses", "eyewear", "front", "tortoise acetate, clear lenses", acetate, "white", "top", turn=0, el=7, fill=0.74, focus=0.08, **EYE),
    S("AC4102_2", "acetate glasses", "eyewear", "angle", "tortoise acetate, clear lenses", acetate, "light grey", "left", turn=-35, el=16, fill=0.74, focus=0.25, gradient=(1, 60), **EYE),
    S("AC4102_3", "acetate glasses", "eyewear", "side", "tortoise acetate, clear lenses", acetate, "white", "right", "slightly warm", turn=-90, el=5, fill=0.74, focus=0.1, edge=("table", 1.3, "light grey"), **EYE),
    S("BOTTLE-01_1", "wine bottle", "food", "front", "green glass, paper label, foil", wine_bottle, "light grey", "two strips", el=4, fill=0.84, aspect=(2, 3), gradient=(-1, 70), clear=True, clear_bounces=12),
    S("BASKET-01_2", "wicker basket", "home", "angle", "woven straw with holes", basket, "white", "right", "slightly warm", turn=24, el=17, fill=0.76, aspect=(1, 1), edge=("roll", 1.30)),
    S("PLUSH-01_1", "plush toy", "toys", "front", "long fur, glossy eyes", plush, "powder blue", "top", turn=14, el=8, fill=0.70, aspect=(1, 1), iso=200),
    S("FLASK-01_1", "steel bottle", "outdoor", "front", "brushed steel, black cap", flask, "light grey", "two strips", "cool", turn=12, el=4, fill=0.86, aspect=(2, 3)),
    S("SPEAKER-01_2", "loudspeaker", "electronics", "angle", "matte black plastic", speaker, "dark grey", "left", ev=-0.4, turn=-26, el=9, fill=0.76, aspect=(4, 5), iso=400),
    S("SHOE-01_2", "slip-on shoe", "footwear", "angle", "canvas, rubber sole", slip_on, "sand", "left", turn=-152, el=16, fill=0.76, fstop=16, focus=0.3, iso=200),
    S("WALLET-01_2", "leather wallet", "accessories", "angle", "grained leather, stitching", wallet, "cream", "hard left", "warm", turn=-24, el=34, fill=0.72),
    S("MUG-01_1", "blue mug", "kitchen", "front", "glazed ceramic", mug, "light grey", "right", turn=6, el=7, fill=0.66, aspect=(1, 1)),
    S("BOX-01_1", "printed carton", "packaging", "front", "corrugated card, tape", carton, "white", "top", turn=0, el=8, fill=0.74, iso=200),
    S("SPEAKER-01_1", "loudspeaker", "electronics", "front", "matte black plastic", speaker, "light grey", "two strips", turn=0, el=5, fill=0.78, aspect=(4, 5)),
    S("SHOE-01_3", "slip-on shoe", "footwear", "side", "canvas, rubber sole", slip_on, "white", "right", turn=180, el=6, fill=0.78, fstop=22, focus=0.3),
    S("VASE-01_2", "white vase", "home", "angle", "white glazed ceramic", vase, "sage", "left", el=20, fill=0.74, aspect=(4, 5)),
    # the next five are meant to be stopped by a careful gate
    S("FLASK-02_1", "short steel bottle", "outdoor", "front", "brushed steel, cut off by the frame", flask, "light grey", "two strips", turn=12, el=4, fill=0.98, offset=(0.0, 0.34), aspect=(3, 4)),
    S("MUG-02_2", "green mug", "kitchen", "angle", "glazed ceramic on a full table", lambda rng: mug(rng, (0.20, 0.36, 0.24)), "table", "left", "slightly warm", turn=-28, el=14, fill=0.44, aspect=(4, 3), clutter=True, ambient=0.25, iso=800),
    S("SPEAKER-02_2", "black loudspeaker", "electronics", "angle", "black on black paper", speaker, "near black", "left", ev=-0.3, turn=28, el=9, fill=0.76, aspect=(4, 5), iso=1600, ambient=0.03),
    S("TUMBLER-01_1", "glass tumbler", "kitchen", "front", "clear glass on white", tumbler, "white", "top", el=8, fill=0.62, aspect=(1, 1), clear=True, clear_bounces=12),
    S("VASE-02_1", "white vase, amber light", "home", "front", "white ceramic, coloured light, hard shadow", vase, "white", "bare bulb", "amber", ev=-0.5, el=9, fill=0.62, aspect=(4, 5), ambient=0.02, iso=800),
]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--out", required=True, type=Path)
    p.add_argument("--only", nargs="*", help="shot names; default: all")
    p.add_argument("--size", type=int, default=1200, help="long side in pixels")
    p.add_argument("--samples", type=int, default=48)
    p.add_argument("--foreground", action="store_true", help="also write the straight foreground colours")
    p.add_argument("--threads", type=int, default=0, help="0: all cores")
    p.add_argument("--check", type=Path, help="folder for magenta composites")
    p.add_argument("--passes", type=Path, help="folder that keeps the linear renders; those found there are developed again, not rendered")
    args = p.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for index, shot in enumerate(SHOTS):
        if args.only and shot["name"] not in args.only:
            continue
        began = time.time()
        kept = args.passes / f"{shot['name']}.npz" if args.passes else None
        if kept and kept.exists():
            pictures = dict(np.load(kept))
        else:
            with tempfile.TemporaryDirectory() as tmp:
                pictures = render(shot, args.size, args.samples, args.threads, Path(tmp))
            if kept:
                args.passes.mkdir(parents=True, exist_ok=True)
                np.savez(kept, **pictures)
        save(shot, index, pictures, args.out, args.check, args.foreground)
        print(f"done {shot['name']} in {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
