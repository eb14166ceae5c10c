from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import ABILITIES, may
from review.models import ReviewTask


def shell(request: HttpRequest) -> dict[str, Any]:
    """For every page: what the user may do (`can.submit`), so that templates show only what will work, and what waits for review."""
    user = getattr(request, "user", None)
    return {
        "can": {ability: may(user, ability) for ability in ABILITIES},
        # Asked only by pages that show the rail.
        "review_count": SimpleLazyObject(lambda: ReviewTask.objects.open().count()),
    }
