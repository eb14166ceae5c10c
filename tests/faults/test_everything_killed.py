"""Workers, Redis and PostgreSQL die together in the middle of a batch, on an installation of their own, and it goes on."""

import pytest

from config.bench import soak

pytestmark = pytest.mark.slow


def test_everything_killed_and_started_again_repeats_no_finished_step():
    said = []
    books = soak.run(
        (), said.append, products=6, options=["--every", "3", "--targets", "everything,postgres,redis,wipe"]
    )
    assert books["ok"], (books, said)
    assert (books["done"], books["lost"], books["doubled"], books["paid_twice"], books["files_missing"]) == (
        6,
        0,
        0,
        0,
        0,
    )
    assert books["calls"] == 6
    assert books["kills"]["everything"] == 1
