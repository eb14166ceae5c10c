"""`manage.py check`: settings that are only looked at when work needs them are tried at the start instead."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from accounts import second_factor
from accounts.models import Role
from processing.scheduling import OFF_PEAK, hours_from


@register("config")
def off_peak_hours_can_be_read(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        hours_from(OFF_PEAK)
    except ValueError as error:
        return [Error(f"OFF_PEAK_HOURS: {error}", hint="Write two times of day: 22:00-06:00.", id="config.E001")]
    return []


@register("config")
def roles_with_a_second_factor_exist(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    known = {*Role.values, second_factor.ADMINISTRATOR}
    unknown = [name for name in settings.SECOND_FACTOR_FOR if name not in known]
    if unknown:
        hint = f"There are {', '.join(sorted(known))}."
        return [Error(f"SECOND_FACTOR_FOR: no such role: {', '.join(unknown)}", hint=hint, id="config.E002")]
    return []
