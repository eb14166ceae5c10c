"""What can go wrong in a step, named once so that the engine knows what to do and people know what happened."""


class StepError(Exception):
    """A step that did not succeed. `code` is for machines, the message one plain sentence for people.

    Tried again with growing pauses unless it is a PermanentStepError; `retry_after_s` is the least pause.
    """

    def __init__(self, code: str, message: str, *, retry_after_s: float = 0) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_s = retry_after_s


class PermanentStepError(StepError):
    """The same try would fail the same way: the job fails at once."""


class ContentRefused(PermanentStepError):
    """A provider declined the content. Never sent again by itself."""


class BudgetReached(PermanentStepError):
    """The next hosted call would cost more than is allowed. Raising the budget lets the job go on where it stopped."""

    def __init__(self, message: str) -> None:
        super().__init__("budget", message)


class RateLimited(StepError):
    """A provider asked to wait. Costs no attempt."""


class ProviderUnavailable(StepError):
    """The provider's credentials, credit or breaker stand in the way; waits, costs no attempt."""


class SameCallUnderWay(StepError):
    """Another photo is asking a provider for the very same: its result is waited for, and not paid twice."""

    def __init__(self, *, retry_after_s: float) -> None:
        message = "The same is being made for another photo, and is used here too."
        super().__init__("same-call", message, retry_after_s=retry_after_s)


class StoreUnavailable(StepError):
    """The disk is full or the bucket does not answer; waits, costs no attempt."""


class AmbiguousCall(StepError):
    """A paid call may have been accepted, but its answer was lost. Looked up or shown to a person, never sent again blindly."""


class ArtifactGone(StepError):
    """The file of an earlier step is no longer there: that step is made again."""

    def __init__(self, step_name: str) -> None:
        super().__init__("artifact-gone", f"The files of step {step_name} are gone and are being made again.")
        self.step_name = step_name


class LeaseLost(Exception):
    """Another worker has taken the job over, or it was cancelled: whatever is in hand is dropped."""


class JobCancelled(LeaseLost):
    """Somebody cancelled the job or its batch: it ends here, and what is finished stays."""
