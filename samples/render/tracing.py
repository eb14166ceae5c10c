"""One shot path-traced: product alone, its coverage, the studio without it."""

from __future__ import annotations

import bpy  # isort: skip  # first: it brings bmesh and mathutils
import numpy as np
from mathutils import Vector
from PIL import Image
from materials import link
from modelling import GROUP
from studio import aim, backdrop, light, place


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
