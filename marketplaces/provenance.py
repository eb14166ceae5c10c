"""What a picture truly is, for the IPTC digital source type it carries, and the receipt that explains a file."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from catalog.files import load
from processing.imaging.metadata import read_metadata
from processing.models import Artifact, Rendition, Step

ALL_GENERATED = "trainedAlgorithmicMedia"
PARTLY_GENERATED = "compositeWithTrainedAlgorithmicMedia"
DRAWN_SCENE = "compositeSynthetic"
# The engines whose pixels come from a generative model. A hosted segmentation only finds the product and adds nothing.
GENERATIVE = ("replicate", "firefly", "gemini")
_STRENGTH = ("", "compositeCapture", DRAWN_SCENE, PARTLY_GENERATED, ALL_GENERATED)


def source_type_of(rendition: Rendition) -> str:
    """IPTC term for a rendition; empty for a plain cut-out of a photo.

    A generated or edited photo that came in says so in its own metadata, and that is never lost on the way.
    """
    terms = [_incoming(rendition)]
    if rendition.is_in_set:
        terms.append(PARTLY_GENERATED if _has_generated_set(rendition) else DRAWN_SCENE)
    if _has_generated_pixels(rendition):
        terms.append(PARTLY_GENERATED)
    return max(terms, key=_STRENGTH.index)


def _incoming(rendition: Rendition) -> str:
    image = rendition.job.source_image
    if image is None:
        return ""
    term = _photo_source_type(image.sha256, image.path)
    return term if term in _STRENGTH else ""


@lru_cache(maxsize=512)
def _photo_source_type(sha256: str, path: str) -> str:
    try:
        address = read_metadata(load(path)).get("digital_source_type", "")
    except FileNotFoundError:  # removed by the retention rule: it had been read when the first file was made
        return ""
    return address.rsplit("/", 1)[-1]


def _has_generated_set(rendition: Rendition) -> bool:
    """A set made by a generating provider carries its prompt in its metadata."""
    keys = [key for name, key in _steps(rendition).items() if name.startswith("background:")]
    plates = Artifact.objects.filter(step_key__in=keys, role="background").values_list("meta", flat=True)
    return any(meta.get("plate", {}).get("prompt") for meta in plates)


def _has_generated_pixels(rendition: Rendition) -> bool:
    steps = rendition.job.steps.filter(name__in=_steps(rendition)).exclude(kind="cutout")
    return any(provider.startswith(GENERATIVE) for provider in steps.values_list("provider", flat=True))


def _steps(rendition: Rendition) -> Mapping[str, str]:
    steps: Mapping[str, str] = rendition.provenance.get("steps", {})
    return steps


def versions_of(rendition: Rendition) -> dict[str, str]:
    """Versions of code and models by step: of those whose key is still what the code of now comes to. Another version has
    made the others, and which one is only in their key."""
    # The steps' own code, which the web process does without.
    from processing.reading import key_of, version_of

    steps, keys = steps_behind(rendition)
    return {step.name: version_of(step) for step in steps if key_of(step, keys) == keys[step.name]}


def steps_behind(rendition: Rendition) -> tuple[list[Step], dict[str, str]]:
    """The steps a rendition was made by, those that they use among them, in their order; and their keys at that time."""
    every = {step.name: step for step in rendition.job.steps.all()}
    wanted, open_names = set[str](), list(_steps(rendition))
    while open_names:
        name = open_names.pop()
        if name in every and name not in wanted:
            wanted.add(name)
            open_names += every[name].needs
    steps = sorted((every[name] for name in wanted), key=lambda step: step.position)
    return steps, {step.name: step.key for step in steps} | dict(_steps(rendition))


def _model_hash(engine: str, version: str) -> str:
    """Hash of the model file behind an engine, as far as it has one of its own. A hosted engine names its model in its
    version."""
    if engine.startswith("rembg"):
        return version.rpartition("-")[2].removesuffix("absent")
    if engine == "studio":
        # Another version had other weights; which ones is not known any more.
        from processing.providers.studio import make

        return _studio_weights() if make().version() == version else ""
    return ""


@lru_cache(maxsize=1)
def _studio_weights() -> str:
    return hashlib.sha256((files("processing.imaging.matting") / "weights.onnx").read_bytes()).hexdigest()[:16]


def receipt_of(rendition: Rendition, *, made: Mapping[str, Any]) -> dict[str, Any]:
    """All that is needed to explain a file and to make it again. `made`: what the export did to the rendition's file."""
    facts = rendition.provenance
    image = rendition.job.source_image
    return {
        "sku": rendition.job.sku,
        "rendition": rendition.pk,
        "name": rendition.name,
        "job": rendition.job_id,
        "batch": rendition.job.batch_id,
        "approved_at": rendition.decided_at.isoformat() if rendition.decided_at else "",
        "source": {
            "file": rendition.job.file,
            "sha256": facts.get("source_sha256") or (image.sha256 if image else ""),
        },
        "recipe": facts.get("recipe", {}),
        "engine": {key: facts.get(f"engine{suffix}", "") for key, suffix in (("name", ""), ("version", "_version"))}
        | {"model_hash": _model_hash(str(facts.get("engine", "")), str(facts.get("engine_version", "")))},
        "scene": {key: facts[key] for key in ("style", "backplate", "seed") if facts.get(key) not in (None, "")},
        "steps": dict(_steps(rendition)),
        "versions": versions_of(rendition),
        "fallbacks": facts.get("fallbacks", []),
        "artifact_sha256": rendition.artifact.sha256,
        "made": dict(made),
    }
