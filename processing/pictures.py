"""From a render step's files to a rendition with its checks."""

import base64
from collections.abc import Sequence
from typing import Any

from processing.models import Artifact, Check, Job, Rendition, RenditionState, Step


def keep_picture(job: Job, step: Step, artifacts: Sequence[Artifact]) -> Rendition | None:
    """The rendition of a finished render step: new, or the one that is there when nothing has changed.

    A remake takes the place of the old one, which stays as history. Call inside the step's transaction.
    """
    files = {artifact.role: artifact for artifact in artifacts}
    if step.kind != "render" or "file" not in files:
        return None
    file = files["file"]
    name = str(step.params["spec"]["name"])
    old = Rendition.objects.select_for_update().filter(job=job, name=name, is_current=True).first()
    if old is not None and old.artifact_id == file.pk and old.state != RenditionState.REWORK:
        return old
    if old is not None:
        Rendition.objects.filter(pk=old.pk).update(is_current=False)
    made = Rendition.objects.create(
        job=job,
        variant_id=job.variant_id,
        parent=_parent(job, step),
        name=name,
        kind=step.params["kind"],
        style=step.params.get("style", ""),
        spec=file.meta["spec"],
        artifact=file,
        attempt=old.attempt + 1 if old else 1,
        score=file.meta["score"],
        provenance=_provenance(job, file, thumb=files.get("thumb")),
        notes=_notes(job, file),
    )
    Check.objects.bulk_create([_check(made, values) for values in file.meta["checks"]])
    return made


def _parent(job: Job, step: Step) -> Rendition | None:
    name = step.params.get("parent")
    return Rendition.objects.filter(job=job, name=name, is_current=True).first() if name else None


def _check(rendition: Rendition, values: dict[str, Any]) -> Check:
    heat = values["heat"]
    return Check(
        rendition=rendition,
        code=values["code"],
        value=values["value"],
        unit=values["unit"],
        limit=values["limit"],
        passed=values["passed"],
        is_hard=values["hard"],
        box=values["box"],
        worst=values["worst"],
        heat=base64.b64decode(heat) if heat else None,
        detail=values["detail"],
    )


def _made_by(job: Job) -> dict[str, dict[str, Artifact]]:
    """Artifacts of the job's finished steps, by step name and role."""
    keys = dict(job.steps.exclude(key="").values_list("name", "key"))
    found: dict[str, dict[str, Artifact]] = {name: {} for name in keys}
    rows = Artifact.objects.filter(step_key__in=keys.values(), role__in=["proxy", "overlay", "cutout"])
    by_key: dict[str, list[Artifact]] = {}
    for row in rows:
        by_key.setdefault(row.step_key, []).append(row)
    for name, key in keys.items():
        found[name] = {row.role: row for row in by_key.get(key, ())}
    return found


def _provenance(job: Job, file: Artifact, *, thumb: Artifact | None) -> dict[str, Any]:
    made = _made_by(job)
    cutout = made.get("cutout", {}).get("cutout")
    meta = cutout.meta if cutout else {}
    overlay, proxy = made.get("cutout", {}).get("overlay"), made.get("prepare", {}).get("proxy")
    return {
        "source_sha256": job.snapshot["source"]["sha256"],
        "recipe": {name: job.snapshot["recipe"][name] for name in ("name", "version")},
        "engine": meta.get("engine", ""),
        "engine_version": meta.get("engine_version", ""),
        "confidence": meta.get("confidence"),
        "fallbacks": [*meta.get("fallbacks", []), *([file.meta["set_note"]] if file.meta.get("set_note") else [])],
        "seed": file.meta.get("seed"),
        "style": file.meta.get("style", ""),
        "backplate": file.meta.get("backplate", ""),
        "steps": {step.name: step.key for step in job.steps.exclude(key="")},
        "file_key": file.step_key,
        "proxy": proxy.sha256 if proxy else "",
        "overlay": overlay.sha256 if overlay else "",
        "thumb": thumb.sha256 if thumb else "",
    }


NOTES = {
    "enlarged": "The product was enlarged above its photo.",
    "source-too-small": "The photo is too small to fill the frame as ordered; the product was not enlarged.",
    "set-continued": "The background was continued beyond its edge.",
    "touches-frame": "The product touches the frame of the photo.",
    "cluttered-backdrop": "The backdrop is not plain.",
    "low-contrast": "Product and backdrop are hard to tell apart.",
    "see-through": "Parts of the product are see-through.",
    "several-objects": "There are several separate objects.",
    "stand-at-frame": "Something like a stand reaches in from the frame.",
    "already-cut": "The photo came with transparency, which was kept.",
}


def _notes(job: Job, file: Artifact) -> list[str]:
    """Fallbacks and reductions in words. What concerns the cut-out is said once, there."""
    notes = [NOTES.get(code, code) for code in file.meta["notes"]]
    if file.meta.get("set_note"):
        notes.append(file.meta["set_note"])
    if file.meta.get("layout") == "cropped":
        notes += [
            note for note in job.steps.filter(kind__in=["cutout", "enhance"]).values_list("note", flat=True) if note
        ]
    return notes
