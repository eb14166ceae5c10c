"""From render steps' files to renditions with their checks."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from processing.models import Artifact, Check, Job, Rendition, RenditionState, Step

# Kinds of steps whose file becomes a rendition.
MAKING = ("render", "generate", "clip")


@dataclass
class Made:
    """What a job has so far: step keys and notes by name, artifacts by step and role. `find` reads a row that an earlier
    worker has written."""

    find: Callable[[str, str], Artifact | None]
    keys: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    artifacts: dict[tuple[str, str], Artifact] = field(default_factory=dict)

    def artifact(self, step: str, role: str) -> Artifact | None:
        place = (step, role)
        if place not in self.artifacts and (found := self.find(step, role)) is not None:
            self.artifacts[place] = found
        return self.artifacts.get(place)


def keep_pictures(job: Job, steps: Sequence[Step], *, made: Made) -> None:
    """The renditions of finished render steps: new ones, or those that are there where nothing has changed.

    A remake takes the place of the old one, which stays as history. Call inside the steps' transaction.
    """
    made_here = (step for step in steps if step.kind in MAKING)
    files = {step: file for step in made_here if (file := made.artifact(step.name, "file"))}
    if not files:
        return
    there = {row.name: row for row in Rendition.objects.select_for_update().filter(job=job, is_current=True)}
    changed = {step: file for step, file in files.items() if _is_changed(there.get(_name(step)), file)}
    old = {name: there[name] for name in map(_name, changed) if name in there}
    Rendition.objects.filter(pk__in=[row.pk for row in old.values()]).update(is_current=False)
    # A parent is made before what is made from it: cut-out, main picture, sizes.
    for parents in ({""}, {"cutout"}, {"main"}):
        level = [step for step in changed if step.params.get("parent", "") in parents]
        rows = [_rendition(job, step, changed[step], made=made, old=old, there=there) for step in level]
        there.update({row.name: row for row in Rendition.objects.bulk_create(rows)})
    # What stays as it was hangs on the new row from now on: below an old one it could never ship.
    for name, row in old.items():
        Rendition.objects.filter(parent=row, is_current=True).update(parent=there[name])
    Check.objects.bulk_create(
        [_check(there[_name(step)], values) for step, file in changed.items() for values in file.meta["checks"]]
    )


def _name(step: Step) -> str:
    return str(step.params["spec"]["name"])


def _is_changed(old: Rendition | None, file: Artifact) -> bool:
    return old is None or old.artifact_id != file.pk or old.state == RenditionState.REWORK


def _rendition(  # all of them named, and one caller
    job: Job, step: Step, file: Artifact, *, made: Made, old: dict[str, Rendition], there: dict[str, Rendition]
) -> Rendition:
    name = _name(step)
    return Rendition(
        job=job,
        variant_id=job.variant_id,
        parent=there.get(str(step.params.get("parent", ""))),
        name=name,
        kind=step.params["kind"],
        style=step.params.get("style", ""),
        spec=file.meta["spec"],
        artifact=file,
        attempt=old[name].attempt + 1 if name in old else 1,
        score=file.meta["score"],
        provenance=_provenance(job, step, file, made),
        notes=_notes(file, made),
    )


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
        backdrop=values.get("backdrop", ""),
    )


def _provenance(job: Job, step: Step, file: Artifact, made: Made) -> dict[str, Any]:
    cutout = made.artifact("cutout", "cutout")
    meta = cutout.meta if cutout else {}
    set_note = file.meta.get("set_note")
    return {
        "source_sha256": job.snapshot["source"]["sha256"],
        "recipe": {name: job.snapshot["recipe"][name] for name in ("name", "version")},
        "engine": meta.get("engine") or file.meta.get("engine", ""),
        "engine_version": meta.get("engine_version") or file.meta.get("engine_version", ""),
        "engine_reason": meta.get("engine_reason", ""),
        "confidence": meta.get("confidence"),
        "hand_edited": meta.get("hand_edited"),
        "fallbacks": [*meta.get("fallbacks", []), *([set_note] if set_note else [])],
        "seed": file.meta.get("seed"),
        "style": file.meta.get("style", ""),
        "backplate": file.meta.get("backplate", ""),
        "steps": {name: made.keys[name] for name in (*step.needs, step.name)},
        "proxy": _sha(made.artifact("prepare", "proxy")),
        "overlay": _sha(made.artifact("cutout", "overlay")),
        "thumb": _sha(made.artifact(step.name, "thumb")),
        **({"generated": file.meta["generated"]} if "generated" in file.meta else {}),
        **(_of_clip(step, file, made) if "clip" in file.meta else {}),
    }


def _of_clip(step: Step, file: Artifact, made: Made) -> dict[str, Any]:
    """What stands for a video where pictures are shown: its first frame, and a strip of frames."""
    shown = {role: _sha(made.artifact(step.name, role)) for role in ("poster", "strip")}
    return {"clip": file.meta["clip"], **shown}


def _sha(artifact: Artifact | None) -> str:
    return artifact.sha256 if artifact else ""


NOTES = {
    "enlarged": "The product was enlarged above its photo.",
    "source-too-small": "The photo is too small to fill the frame as ordered; the product was not enlarged.",
    "set-continued": "The background was continued beyond its edge.",
    "held-above": "It hangs from above the picture, as in its photo.",
    "touches-frame": "The product touches the frame of the photo.",
    "cluttered-backdrop": "The backdrop is not plain.",
    "low-contrast": "Product and backdrop are hard to tell apart.",
    "see-through": "Parts of the product are see-through.",
    "clear-glass": "It is of clear glass: what lies behind shows through.",
    "several-objects": "There are several separate objects.",
    "stand-at-frame": "Something like a stand reaches in from the frame.",
    "already-cut": "The photo came with transparency, which was kept.",
}


def _notes(file: Artifact, made: Made) -> list[str]:
    """Fallbacks and reductions in words. What concerns the cut-out is said once, there."""
    notes = [NOTES.get(code, code) for code in file.meta["notes"]]
    if file.meta.get("set_note"):
        notes.append(file.meta["set_note"])
    if file.meta.get("layout") == "cropped":
        notes += [made.notes[name] for name in ("cutout", "enhance", "ghost", "retouch") if made.notes.get(name)]
    return notes
