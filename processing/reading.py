"""What the steps of a job read and leave behind: its photo, the files of steps before, and the keys under which they are found."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import cast

from django.conf import settings

from catalog.files import load, store
from catalog.models import SourceImage
from processing import batch_looks, hosted
from processing.crashpoints import crashpoint
from processing.errors import ArtifactGone, PermanentStepError
from processing.keys import step_key
from processing.models import Artifact, ArtifactState, Job, PromptFile, Step, StepState
from processing.pictures import Made
from processing.steps.base import File, StepKind, Work


class Reader:
    """A job as its next worker would see it, without the right to write its rows."""

    def __init__(self, job_id: int) -> None:
        self.job = Job.objects.select_related("batch").get(pk=job_id)
        self.read_steps()

    def read_steps(self) -> None:
        """The steps as they are, and nothing in hand."""
        self.steps: list[Step] = list(self.job.steps.order_by("position"))
        self.made = Made(find=self._find, notes={step.name: step.note for step in self.steps})
        self.work = Work(
            photo_bytes=self._photo_bytes,
            stored=self._stored,
            load=self._load,
            max_pixels=settings.MAX_PHOTO_PIXELS,
            steps=frozenset(step.name for step in self.steps),
            photo_of=self._photo_of,
            batch_figures=batch_looks.figures_of,
        )

    def plan(self) -> list[Step]:
        """The steps still to do. Keys need no results, only what the results will depend on: all are known now."""
        for step in self.steps:
            is_done = step.state == StepState.SUCCEEDED
            self.made.keys[step.name] = step.key if is_done else key_of(step, self.made.keys)
        return [step for step in self.steps if step.state != StepState.SUCCEEDED]

    def found(self, steps: Sequence[Step]) -> dict[str, list[Artifact]]:
        """Results of these steps that were made before, for whatever job, by step name."""
        by_key: dict[str, list[Artifact]] = {}
        keys = [self.made.keys[step.name] for step in steps]
        for row in Artifact.objects.filter(step_key__in=keys, state=ArtifactState.STORED):
            by_key.setdefault(row.step_key, []).append(row)
        rows = {step.name: by_key.get(self.made.keys[step.name], []) for step in steps}
        return {step.name: rows[step.name] for step in steps if len(rows[step.name]) == len(module_of(step).ROLES)}

    def store(self, files: Sequence[File], key: str) -> list[Artifact]:
        """Files first, then rows: a row never points at nothing."""
        rows = []
        for file in files:
            stored = store(file.data, suffix=file.suffix)
            rows.append(
                Artifact(
                    step_key=key, role=file.role, sha256=stored.sha256, path=stored.path, media_type=file.media_type,
                    bytes=stored.bytes, width=file.size[0], height=file.size[1], meta=file.meta,
                )
            )  # fmt: skip
        crashpoint("after-files")
        return rows

    # ---------------------------------------------------------------- what steps read

    def _photo_bytes(self) -> bytes:
        try:
            return load(self.job.snapshot["source"]["path"])
        except FileNotFoundError as error:
            raise PermanentStepError(
                "original-gone", "The original file is not there any more: upload it again."
            ) from error

    def _photo_of(self, sha256: str) -> bytes:
        """The bytes of another photo that came in. FileNotFoundError when there is none."""
        rows = SourceImage.objects.filter(sha256=sha256), PromptFile.objects.filter(sha256=sha256)
        path = next((path for found in rows for path in found.values_list("path", flat=True)[:1]), None)
        if path is None:
            raise FileNotFoundError(f"photo {sha256[:12]} is not there any more")
        return load(path)

    def _find(self, step_name: str, role: str) -> Artifact | None:
        # A name that is no step's is the key of an earlier attempt, whose result somebody edits.
        key = self.made.keys.get(step_name, step_name)
        return Artifact.objects.filter(step_key=key, role=role, state=ArtifactState.STORED).first()

    def _stored(self, step_name: str, role: str) -> Artifact:
        row = self.made.artifact(step_name, role)
        if row is None:
            raise ArtifactGone(step_name)
        return row

    def _load(self, step_name: str, role: str) -> bytes:
        try:
            return load(self._stored(step_name, role).path)
        except FileNotFoundError as error:
            raise ArtifactGone(step_name) from error


def version_of(step: Step) -> str:
    """Version of the code, and of the model, that does the step now."""
    return str(hosted.version(step) if hosted.is_hosted(step) else module_of(step).version(step.params))


def key_of(step: Step, keys: Mapping[str, str]) -> str:
    """The step's key by the code of now, from the keys of the steps it uses."""
    inputs = [keys[name] for name in step.needs]
    if hosted.is_hosted(step):
        params = hosted.params_of(step)
    else:
        module = module_of(step)
        params = module.key_params(step.params) if hasattr(module, "key_params") else step.params
    return step_key(kind=step.kind, version=version_of(step), params=params, inputs=inputs)


def module_of(step: Step) -> StepKind:
    """What does a step here."""
    return cast(StepKind, import_module(f"processing.steps.{step.kind}"))
