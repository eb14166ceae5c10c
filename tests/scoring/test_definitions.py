"""Every check is defined where it is measured: formula, unit, range, source and cost."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import processing.scoring
from processing.scoring.limits import LABELS

MODULES = sorted(path.stem for path in Path(processing.scoring.__path__[0]).glob("*.py"))
# Told by the engine, not measured.
GIVEN = {"CONFIDENCE"}


def definitions() -> dict[str, str]:
    """Docstring by code: of the function whose first words are the code, or "CODE and CODE"."""
    found = {}
    for name in MODULES:
        module = import_module(f"processing.scoring.{name}")
        for function in vars(module).values():
            told = inspect.isfunction(function) and function.__module__ == module.__name__ and function.__doc__
            if match := re.match(r"([A-Z_]+(?: and [A-Z_]+)*): ", told or ""):
                found.update(dict.fromkeys(match[1].split(" and "), told))
    return found


@pytest.mark.parametrize("code", sorted(set(LABELS) - GIVEN))
def test_check_says_unit_range_source_and_cost(code):
    told = " ".join(definitions()[code].split())
    assert re.search(r"\bUnit \w", told)
    assert re.search(r"\bRange ", told)
    assert re.search(r"\bSource", told)
    assert re.search(r"\d ms", told)
