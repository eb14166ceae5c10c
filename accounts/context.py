from typing import Any

from django.http import HttpRequest

from accounts.access import ABILITIES, may


def shell(request: HttpRequest) -> dict[str, Any]:
    """For every page: what the user may do (`can.submit`), so that templates show only what will work."""
    user = getattr(request, "user", None)
    return {"can": {ability: may(user, ability) for ability in ABILITIES}}
