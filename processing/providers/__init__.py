"""Providers by name. Adding a vendor: a module with `make()`, and its line here."""

from functools import cache
from importlib import import_module
from typing import Any

from processing.errors import PermanentStepError

# Imported on first use: vendors and models bring heavy libraries along.
MODULES: dict[str, str] = {
    "studio": "processing.providers.studio",
    "rembg": "processing.providers.rembg_engine",
    "backplates": "processing.providers.backplates",
    "replicate": "processing.providers.replicate_api",
    "firefly": "processing.providers.firefly",
    "gemini": "processing.providers.gemini",
    "gemini-batch": "processing.providers.gemini_batch",
}


@cache
def provider(name: str) -> Any:
    """The provider of this name, for "rembg:u2net" with that model. PermanentStepError when there is none such."""
    base, _, variant = name.partition(":")
    if base not in MODULES:
        raise PermanentStepError(
            "no-such-provider", f"There is no provider named {base}; known are {', '.join(MODULES)}."
        )
    module = import_module(MODULES[base])
    return module.make(variant) if variant else module.make()
