"""How much may wait: beyond that new work is refused with a clear answer instead of being taken and never reached."""

from django.conf import settings
from django.utils.translation import gettext

from accounts.models import User
from processing.models import ACTIVE_JOB_STATES, Job

RETRY_AFTER_S = 300


class Overloaded(ValueError):
    """Too much is waiting already; the message says whose, and `retry_after_s` when to come again."""

    retry_after_s = RETRY_AFTER_S


def require_room(owner: User | None) -> None:
    """Overloaded when the whole site, or this owner, has as many unfinished photos as is allowed."""
    waiting = Job.objects.filter(state__in=ACTIVE_JOB_STATES)
    if waiting.count() >= settings.MAX_UNFINISHED_PHOTOS:
        raise Overloaded(gettext("Too many photos are waiting already. Send this batch again later."))
    limit = settings.MAX_UNFINISHED_PHOTOS_PER_USER
    if owner is not None and waiting.filter(batch__owner=owner).count() >= limit:
        raise Overloaded(f"{limit:,} of your photos are waiting already. Send this batch again when some are done.")
