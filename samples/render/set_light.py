"""Surfaces, glowing things, lamps and skies of the sets."""

from __future__ import annotations

import math

import bpy  # isort: skip  # first: it brings mathutils
import numpy as np
from mathutils import Vector
from materials import link, pbr
from modelling import add


def pixels(name, array, *, colour):
    """A numpy picture as a Blender image; float (linear data) unless it is a display colour."""
    h, w = array.shape[:2]
    rgba = np.ones((h, w, 4), np.float32)
    rgba[..., :3] = array if array.ndim == 3 else array[..., None]
    img = bpy.data.images.new(name, w, h, alpha=False, float_buffer=not colour)
    img.colorspace_settings.name = "sRGB" if colour else "Non-Color"
    img.pixels.foreach_set(rgba[::-1].ravel())
    img.update()
    return img


GROUND = {}  # the surface products stand on, kept for the fine detail added when developing


def surfaced(name, surface, size, origin, *, coat=0.0, sheen=0.0, spec=0.5, bump=1.0):
    """Principled material from a Surface laid over the x-y plane; origin is the near left corner."""
    GROUND.update(surface=surface, size=size, origin=origin, bump=bump)
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    tree = m.node_tree
    b = tree.nodes["Principled BSDF"]
    b.inputs["Coat Weight"].default_value, b.inputs["Sheen Weight"].default_value = coat, sheen
    b.inputs["Specular IOR Level"].default_value = spec
    coord, mapping = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (1 / size[1], 1 / size[0], 1)
    mapping.inputs["Location"].default_value = (-origin[0] / size[1], -origin[1] / size[0], 0)
    link(tree, coord.outputs["Object"], mapping.inputs["Vector"])
    for key, array in (("Base Color", surface.albedo), ("Roughness", surface.rough), ("Normal", surface.height)):
        tex = tree.nodes.new("ShaderNodeTexImage")
        tex.image = pixels(f"{name} {key}", array, colour=key == "Base Color")
        tex.extension = "MIRROR"
        link(tree, mapping.outputs["Vector"], tex.inputs["Vector"])
        if key != "Normal":
            link(tree, tex.outputs["Color"], b.inputs[key])
            continue
        node = tree.nodes.new("ShaderNodeBump")
        node.inputs["Distance"].default_value = 1.0
        node.inputs["Strength"].default_value = bump
        link(tree, tex.outputs["Color"], node.inputs["Height"])
        link(tree, node.outputs["Normal"], b.inputs["Normal"])
    return m


def emitter(name, colour, strength, sampled=True):
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    tree = m.node_tree
    tree.nodes.clear()
    em, out = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    em.inputs[0].default_value, em.inputs[1].default_value = (*colour, 1), strength
    link(tree, em.outputs[0], out.inputs[0])
    if not sampled:
        m.cycles.emission_sampling = "NONE"
    return m


def picture_emitter(name, array, strength):
    """Emission from a picture over a quad's UV map: a view through a window, a screen."""
    m = emitter(name, (1, 1, 1), strength)
    tex = m.node_tree.nodes.new("ShaderNodeTexImage")
    tex.image = pixels(name, array, colour=True)
    link(m.node_tree, tex.outputs["Color"], next(n for n in m.node_tree.nodes if n.type == "EMISSION").inputs[0])
    return m


def leafy(name, colour, rough=0.45, through=0.4, glow=(1.7, 1.5, 0.6)):
    """A thin thing that light shines through; leaves glow yellower than they reflect."""
    m = pbr(name, colour, rough, hue_jitter=0.25 if glow[0] != glow[2] else 0.0)
    tree = m.node_tree
    b, out = tree.nodes["Principled BSDF"], tree.nodes["Material Output"]
    tr, mx = tree.nodes.new("ShaderNodeBsdfTranslucent"), tree.nodes.new("ShaderNodeMixShader")
    tr.inputs[0].default_value = (*(min(c * g, 1) for c, g in zip(colour, glow)), 1)
    mx.inputs[0].default_value = through
    link(tree, b.outputs[0], mx.inputs[1])
    link(tree, tr.outputs[0], mx.inputs[2])
    link(tree, mx.outputs[0], out.inputs["Surface"])
    return m


def sheer(name, colour=(0.9, 0.9, 0.88), open_share=0.35):
    """Curtain voile: part holes, part glowing cloth."""
    m = leafy(name, colour, 0.9, 0.6, (1, 1, 1))
    tree = m.node_tree
    out = tree.nodes["Material Output"]
    last = out.inputs["Surface"].links[0].from_socket
    clear, mx = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeMixShader")
    mx.inputs[0].default_value = open_share
    link(tree, last, mx.inputs[1])
    link(tree, clear.outputs[0], mx.inputs[2])
    link(tree, mx.outputs[0], out.inputs["Surface"])
    return m


def area(at, target, size, watts, colour=(1, 1, 1), spread=180):
    data = bpy.data.lights.new("area", "AREA")
    data.energy, data.shape, data.size, data.size_y, data.color = watts, "RECTANGLE", size[0], size[1], colour
    data.spread = math.radians(spread)
    obj = add(bpy.data.objects.new("area", data))
    obj.location = at
    obj.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    obj.visible_camera = False
    return obj


def sun(azimuth, elevation, strength, colour=(1, 0.95, 0.88), angle=0.6):
    """Azimuth as in the backplates' metadata: 0 from the right, 90 from behind the product."""
    a, e = math.radians(azimuth), math.radians(elevation)
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.color, data.angle = strength, colour, math.radians(angle)
    obj = add(bpy.data.objects.new("sun", data))
    obj.rotation_euler = Vector((math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e))).to_track_quat("Z", "Y").to_euler()
    return obj


def world(colour, strength):
    w = bpy.data.worlds.new("room")
    bpy.context.scene.world = w
    w.use_nodes = True
    bg = w.node_tree.nodes["Background"]
    bg.inputs[0].default_value, bg.inputs[1].default_value = (*colour, 1), strength
    return w


def sky(azimuth, elevation, strength, *, dust=1.0, air=1.0, ozone=1.5):
    w = world((1, 1, 1), strength)
    tex = w.node_tree.nodes.new("ShaderNodeTexSky")
    tex.sky_type, tex.sun_disc = "NISHITA", False
    tex.sun_elevation, tex.sun_rotation = math.radians(elevation), math.radians(90 - azimuth)
    tex.dust_density, tex.air_density, tex.ozone_density = dust, air, ozone
    link(w.node_tree, tex.outputs[0], w.node_tree.nodes["Background"].inputs[0])
