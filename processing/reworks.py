"""What can be done about a picture that is not good enough: reworks as data, for people and for automatic repair."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from processing.models import Rendition, RenditionKind, Step
from processing.providers import provider


@dataclass(frozen=True)
class Rework:
    """Another way to make a picture: `step` is done again with `params` over its own, and all that depends on it."""

    id: str
    label: str
    step: str
    params: dict[str, Any] = field(default_factory=dict)
    est_seconds: float = 3.0
    est_cost: Decimal = Decimal(0)
    needs_network: bool = False


_CUTOUT = (
    Rework("tighten", "Tighten the edge by 1 px", "cutout", {"edge": "tighten", "edge_px": 1}),
    Rework("loosen", "Loosen the edge by 1 px", "cutout", {"edge": "loosen", "edge_px": 1}),
    Rework("decontaminate", "Take the backdrop's colour out of the edge", "cutout", {"edge": "decontaminate"}),
    Rework("fill-holes", "Fill holes in the product", "cutout", {"edge": "fill-holes"}),
)
_LOOK = (
    Rework("keep-colour", "Keep the photo's own colours", "enhance", {"is_on": False}, est_seconds=2.0),
    Rework("less-enhancement", "Half the enhancement", "enhance", {"strength": 0.5}, est_seconds=2.0),
)
ENGINES = ("studio", "rembg")
SHADOWS = ("none", "soft-drop", "natural", "ambient", "natural-outdoor")
# The rework that answers a doubt best, by check code, in order of trust.
ANSWERS: dict[str, tuple[str, ...]] = {
    "EDGE_HALO": ("decontaminate", "tighten", "engine:rembg"),
    "EDGE_TIGHT": ("loosen", "engine:rembg"),
    "EDGE_ROUGH": ("engine:rembg", "engine:studio", "tighten"),
    "EDGE_SOFT": ("tighten", "engine:rembg"),
    "EDGE_LOST": ("engine:rembg", "engine:studio"),
    "HOLE": ("fill-holes", "engine:rembg"),
    "ISLAND": ("engine:rembg", "engine:studio"),
    "PART_MISSING": ("engine:rembg", "engine:studio", "loosen"),
    "RESIDUE": ("engine:rembg", "engine:studio"),
    "SHADOW_LEFT": ("engine:rembg", "engine:studio", "tighten"),
    "CONFIDENCE": ("engine:rembg", "engine:studio"),
    "COLOUR_DRIFT": ("keep-colour", "less-enhancement"),
    "EXPOSURE": ("less-enhancement", "keep-colour"),
    "BG_MATCH": ("next-background",),
    "CONTACT": ("next-background", "shadow:ambient"),
    "SCALE": ("next-background",),
    "FIDELITY": ("next-background",),
    "FILL": ("fill-frame",),
    "MARGIN": ("more-room",),
}


def reworks_for(rendition: Rendition) -> list[Rework]:
    """Reworks that suit a rendition and can be done here. Those of the cut-out belong to every picture made from it."""
    found = [*_CUTOUT, *_engines(rendition), *_LOOK]
    if rendition.kind in (RenditionKind.STYLE, RenditionKind.CAMPAIGN):
        found = [*_in_set(rendition), *_LOOK]
    elif rendition.kind != RenditionKind.CUTOUT:
        found = [*_on_plain(rendition), *_LOOK]
    return found


def rework_for(rendition: Rendition, rework_id: str) -> Rework:
    """The rework of this id. ValueError when it does not suit the rendition."""
    for rework in reworks_for(rendition):
        if rework.id == rework_id:
            return rework
    raise ValueError(f"There is no rework {rework_id!r} for {rendition.name}.")


def suggested(rendition: Rendition, doubts: Iterable[str]) -> Rework | None:
    """The rework most likely to help against these check codes, worst first; None when there is none."""
    there = {rework.id: rework for rework in reworks_for(rendition)}
    for code in doubts:
        for rework_id in ANSWERS.get(code, ()):
            if rework_id in there:
                return there[rework_id]
    return None


def changed_params(step: Step, rework: Rework) -> tuple[dict[str, Any], str]:
    """Parameters and provider of a step under a rework."""
    params = {**step.params, **rework.params}
    if "spec" in rework.params:
        params["spec"] = {**step.params["spec"], **rework.params["spec"]}
    for name, by in rework.params.get("raise", {}).items():
        params[name] = int(step.params[name]) + by
    params.pop("raise", None)
    return params, str(rework.params.get("engine", step.provider))


def _engines(rendition: Rendition) -> list[Rework]:
    """The other engines that can work here: one that lacks its model is left out."""
    used = str(rendition.provenance.get("engine", ""))
    others = [name for name in ENGINES if name != used and not provider(name).unavailable_reason()]
    return [Rework(f"engine:{name}", f"Cut out with {name}", "cutout", {"engine": name}, 6.0) for name in others]


def _in_set(rendition: Rendition) -> list[Rework]:
    step = f"render:{rendition.name}"
    used = str(rendition.spec.get("shadow", ""))
    scene = Rework(
        "next-background", "Another background", f"background:{rendition.style}", {"raise": {"seed": 1}}, 2.0
    )
    position = Rework("next-seed", "Another position in the same set", step, {"raise": {"seed": 1}}, 1.0)
    shadows = [
        Rework(f"shadow:{name}", f"Shadow: {name.replace('-', ' ')}", step, {"spec": {"shadow": name}}, 1.0)
        for name in SHADOWS
        if name != used
    ]
    return [scene, position, *shadows]


def _on_plain(rendition: Rendition) -> list[Rework]:
    step = f"render:{rendition.name}"
    return [
        Rework("fill-frame", "Fill the frame, enlarging the product", step, {"spec": {"enlarge": True}}, 1.0),
        Rework("more-room", "More room around the product", step, {"spec": {"fill": 0.8}}, 1.0),
        Rework("sharper-file", "Higher file quality", step, {"quality_up": 5}, 1.0),
    ]
