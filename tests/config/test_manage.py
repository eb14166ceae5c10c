"""What `manage.py` says instead of a traceback."""

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connection, transaction

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


def test_missing_tables_are_a_sentence_and_other_mistakes_in_sql_a_traceback(db):
    def error_of(statement):
        with pytest.raises(ProgrammingError) as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        return caught.value

    assert "Run manage.py migrate" in explained(error_of("SELECT 1 FROM of_a_later_version"))
    assert explained(error_of("SELEKT 1")) == ""
