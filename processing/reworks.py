"""What can be done about a picture that is not good enough: reworks as data, for people and for automatic repair."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from processing.errors import PermanentStepError
from processing.models import Rendition, RenditionKind, Step
from processing.providers import provider, readiness
from processing.providers.base import Capability, Request


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
    # The pictures made from the step get another seed as well: another position, another crop.
    reseeds: bool = False


_CUTOUT = (
    Rework("tighten", _("Tighten the edge by 1 px"), "cutout", {"edit": {"edit": "tighten", "px": 1}}),
    Rework("loosen", _("Loosen the edge by 1 px"), "cutout", {"edit": {"edit": "loosen", "px": 1}}),
    Rework(
        "decontaminate", _("Take the backdrop's colour out of the edge"), "cutout", {"edit": {"edit": "decontaminate"}}
    ),
    Rework("fill-holes", _("Fill holes in the product"), "cutout", {"edit": {"edit": "fill-holes"}}),
    Rework("remove-islands", _("Leave out small separate parts"), "cutout", {"edit": {"edit": "remove-islands"}}),
)
_LOOK = (
    Rework("keep-colour", _("Keep the photo's own colours"), "enhance", {"is_on": False}, est_seconds=2.0),
    Rework("less-enhancement", _("Half the enhancement"), "enhance", {"strength": 0.5}, est_seconds=2.0),
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
    "ISLAND": ("remove-islands", "engine:rembg", "engine:studio"),
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
    """Reworks that suit a rendition and can be done here, its own first; those of the cut-out change all pictures of it."""
    if rendition.kind == RenditionKind.GENERATED:
        return _variation(rendition)
    if rendition.kind == RenditionKind.CUTOUT:
        return [*_CUTOUT, *_engines(rendition), *_LOOK]
    shared = [*_LOOK, *_CUTOUT, *_engines(rendition)]
    if rendition.is_in_set:
        return [*_in_set(rendition), *shared]
    return shared if rendition.is_video else [*_on_plain(rendition), *shared]


def _variation(rendition: Rendition) -> list[Rework]:
    """Another picture for the same words. None where the provider is not among ours any more, or the words are not kept:
    then people can still decide about the picture."""
    made = rendition.provenance.get("generated", {})
    try:
        vendor = provider(str(rendition.provenance.get("engine", "")))
        request = Request(Capability(made["capability"]), str(made["told"]), options=made.get("options", {}))
    except (PermanentStepError, KeyError, ValueError):
        return []
    step, price = f"render:{rendition.name}", vendor.price(request)
    return [
        Rework("next-seed", gettext("Another variation"), step, {"raise": {"seed": 1}}, 20.0, price, needs_network=True)
    ]


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


def changed_params(step: Step, rework: Rework, *, made: str = "") -> tuple[dict[str, Any], str]:
    """Parameters and provider of a step under a rework. Edits of the edge add up; another engine starts afresh.

    `made`: key of the result that is to be changed. One that was paid for is edited as it is, and not asked for again.
    """
    changes = dict(rework.params)
    params, used = {**step.params}, step.provider
    if edit := changes.pop("edit", None):
        params["edits"] = [*params.get("edits", []), edit]
        if made and used.partition(":")[0] in readiness.hosted_names():
            params["on"], used = made, ""
    if "engine" in changes or "provider" in changes:
        # Options were those of another's model.
        params.pop("options", None)
    if "engine" in changes:
        for name in ("edits", "painted", "on"):
            params.pop(name, None)
    if spec := changes.pop("spec", None):
        params["spec"] = {**params["spec"], **spec}
    if quality_up := changes.pop("quality_up", 0):
        encode = params["spec"]["encode"]
        better = {**encode, "quality": min(100, encode["quality"] + quality_up), "subsampling": "4:4:4"}
        params["spec"] = {**params["spec"], "encode": better}
    for name, by in changes.pop("raise", {}).items():
        params[name] = int(params[name]) + by
    # What a person painted is made here, whoever had cut it out.
    provider = "" if "painted" in changes else str(changes.get("engine", changes.get("provider", used)))
    return {**params, **changes}, provider


def _engines(rendition: Rendition) -> list[Rework]:
    """The other engines that can work here: one that lacks its model is left out."""
    used = str(rendition.provenance.get("engine", ""))
    others = [name for name in ENGINES if name != used and not provider(name).unavailable_reason()]
    local = [
        Rework(
            f"engine:{name}",
            gettext("Cut out with %(name)s") % {"name": name},
            "cutout",
            {"engine": name},
            6.0,
        )
        for name in others
    ]
    return [*local, *_hosted(Capability.REMOVE_BACKGROUND, used=used)]


def _hosted(capability: Capability, *, used: str, style: str = "") -> list[Rework]:
    """The same by each hosted provider that is set up here, with its price: chosen by a person, never by itself."""
    found = []
    for name in readiness.hosted_names():
        vendor = provider(name)
        if name == used or vendor.unavailable_reason() or capability not in vendor.capabilities:
            continue
        price = vendor.price(Request(capability))
        if capability is Capability.REMOVE_BACKGROUND:
            change = (
                f"engine:{name}",
                gettext("Cut out with %(name)s") % {"name": name},
                "cutout",
                {"engine": name},
            )
        else:
            change = (
                f"background:{name}",
                gettext("Background by %(name)s") % {"name": name},
                f"background:{style}",
                {"provider": name},
            )
        found.append(Rework(*change, est_seconds=20.0, est_cost=price, needs_network=True))
    return found


def _in_set(rendition: Rendition) -> list[Rework]:
    step = f"render:{rendition.name}"
    used = str(rendition.spec.get("shadow", ""))
    step_of_set, change = f"background:{rendition.style}", {"raise": {"seed": 1}}
    scene = Rework("next-background", gettext("Another background"), step_of_set, change, 2.0, reseeds=True)
    position = Rework("next-seed", gettext("Another position in the same set"), step, {"raise": {"seed": 1}}, 1.0)
    shadows = [
        Rework(f"shadow:{name}", f"Shadow: {name.replace('-', ' ')}", step, {"spec": {"shadow": name}}, 1.0)
        for name in SHADOWS
        if name != used
    ]
    used_provider = str(rendition.provenance.get("backplate", "")).partition("-")[0]
    sets = _hosted(Capability.GENERATE_BACKGROUND, used=used_provider, style=rendition.style)
    return [scene, position, *shadows, *sets]


def _on_plain(rendition: Rendition) -> list[Rework]:
    step = f"render:{rendition.name}"
    return [
        Rework("fill-frame", gettext("Fill the frame, enlarging the product"), step, {"spec": {"enlarge": True}}, 1.0),
        Rework("more-room", gettext("More room around the product"), step, {"spec": {"fill": 0.8}}, 1.0),
        Rework("sharper-file", gettext("Higher file quality"), step, {"quality_up": 5}, 1.0),
    ]
