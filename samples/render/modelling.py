"""Shapes as bpy meshes: surfaces of revolution, tubes, slabs, boxes, hair, and how they are put together."""

from __future__ import annotations

import math

import bpy  # isort: skip  # first: it brings bmesh and mathutils
import bmesh
import numpy as np
from mathutils import Matrix


TAU = 2 * math.pi
GROUP = {"now": None}  # the collection that new objects go to


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
