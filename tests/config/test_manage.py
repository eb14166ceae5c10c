"""What `manage.py` says instead of a traceback."""

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from manage import explained


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImproperlyConfigured("LEASE_S is 'abc'; use a whole number."), "LEASE_S is 'abc'"),
        (
            OperationalError("connection failed: refused\n  Is it running?"),
            "connection failed: refused. Check DATABASE_URL",
        ),
        (redis.ConnectionError("Error 111"), "Check REDIS_URL"),
        (OperationalError("deadlock detected"), ""),
        (ValueError("a bug"), ""),
    ],
)
def test_what_people_can_mend_is_a_sentence_and_the_rest_a_traceback(error, said):
    assert said in explained(error)
    assert bool(explained(error)) == bool(said)
