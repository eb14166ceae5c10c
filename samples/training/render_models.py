"""Models from files to path-trace: the OBJ and GLB files of a folder, with their own paints and textures.

Only models of goods, and only such as may be used: README.md says which were and under what licence.
"""

import os
import re
from pathlib import Path

import bpy  # isort: skip  # first: it brings mathutils
import numpy as np

from samples.render import render_products as kit

_MOST_BYTES = 12_000_000  # of an OBJ file; larger ones take minutes
_SHARP_DEGREES = 40
_SOLID = 0.97  # opacity of a paint from which it is no glass
_OPACITY = re.compile(r"^\s*d\s+([\d.]+)", re.MULTILINE)
_CUT_OUT = re.compile(r"^\s*map_d\b", re.MULTILINE)


def find_models(folder: Path) -> list[Path]:
    """OBJ and GLB files below a folder, also through links, in order of their names.

    Left out: leaves painted on cards, whose opacity is in a picture: their true coverage would be the card's.
    """
    files = sorted(Path(found) / name for found, _, names in os.walk(folder, followlinks=True) for name in names)
    models = [path for path in files if path.suffix.lower() in (".obj", ".glb") and path.stat().st_size < _MOST_BYTES]
    models = [path for path in models if not _CUT_OUT.search(_paints(path))]
    if not models:
        raise SystemExit(f"no OBJ or GLB files below {folder}")
    return models


def is_clear(model: Path) -> bool:
    """Whether some of its paints are glass."""
    return any(float(opacity) < _SOLID for opacity in _OPACITY.findall(_paints(model)))


def _paints(model: Path) -> str:
    if model.suffix.lower() != ".obj":
        return ""
    return "\n".join(path.read_text(errors="replace") for path in sorted(model.parent.glob("*.mtl")))


def imported(model: Path, rng: np.random.Generator) -> None:
    """Put the model into the group that is being built; ValueError when it holds no surface."""
    before = set(bpy.data.objects)
    if model.suffix.lower() == ".obj":
        bpy.ops.wm.obj_import(filepath=str(model))
    else:
        bpy.ops.import_scene.gltf(filepath=str(model))
    bpy.context.view_layer.update()
    new = [thing for thing in bpy.data.objects if thing not in before]
    surfaces = [thing for thing in new if thing.type == "MESH" and len(thing.data.polygons)]
    if not surfaces:
        raise ValueError(f"{model.name} holds no surface")
    for thing in surfaces:
        _take_over(thing)
    for thing in new:
        if thing not in surfaces:
            bpy.data.objects.remove(thing)
    for paint in {slot.material for thing in surfaces for slot in thing.material_slots if slot.material}:
        _settle(paint, rng)


def _take_over(thing) -> None:
    """Out of its own tree and collections, standing where it stood there."""
    stands = thing.matrix_world.copy()
    thing.parent = None
    thing.matrix_world = stands
    for collection in tuple(thing.users_collection):
        collection.objects.unlink(thing)
    kit.GROUP["now"].objects.link(thing)
    if not thing.data.has_custom_normals:
        thing.data.polygons.foreach_set("use_smooth", [True] * len(thing.data.polygons))
        thing.data.set_sharp_from_angle(angle=np.radians(_SHARP_DEGREES))


def _settle(paint, rng: np.random.Generator) -> None:
    """Glass becomes the renderer's glass, everything else quite solid: the coverage is that of the surface."""
    node = paint.node_tree.nodes.get("Principled BSDF") if paint.use_nodes else None
    if node is None:
        return
    opacity = node.inputs["Alpha"]
    if not opacity.is_linked and opacity.default_value < _SOLID:
        _become_glass(paint, node)
        return
    for joint in tuple(opacity.links):
        paint.node_tree.links.remove(joint)
    opacity.default_value = 1
    node.inputs["Emission Strength"].default_value = 0
    if rng.random() < 0.4:
        node.inputs["Roughness"].default_value = rng.uniform(0.05, 0.9)


def _become_glass(paint, node) -> None:
    """As kit.glass makes it, in the paint's own colour: the fainter the paint, the paler."""
    share = node.inputs["Alpha"].default_value
    tint = [float(1 - share * (1 - value)) for value in node.inputs["Base Color"].default_value[:3]]
    clear = kit.glass(f"{paint.name} glass", tuple(np.clip(tint, 0.05, 0.98)))
    paint.user_remap(clear)
