"""Carries one job forward, step by step, as far as it can go.

A step is a checkpoint: its key says whether it was ever done before, for any job. Pixels are handed from step to step in
memory; a job that was interrupted reads again only what the steps still to do ask for. The engine writes rows and files
and never sends messages.
"""

import logging
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.db.models import F, Max

from catalog.files import StorageUnavailable
from processing import hosted, outcomes, repairs
from processing.crashpoints import crashpoint
from processing.errors import (
    ArtifactGone,
    BudgetReached,
    JobCancelled,
    LeaseLost,
    PermanentStepError,
    ProviderUnavailable,
    RateLimited,
    SameCallUnderWay,
    StepError,
    StoreUnavailable,
)
from processing.leases import STOPPING, Claim, Heartbeat, claim, release
from processing.models import Artifact, ArtifactState, Attempt, Step, StepState
from processing.outcomes import Success
from processing.reading import Reader, module_of
from processing.steps.base import Result

logger = logging.getLogger(__name__)
# Finished steps are written together, after so much work (of the processor) or so long: what a killed worker can lose, and
# do again.
AT_RISK_S = 5.0
WRITE_EVERY_S = 10.0
STORE_PAUSE_S = 30.0


def carry(job_id: int) -> bool:
    """Works on a job if it may run now. True when it was this call that worked on it."""
    claimed = claim(job_id)
    if claimed is None:
        return False
    crashpoint("after-claim")
    with Heartbeat(claimed) as heartbeat:
        Carrier(claimed, heartbeat).run()
    return True


class Carrier(Reader):
    """One claim's work on one job."""

    def __init__(self, claim: Claim, heartbeat: Heartbeat) -> None:
        super().__init__(claim.job_id)
        self.claim = claim
        self.heartbeat = heartbeat
        self.unwritten: list[Success] = []
        self.started = time.monotonic()
        self._start_clocks()
        self.at: Step | None = None
        self.repair = self.job.repairs.open().first()
        self._count_tries()

    def _count_tries(self) -> None:
        tried = Attempt.objects.filter(step__job=self.job).values_list("step").annotate(last=Max("number"))
        self.tried: dict[int, int] = dict(tried.order_by())

    def _start_clocks(self) -> None:
        self.written_at, self.worked_s = time.monotonic(), time.thread_time()

    def _must_write(self) -> bool:
        """Whether more is in hand than a killed worker may lose."""
        is_late = time.monotonic() - self.written_at > WRITE_EVERY_S
        return is_late or time.thread_time() - self.worked_s > AT_RISK_S

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def run(self) -> None:
        """Does what is left to do, and writes down how that ended."""
        try:
            self._run()
        except LeaseLost as reason:
            logger.info("dropped: %s", reason)
        except Exception as error:
            self._end(error)
        except BaseException:
            # Thrown in from outside, maybe into a database call whose connection is of no use now.
            if not connection.is_usable():
                connection.close()
            release(self.claim)
            raise

    def _run(self) -> None:
        hosted.close_lost_attempts(self.job)
        if self.job.claim_count > settings.MAX_ATTEMPTS:
            raise PermanentStepError(
                "worker-lost",
                f"The worker was lost {self.job.claim_count - 1} times while making this picture; it may be too large.",
            )
        while self._pass():
            # A repair never changes the photo itself: what was read and decoded of it is carried over to the next pass.
            photo = {name: value for name, value in vars(self.work).items() if name in ("original", "photo")}
            self.read_steps()
            self._count_tries()
            vars(self.work).update(photo)

    def _pass(self) -> bool:
        """Does what is left to do. True when a repair has changed what that is."""
        left = self.plan()
        found = self.found(left)
        for index, step in enumerate(left):
            self.at = step
            self.heartbeat.check()
            # Before anything is made from the cut-out.
            if step.kind == "enhance" and self._repair(repairs.CUTOUT):
                return True
            if not self._do(step, found.get(step.name, [])):
                return False
            if STOPPING.is_set():
                self._write(next_stage=step.name)
                release(self.claim)
                return False
            if self._must_write():
                self._write(next_stage=left[min(index + 1, len(left) - 1)].name)
        self._write(next_stage="")
        if self._repair(repairs.SET):
            return True
        crashpoint("before-end")
        outcomes.complete(self.claim, self.job, seconds=self.seconds)
        return False

    def _repair(self, part: str) -> bool:
        """Ends the repair that is being tried, or begins the next one. True when there are other steps to do now."""
        if self.repair is not None:
            if repairs.part_of(self.repair) != part:
                return False
            self._write(next_stage=self.repair.step)
            repairs.end(self.claim, self.job, self.repair, self.made)
            self.repair = None
            return True
        rung = repairs.next_rung(part, self.job, self.steps, self.made)
        if rung is None:
            return False
        self._write(next_stage=rung.step.name)
        self.repair = repairs.begin(self.claim, self.job, rung, self.made)
        crashpoint("after-repair-begun")
        return True

    def _do(self, step: Step, found: Sequence[Artifact]) -> bool:
        """Finishes a step. False when it has to wait for a provider."""
        if found:
            self._keep(Success(step, self.made.keys[step.name], found, note=step.note))
            return True
        return self._do_hosted(step) if hosted.is_hosted(step) else self._do_here(step)

    def _do_here(self, step: Step) -> bool:
        attempt = self._begin(step)
        began = time.monotonic()
        result: Result = module_of(step).run(self.work, step.params)
        artifacts = self.store(result.files, self.made.keys[step.name])
        seconds = time.monotonic() - began
        self._keep(Success(step, self.made.keys[step.name], artifacts, result.note, attempt, seconds, result.tries))
        return True

    def _do_hosted(self, step: Step) -> bool:
        self._write(next_stage=step.name)
        try:
            outcome = self._advance(step)
        except SameCallUnderWay as error:
            # What is under way for this photo must come to its end meanwhile: others may be waiting for that.
            self._ask_ahead(step, looks_again=True)
            outcome = hosted.Parked(error.retry_after_s)
        else:
            if isinstance(outcome, hosted.Fetched):
                self._keep_fetched(step, outcome)
                return True
            self._ask_ahead(step)
        self._write(next_stage=step.name)
        outcomes.wait(self.claim, self.job, step, pause_s=outcome.pause_s, seconds=self.seconds)
        return False

    def _advance(self, step: Step) -> hosted.Parked | hosted.Fetched:
        try:
            return hosted.advance(self.claim, step, self.work, key=self.made.keys[step.name])
        except JobCancelled:
            outcomes.stop(self.claim, self.job, seconds=self.seconds)
            raise

    def _keep_fetched(self, step: Step, outcome: hosted.Fetched) -> None:
        artifacts = self.store(outcome.result.files, self.made.keys[step.name])
        done, attempt = outcome.result, outcome.attempt
        self._keep(Success(step, self.made.keys[step.name], artifacts, done.note, attempt, tries=done.tries))

    def _ask_ahead(self, parked: Step, *, looks_again: bool = False) -> None:
        """Asks providers meanwhile for what needs nothing of this photo: its sets are made side by side, not one by one.
        `looks_again`: also after what was asked for before."""
        later = [step for step in self.steps if step.position > parked.position and not step.needs]
        later = [step for step in later if step.state != StepState.SUCCEEDED and hosted.is_hosted(step)]
        found, asked = self.found(later), set() if looks_again else hosted.asked(later)
        for step in later:
            if step.name in found or step.pk in asked:
                continue
            self.at = step
            try:
                outcome = self._advance(step)
            except SameCallUnderWay:
                continue
            except (RateLimited, ProviderUnavailable, BudgetReached) as error:
                # It is asked again when its turn comes; what is under way is not held up by it.
                logger.info("job=%s step=%s not asked ahead: %s", self.job.pk, step.name, error)
                break
            if isinstance(outcome, hosted.Fetched):
                self._keep_fetched(step, outcome)
        self.at = parked

    def _begin(self, step: Step) -> Attempt:
        """The attempt. Of the long step it is written before the work, so that a worker that dies leaves the trace of where
        it was; the quick ones after it are written together, a little later."""
        attempt = Attempt(
            step=step,
            number=self.tried.get(step.pk, 0) + 1,
            token=self.claim.token,
            provider=step.provider,
            params=step.params,
        )
        if step.kind == "cutout":
            self._write(next_stage=step.name)
            Step.objects.filter(pk=step.pk).update(state=StepState.RUNNING, attempt_count=F("attempt_count") + 1)
            attempt.save()
            crashpoint("after-attempt")
        return attempt

    def _keep(self, done: Success) -> None:
        """Hands a finished step's results on; its rows are written with the next ones."""
        self.unwritten.append(done)
        self.made.notes[done.step.name] = done.note
        self.made.artifacts.update({(done.step.name, row.role): row for row in done.artifacts})

    def _write(self, *, next_stage: str) -> None:
        """Writes the rows of the steps finished since the last time."""
        if not self.unwritten:
            return
        done, self.unwritten = self.unwritten, []
        self._start_clocks()
        is_cancelled = outcomes.succeed(self.claim, self.job, done, made=self.made, next_stage=next_stage)
        self.job.claim_count = 0
        if is_cancelled and next_stage:
            outcomes.stop(self.claim, self.job, seconds=self.seconds)
            raise JobCancelled(f"job {self.job.pk} was cancelled")

    # ---------------------------------------------------------------- ends

    def _end(self, error: Exception) -> None:
        """Writes what was finished before the error, then the error."""
        try:
            if self.unwritten and self.at is not None:
                self._write(next_stage=self.at.name)
            self._write_error(error)
        except LeaseLost as reason:
            logger.info("dropped: %s", reason)

    def _write_error(self, error: Exception) -> None:
        if isinstance(error, ArtifactGone):
            self._forget(error.step_name)
            outcomes.postpone(self.claim, self.job, None, error, seconds=self.seconds)
        elif isinstance(error, StorageUnavailable):
            held = StoreUnavailable("storage", str(error), retry_after_s=STORE_PAUSE_S)
            outcomes.postpone(self.claim, self.job, self.at, held, seconds=self.seconds, counts=False)
        elif self._ends_repair(error):
            logger.info("job=%s repair given up: %s", self.job.pk, error)
        elif isinstance(error, RateLimited | ProviderUnavailable):
            outcomes.postpone(self.claim, self.job, self.at, error, seconds=self.seconds, counts=False)
        elif isinstance(error, PermanentStepError):
            outcomes.fail(self.claim, self.job, self.at, error, seconds=self.seconds, is_permanent=True)
        else:
            if not isinstance(error, StepError):
                logger.error("job=%s step=%s", self.job.pk, self.at and self.at.name, exc_info=error)
            self._try_again(error if isinstance(error, StepError) else _unexpected(error))

    def _ends_repair(self, error: Exception) -> bool:
        """A repair that fails must not fail the photo: what was there before stays, and the job goes on with it."""
        if self.repair is None or self.at is None or not repairs.is_about(self.repair, self.at):
            return False
        reason = error if isinstance(error, StepError) else _unexpected(error)
        if not repairs.is_hopeless(self.repair, reason, has_tries_left=outcomes.has_tries_left(self.job)):
            return False
        repairs.give_up(self.claim, self.job, self.repair, reason)
        release(self.claim)
        return True

    def _try_again(self, error: StepError) -> None:
        if outcomes.has_tries_left(self.job):
            outcomes.postpone(self.claim, self.job, self.at, error, seconds=self.seconds)
        else:
            outcomes.fail(self.claim, self.job, self.at, error, seconds=self.seconds, is_permanent=False)

    def _forget(self, step_name: str) -> None:
        """The files of a finished step are gone: it is done again, with a key that finds nothing."""
        Artifact.objects.filter(step_key=self.made.keys[step_name]).update(state=ArtifactState.EXPIRED)
        Step.objects.filter(job=self.job, name=step_name).update(state=StepState.PENDING, key="")


def _unexpected(error: Exception) -> StepError:
    """Whatever else went wrong, in a sentence."""
    name = type(error).__name__
    text = str(error).strip().split("\n")[0][:200]
    if isinstance(error, OSError):
        return StepError("storage", f"A file could not be read or written ({name}: {text}).")
    if isinstance(error, MemoryError):
        return StepError("memory", "There was not enough memory for this picture.")
    return StepError("unexpected", f"Something went wrong while making this picture ({name}: {text}).")
