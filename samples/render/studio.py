"""Paper, lamps and clutter around a product, and the camera that looks at it."""

from __future__ import annotations

import math

import bpy  # isort: skip  # first: it brings bmesh and mathutils
import numpy as np
from mathutils import Vector
from materials import link, pbr, srgb
from modelling import GROUP, add, ball, catmull, ellipse, fillet, grid, lathe, move, quad, rbox, shift, tube, turn

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
