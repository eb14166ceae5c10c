from pathlib import Path

import pytest
from PIL import Image

from config.bench.gate import HARD_ON_PURPOSE, triple
from config.bench.truth import pairs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One photo beside its alphas, one in a folder of its own, and a list with their categories."""
    for name in ("LAMP-01_1.jpg", "LAMP-01_1.alpha.png", "LAMP-01_1.alpha_t.png", "LAMP-01_1.fg_t.png"):
        _picture(tmp_path / name)
    for name in ("raw.jpg", "alpha.png", "foreground.png"):
        _picture(tmp_path / "red-tote--paper" / name)
    (tmp_path / "index.csv").write_text("file,category\nLAMP-01_1.jpg,home\nalpha/red-tote.webp,fashion\n")
    return tmp_path


def _picture(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.new("L" if "alpha" in path.name else "RGB", (12, 10), 200).save(path)


def test_pairs_are_found_side_by_side_and_in_folders_with_their_categories(folder):
    found = list(pairs([folder]))
    assert [(one.name, one.category, one.foreground is not None) for one in found] == [
        ("LAMP-01_1", "home", False), ("red-tote--paper", "fashion", True),
    ]  # fmt: skip


def test_clear_glass_is_taken_where_it_is_asked_for(folder):
    lamp = next(pairs([folder], is_glass_clear=True))
    assert (lamp.name, lamp.alpha.name, lamp.foreground.name) == (
        "LAMP-01_1_t",
        "LAMP-01_1.alpha_t.png",
        "LAMP-01_1.fg_t.png",
    )
    assert (triple(lamp).product, triple(lamp).category) == ("LAMP-01", "home")


def test_samples_have_categories_and_the_hard_ones_are_among_them():
    found = list(pairs([], is_glass_clear=True))
    assert all(one.category for one in found)
    assert {one.name.removesuffix("_t") for one in found} >= HARD_ON_PURPOSE
