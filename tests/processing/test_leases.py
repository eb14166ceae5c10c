import threading

import pytest

from processing.errors import LeaseLost
from processing.leases import Heartbeat


class FakeClaim:
    """A claim whose row answers these updates in turn, the last one for ever."""

    job_id = 1

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked = threading.Event()

    def rows(self):
        return self

    def update(self, **values):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if len(self.answers) == 1:
            self.asked.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.LEASE_S = 0.03


def test_heartbeat_goes_on_through_a_database_restart(caplog):
    claim = FakeClaim(1, ConnectionError("restarting"), 1, 1)
    with Heartbeat(claim) as heartbeat:
        assert claim.asked.wait(10)
        assert "heartbeat job=1" in caplog.text
        heartbeat.check()
        assert heartbeat._thread.is_alive()


def test_heartbeat_notices_a_lost_lease():
    claim = FakeClaim(0)
    with Heartbeat(claim) as heartbeat:
        heartbeat._thread.join(10)
        with pytest.raises(LeaseLost):
            heartbeat.check()
