"""Materials of bpy's renderer, and labels drawn with Pillow."""

from __future__ import annotations

import math

import bpy  # isort: skip  # first: it brings bmesh and mathutils
import numpy as np
from PIL import Image, ImageDraw, ImageFont


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
