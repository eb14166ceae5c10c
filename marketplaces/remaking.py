"""An exported file made again from its photo, to see whether it comes out the same.

Every step runs anew from the stored original, in memory, with the parameters it had; only what a hosted model made is
taken from the store, because it is neither free nor the same twice. Nothing is written and nothing is sent.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import zip_longest
from typing import Any

import numpy as np
from django.conf import settings
from PIL import Image

from catalog.files import load
from marketplaces.models import ExportFile, RenderedFile
from marketplaces.packs import Pack
from marketplaces.provenance import steps_behind
from marketplaces.receipts import missing_for
from marketplaces.rendering import Order, ProductPixels, encoded
from marketplaces.seedtree import bytes_with
from processing import batch_looks, hosted
from processing.imaging import video
from processing.imaging.codec import decode
from processing.imaging.metadata import Metadata, read_metadata
from processing.models import Artifact, ArtifactState, Job, Rendition, RenditionKind, Step
from processing.providers.calls import media_type_of
from processing.reading import version_of
from processing.scoring.colour import ciede2000, lab_of
from processing.steps.base import File, Work, flat

_COMPARED_PX = 1024


class CannotRemake(RuntimeError):
    """The file cannot be made again; the message says what is gone."""


@dataclass
class Remade:
    """`data` is the file made again. is_same: to the byte, signature aside. psnr_db and delta_e (CIEDE2000: mean, 99th
    percentile) are given where it is not. `steps`: name and how each came about. `notes`: what is not as it was."""

    data: bytes
    is_same: bool = False
    psnr_db: float | None = None
    delta_e: tuple[float, float] | None = None
    steps: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"same": self.is_same, "sha256": hashlib.sha256(self.data).hexdigest()}
        if self.psnr_db is not None and self.delta_e is not None:
            facts |= {"psnr_db": round(self.psnr_db, 1), "delta_e_mean": round(self.delta_e[0], 2)}
            facts["delta_e_99"] = round(self.delta_e[1], 2)
        return {**facts, "steps": self.steps, "notes": self.notes}


def remake(file: ExportFile) -> Remade:
    """Makes the file again and compares it with what was exported. CannotRemake."""
    rendition = file.rendition
    if rendition is None or (missing := missing_for(file)):
        raise CannotRemake("It cannot be made again: " + ("its picture was removed." if rendition is None else missing))
    shown = _drawn_from(file, rendition)
    kitchen = _Kitchen(rendition.job)
    made = Remade(b"", steps=kitchen.steps, notes=kitchen.notes)
    artifact, data = kitchen.make(shown)
    _note_changes(file, kitchen)
    metadata = _metadata(file)
    if file.export.channel is None:
        made.data = bytes_with(metadata, data, media_type=artifact.media_type, ending=file.name.rsplit(".", 1)[-1])
    else:
        made.data = _for_channel(file, shown, artifact, data, metadata)
    _compare(file, made)
    return made


def _drawn_from(file: ExportFile, rendition: Rendition) -> Rendition:
    """White pictures of a channel are laid out again from the cut-out, see building.py."""
    if file.export.channel is not None and rendition.kind == RenditionKind.MAIN and rendition.parent is not None:
        return rendition.parent
    return rendition


class _Kitchen:
    """One job's steps, run in memory."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.files: dict[tuple[str, str], File] = {}
        self.keys: Mapping[str, str] = {}
        self.steps: dict[str, str] = {}
        self.notes: list[str] = []
        self.plan: list[Step] = []
        self.work = Work(
            photo_bytes=lambda: load(job.snapshot["source"]["path"]),
            stored=self._stored,
            load=lambda step, role: self._file(step, role).data,
            max_pixels=settings.MAX_PHOTO_PIXELS,
            steps=frozenset(job.steps.values_list("name", flat=True)),
            batch_figures=batch_looks.figures_of,
        )

    def make(self, rendition: Rendition) -> tuple[Artifact, bytes]:
        """The rendition's artifact as it comes out now, not saved, and its bytes."""
        name = list(rendition.provenance["steps"])[-1]
        self.plan, self.keys = steps_behind(rendition)
        for step in self.plan:
            self._run(step)
        file = self._file(name, "file")
        digest = hashlib.sha256(file.data).hexdigest()
        made = Artifact(
            role="file", sha256=digest, path=digest, media_type=file.media_type, bytes=len(file.data), width=file.size[0],
            height=file.size[1], meta=file.meta,
        )  # fmt: skip
        return made, file.data

    def _run(self, step: Step) -> None:
        if hosted.is_hosted(step):
            self._take(step)
            return
        module = import_module(f"processing.steps.{step.kind}")
        if step.key != self.keys[step.name]:
            self.notes.append(f"{step.name} has been ordered otherwise since; it was made as it is ordered now.")
        self.files.update({(step.name, file.role): file for file in module.run(self.work, step.params).files})
        before = dict(Artifact.objects.filter(step_key=self.keys[step.name]).values_list("role", "sha256"))
        now = {
            role: hashlib.sha256(one.data).hexdigest() for (name, role), one in self.files.items() if name == step.name
        }
        is_same = all(now.get(role) == sha256 for role, sha256 in before.items())
        self.steps[step.name] = "made again, the same" if is_same else "made again, comes out otherwise"

    def _take(self, step: Step) -> None:
        """What a hosted model made, from the store. CannotRemake when it is gone."""
        rows = Artifact.objects.filter(step_key=self.keys[step.name], state=ArtifactState.STORED)
        if not rows:
            raise CannotRemake(f"What {step.provider} made for {step.name} was removed, and it is not paid for again.")
        for row in rows:
            self.files[(step.name, row.role)] = File(
                row.role, load(row.path), row.media_type, (row.width, row.height), row.meta
            )
        self.steps[step.name] = f"taken from the store: made by {step.provider}"

    def _file(self, step: str, role: str) -> File:
        return self.files[(step, role)]

    def _stored(self, step: str, role: str) -> Artifact:
        """As a step sees an artifact of another one."""
        file = self._file(step, role)
        return Artifact(role=role, sha256=hashlib.sha256(file.data).hexdigest(), meta=file.meta)


def _note_changes(file: ExportFile, kitchen: _Kitchen) -> None:
    """Code whose version is another one now; the channel's rules since."""
    for step in kitchen.plan:
        if not hosted.is_hosted(step):
            then, now = file.receipt.get("versions", {}).get(step.name), version_of(step)
            if then and then != now:
                kitchen.notes.append(f"{step.name} has another version since: {_difference(then, now)}.")
    channel = file.export.channel
    if channel is not None and file.export.pack_version != channel.rules().version:
        kitchen.notes.append(f"The rules are version {channel.rules().version}, they were {file.export.pack_version}.")


def _difference(then: str, now: str) -> str:
    """What of two versions differs, part by part: most of a version are limits that stayed."""
    pairs = [
        (before, after)
        for before, after in zip_longest(then.split("|"), now.split("|"), fillvalue="nothing")
        if before != after
    ]
    return "; ".join(f"{after} in place of {before}" for before, after in pairs)


def _metadata(file: ExportFile) -> Metadata:
    """As it was written: kept with newer files, otherwise read from the file itself."""
    made = file.receipt.get("made", {})
    source_type = made.get("source_type") or None
    texts = made.get("metadata")
    if texts is None:
        try:
            known = read_metadata(load(file.path))
        except FileNotFoundError:
            known = {}
        texts = {name: known[name] for name in ("title", "creator", "copyright") if name in known}
    return Metadata(sku=file.sku, digital_source_type=source_type, **texts)


def _for_channel(file: ExportFile, shown: Rendition, artifact: Artifact, data: bytes, metadata: Metadata) -> bytes:
    """Drawn and encoded by the channel's rules, unsigned, at the quality the file had."""
    channel = file.export.channel
    assert channel is not None
    pack: Pack = channel.rules()
    role = next((one for one in pack.roles if one.role == file.role), None)
    if role is None:
        raise CannotRemake(f"The rules of {channel.label} have no role {file.role!r} any more.")
    quality = file.receipt.get("made", {}).get("quality") or role.encode.quality
    role = replace(role, encode=replace(role.encode, quality=quality), least_quality=quality)
    order = Order(
        artifact, shown.kind == RenditionKind.CUTOUT, metadata, file.receipt.get("made", {}).get("category", "")
    )
    return encoded(order, pack, role, pixels=ProductPixels(read=lambda path: data), on=file.export.created_at.date())


def _compare(file: ExportFile, made: Remade) -> None:
    row = RenderedFile.objects.filter(sha256=file.sha256).first()
    unsigned = row.facts.get("unsigned_sha256") if row else None
    made.is_same = hashlib.sha256(made.data).hexdigest() == (unsigned or file.sha256)
    if unsigned:
        made.notes.append("The exported file is signed; what was signed is compared.")
    if made.is_same:
        return
    try:
        before = load(file.path)
    except FileNotFoundError:
        made.notes.append("The exported file itself is gone; only its checksum could be compared.")
        return
    made.psnr_db, made.delta_e = difference(before, made.data)


def difference(before: bytes, after: bytes) -> tuple[float, tuple[float, float]]:
    """PSNR in dB, and CIEDE2000 as (mean, 99th percentile), of two pictures on white, or of two videos' first frames, at a common size."""
    first, second = _pixels(before), _pixels(after)
    if first.shape != second.shape:
        second = np.asarray(Image.fromarray(second).resize((first.shape[1], first.shape[0]), Image.Resampling.BOX))
    mean_square = float(np.mean((first.astype(np.float32) - second.astype(np.float32)) ** 2))
    psnr_db = 99.0 if mean_square == 0 else min(99.0, 10 * float(np.log10(255**2 / mean_square)))
    distance = ciede2000(lab_of(first.reshape(-1, 3)), lab_of(second.reshape(-1, 3)))
    return psnr_db, (float(distance.mean()), float(np.percentile(distance, 99)))


def _pixels(data: bytes) -> np.ndarray:
    """The picture, or a video's first frame, no larger than is compared."""
    is_video = media_type_of(data) == video.MEDIA_TYPE
    image = Image.fromarray(video.pixels_of(next(video.decoded(data)))) if is_video else flat(decode(data))
    image.thumbnail((_COMPARED_PX, _COMPARED_PX), Image.Resampling.BOX)
    return np.asarray(image)
