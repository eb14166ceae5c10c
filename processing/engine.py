"""Carries one job forward, step by step, as far as it can go.

A step is a checkpoint: its key says whether it was ever done before, for any job. Pixels are handed from step to step in
memory; a job that was interrupted reads again only what the steps still to do ask for. The engine writes rows and files
and never sends messages.
"""

import logging
import time
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from django.conf import settings
from django.db.models import F

from catalog.files import load, store
from processing import hosted, outcomes
from processing.errors import (
    ArtifactGone,
    LeaseLost,
    PermanentStepError,
    ProviderUnavailable,
    RateLimited,
    StepError,
)
from processing.keys import step_key
from processing.leases import Claim, Heartbeat, claim, release
from processing.models import Artifact, ArtifactState, Attempt, Job, Step, StepState
from processing.outcomes import Success
from processing.steps.base import File, Result, Work

logger = logging.getLogger(__name__)


def carry(job_id: int) -> bool:
    """Works on a job if it may run now. True when it was this call that worked on it."""
    claimed = claim(job_id)
    if claimed is None:
        return False
    with Heartbeat(claimed) as heartbeat:
        Carrier(claimed, heartbeat).run()
    return True


class Carrier:
    """One claim's work on one job."""

    def __init__(self, claim: Claim, heartbeat: Heartbeat) -> None:
        self.claim = claim
        self.heartbeat = heartbeat
        self.job = Job.objects.select_related("batch").get(pk=claim.job_id)
        self.steps: list[Step] = list(self.job.steps.order_by("position"))
        self.keys: dict[str, str] = {step.name: step.key for step in self.steps if step.state == StepState.SUCCEEDED}
        self.artifacts: dict[tuple[str, str], Artifact] = {}
        self.started = time.monotonic()
        self.at: Step | None = None
        self.work = Work(
            photo_bytes=self._photo_bytes,
            stored=self._stored,
            load=self._load,
            max_pixels=settings.MAX_PHOTO_PIXELS,
        )

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def run(self) -> None:
        """Does what is left to do, and writes down how that ended."""
        try:
            self._run()
        except LeaseLost as reason:
            logger.info("dropped: %s", reason)
        except ArtifactGone as error:
            self._make_again(error)
        except PermanentStepError as error:
            self._end(error, is_permanent=True)
        except (RateLimited, ProviderUnavailable) as error:
            self._fenced(outcomes.postpone, self.at, error, seconds=self.seconds, counts=False)
        except StepError as error:
            self._end(error, is_permanent=False)
        except Exception as error:
            logger.exception("job=%s step=%s", self.job.pk, self.at and self.at.name)
            self._end(_unexpected(error), is_permanent=False)
        except BaseException:
            # The worker is being stopped: somebody else goes on at once.
            release(self.claim)
            raise

    def _run(self) -> None:
        hosted.close_lost_attempts(self.job)
        if self.job.claim_count > settings.MAX_ATTEMPTS:
            raise PermanentStepError(
                "worker-lost",
                f"The worker was lost {self.job.claim_count - 1} times while making this picture; it may be too large.",
            )
        for step in self.steps:
            if step.state == StepState.SUCCEEDED:
                continue
            self.at = step
            self.heartbeat.check()
            self._stop_if_cancelled()
            if not self._do(step):
                return
        outcomes.complete(self.claim, self.job, seconds=self.seconds)

    def _stop_if_cancelled(self) -> None:
        """Stops between two steps when the job was cancelled; what is finished stays."""
        if self.claim.rows().filter(cancel_requested_at__isnull=False).exists():
            outcomes.stop(self.claim, self.job, seconds=self.seconds)
            raise LeaseLost(f"job {self.job.pk} was cancelled")

    def _do(self, step: Step) -> bool:
        """Finishes a step. False when it has to wait for a provider."""
        module = import_module(f"processing.steps.{step.kind}")
        key = self._key(step, module)
        found = self._found(key, module.ROLES)
        if found:
            self._succeed(step, Success(step, key, found, note=step.note, is_reused=True), attempt=None)
            return True
        return self._do_hosted(step, key) if hosted.is_hosted(step) else self._do_here(step, key, module)

    def _do_here(self, step: Step, key: str, module: ModuleType) -> bool:
        attempt = self._begin(step)
        began = time.monotonic()
        result: Result = module.run(self.work, step.params)
        artifacts = self._store(result.files, key)
        attempt.repair = {"tries": [one.to_dict() for one in result.tries]} if result.tries else {}
        seconds = time.monotonic() - began
        self._succeed(step, Success(step, key, artifacts, note=result.note, seconds=seconds), attempt=attempt)
        return True

    def _do_hosted(self, step: Step, key: str) -> bool:
        outcome = hosted.advance(self.claim, step, self.work)
        if isinstance(outcome, hosted.Parked):
            outcomes.wait(self.claim, self.job, step, pause_s=outcome.pause_s, seconds=self.seconds)
            return False
        artifacts = self._store(outcome.result.files, key)
        self._succeed(step, Success(step, key, artifacts, note=outcome.result.note), attempt=outcome.attempt)
        return True

    def _key(self, step: Step, module: ModuleType) -> str:
        inputs = [self.keys[name] for name in step.needs]
        if hosted.is_hosted(step):
            return step_key(kind=step.kind, version=hosted.version(step), params=hosted.params_of(step), inputs=inputs)
        params = module.key_params(step.params) if hasattr(module, "key_params") else step.params
        return step_key(kind=step.kind, version=module.version(step.params), params=params, inputs=inputs)

    def _found(self, key: str, roles: Sequence[str]) -> list[Artifact]:
        rows = list(Artifact.objects.filter(step_key=key, role__in=roles, state=ArtifactState.STORED))
        return rows if len(rows) == len(roles) else []

    def _begin(self, step: Step) -> Attempt:
        """Written before the work: a worker that dies leaves the trace of where it was."""
        Step.objects.filter(pk=step.pk).update(state=StepState.RUNNING, attempt_count=F("attempt_count") + 1)
        number = Attempt.objects.filter(step=step).count() + 1
        return Attempt.objects.create(
            step=step, number=number, token=self.claim.token, provider=step.provider, params=step.params
        )

    def _store(self, files: Sequence[File], key: str) -> list[Artifact]:
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
        return rows

    def _succeed(self, step: Step, done: Success, *, attempt: Attempt | None) -> None:
        following = [other.name for other in self.steps if other.position > step.position]
        done = Success(**{**done.__dict__, "next_stage": following[0] if following else step.name})
        artifacts = outcomes.succeed(self.claim, self.job, done, attempt=attempt)
        self.keys[step.name] = done.key
        self.artifacts.update({(step.name, artifact.role): artifact for artifact in artifacts})
        self.job.claim_count = 0

    # ---------------------------------------------------------------- what steps read

    def _photo_bytes(self) -> bytes:
        try:
            return load(self.job.snapshot["source"]["path"])
        except FileNotFoundError as error:
            raise PermanentStepError(
                "original-gone", "The original file is not there any more: upload it again."
            ) from error

    def _stored(self, step_name: str, role: str) -> Artifact:
        place = (step_name, role)
        if place not in self.artifacts:
            row = Artifact.objects.filter(step_key=self.keys[step_name], role=role, state=ArtifactState.STORED).first()
            if row is None:
                raise ArtifactGone(step_name)
            self.artifacts[place] = row
        return self.artifacts[place]

    def _load(self, step_name: str, role: str) -> bytes:
        try:
            return load(self._stored(step_name, role).path)
        except FileNotFoundError as error:
            raise ArtifactGone(step_name) from error

    # ---------------------------------------------------------------- ends

    def _make_again(self, error: ArtifactGone) -> None:
        """The files of a finished step are gone: the step is done again, now with a key that finds nothing."""
        key = self.keys[error.step_name]
        Artifact.objects.filter(step_key=key).update(state=ArtifactState.EXPIRED)
        Step.objects.filter(job=self.job, name=error.step_name).update(state=StepState.PENDING, key="")
        self._fenced(outcomes.postpone, None, error, seconds=self.seconds)

    def _end(self, error: StepError, *, is_permanent: bool) -> None:
        if is_permanent or not outcomes.has_tries_left(self.job):
            self._fenced(outcomes.fail, self.at, error, seconds=self.seconds, is_permanent=is_permanent)
        else:
            self._fenced(outcomes.postpone, self.at, error, seconds=self.seconds)

    def _fenced(self, outcome: Any, step: Step | None, error: StepError, **values: Any) -> None:
        try:
            outcome(self.claim, self.job, step, error, **values)
        except LeaseLost as reason:
            logger.info("dropped: %s", reason)


def _unexpected(error: Exception) -> StepError:
    """Whatever else went wrong, in a sentence."""
    name = type(error).__name__
    text = str(error).strip().split("\n")[0][:200]
    if isinstance(error, OSError):
        return StepError("storage", f"A file could not be read or written ({name}: {text}).")
    if isinstance(error, MemoryError):
        return StepError("memory", "There was not enough memory for this picture.")
    return StepError("unexpected", f"Something went wrong while making this picture ({name}: {text}).")
