"""Workers, Redis and PostgreSQL die together in the middle of a batch, on an installation of their own, and it goes on."""

import pytest

from config.bench import soak

pytestmark = pytest.mark.slow


def test_everything_killed_and_started_again_repeats_no_finished_step():
    said = []
    audit = soak.run(
        (), said.append, products=6, options=["--every", "3", "--targets", "everything,postgres,redis,wipe"]
    )
    assert audit["ok"], (audit, said)
    assert (audit["done"], audit["lost"], audit["doubled"], audit["paid_twice"], audit["files_missing"]) == (
        6,
        0,
        0,
        0,
        0,
    )
    assert audit["calls"] == 6
    assert audit["kills"]["everything"] == 1
