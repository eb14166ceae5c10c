"""`manage.py check`: the rule packs can be read, and files can be signed where that is asked for."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from marketplaces import credentials
from marketplaces.packfile import PACK_NAMES, load_pack
from marketplaces.rulekinds import PackError


@register("marketplaces")
def files_can_be_signed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if not credentials.is_on():
        return []
    found = credentials.problem()
    return [Error(found, hint="Correct the C2PA settings.", id="marketplaces.E002")] if found else []


@register("marketplaces")
def packs_are_valid(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name in PACK_NAMES:
        try:
            load_pack(name)
        except PackError as error:
            found.append(Error(str(error), hint="Correct the rule pack's file.", id="marketplaces.E001"))
    return found
