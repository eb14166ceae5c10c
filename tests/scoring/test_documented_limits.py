"""docs/scoring.md says what the code judges by."""

import re

import pytest
from django.conf import settings

from processing.scoring.limits import DEFAULT_LIMITS

ROW = re.compile(r"^\| ([A-Z_]+(?:, [A-Z_]+)*) \| (.*?) \| [^|]*\|$", re.MULTILINE)
CELLS = {
    code: cell
    for codes, cell in ROW.findall((settings.BASE_DIR / "docs" / "scoring.md").read_text())
    for code in codes.split(", ")
}


@pytest.mark.parametrize("code", [code for code in DEFAULT_LIMITS if code in CELLS])
def test_documented_limit_is_the_default(code):
    numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", CELLS[code])}
    assert DEFAULT_LIMITS[code].limit in numbers


def test_every_judged_check_is_documented():
    assert set(DEFAULT_LIMITS) - set(CELLS) == set()
