"""`manage.py check`: the rule packs can be read."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from marketplaces.packs import PACK_NAMES, PackError, load_pack


@register("marketplaces")
def packs_are_valid(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name in PACK_NAMES:
        try:
            load_pack(name)
        except PackError as error:
            found.append(Error(str(error), hint="Correct the rule pack's file.", id="marketplaces.E001"))
    return found
