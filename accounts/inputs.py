"""What addresses and forms say, read without trust."""

import json
from typing import Any

from django.http import HttpRequest

# PostgreSQL's widest whole number has nineteen.
_MOST_DIGITS = 18


def row_number(text: str) -> int:
    """The number of a row; 0, which no row has, for whatever names none."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


class NotJson(ValueError):
    """A body that cannot be read."""


def json_body(request: HttpRequest) -> Any:
    """What a script sent. Raises NotJson, also for what is nested too deep to be meant."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise NotJson("The request is not JSON.") from error
