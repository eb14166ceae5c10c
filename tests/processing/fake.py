"""A hosted provider for tests: does what it is told to, and counts its calls."""

from decimal import Decimal

from processing.errors import PermanentStepError, StepError
from processing.imaging.codec import EncodeSettings, encode
from processing.providers.base import Capability, Done, Failed, Orphan, Output, Pending, Submitted
from tests.images import solid


def picture(size=(512, 512), colour=(180, 160, 140)) -> bytes:
    return encode(solid(size, colour), EncodeSettings.named("jpeg"))


class FakeVendor:
    """`script` holds what each submit answers: "accept", "done", or an error to raise; `polls` what each poll answers."""

    name = "fake"
    capabilities = frozenset({Capability.GENERATE_BACKGROUND, Capability.REMOVE_BACKGROUND})
    needs_network = True

    def __init__(self) -> None:
        self.script: list = []
        self.polls: list = []
        self.orphan: str | Orphan = Orphan.UNKNOWN
        self.submitted: list[str] = []
        self.cancelled: list[str] = []
        self.can_cancel = True
        self.data = picture()
        self.reason = ""

    def unavailable_reason(self) -> str:
        return self.reason

    def version(self) -> str:
        return "fake-1"

    def check_options(self, capability, options) -> None:
        if options:
            raise PermanentStepError("bad-option", f"Fake has no option {next(iter(options))}; known are none.")

    def price(self, request) -> Decimal:
        return Decimal("0.003")

    def submit(self, request, *, attempt_id):
        self.submitted.append(attempt_id)
        what = self.script.pop(0) if self.script else "accept"
        if isinstance(what, BaseException):
            raise what
        return self._done() if what == "done" else Submitted(f"ref-{len(self.submitted)}", poll_after_s=0)

    def poll(self, provider_ref):
        if provider_ref in self.cancelled and self.can_cancel:
            return Failed(StepError("cancelled", "The call was cancelled."))
        what = self.polls.pop(0) if self.polls else "done"
        if isinstance(what, StepError):
            return Failed(what, cost=Decimal("0.001"))
        if isinstance(what, BaseException):
            raise what
        return Pending(0) if what == "pending" else self._done()

    def _done(self):
        return Done((Output(media_type="image/jpeg", url="https://fake.example/1"),), cost=Decimal("0.003"))

    def cancel(self, provider_ref):
        self.cancelled.append(provider_ref)

    def find_orphan(self, *, attempt_id, request):
        return self.orphan

    def fetch(self, output):
        return self.data
