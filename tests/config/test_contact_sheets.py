from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from config import contact_sheets
from config.contact_sheets import Named
from processing.imaging.sizes import NAMED_SIZES
from processing.styles import STYLES


@pytest.fixture
def folder(tmp_path):
    pixels = np.zeros((120, 120, 4), np.uint8)
    pixels[30:100, 40:80] = (180, 40, 40, 255)
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.fromarray(pixels).save(photos / "M-1.png")
    (tmp_path / "catalogue.csv").write_text("sku,name,category,file\nM-1,Red mug,home-goods,photos/M-1.png\n")
    return photos


def test_sheet_shows_source_cutout_each_style_and_each_size(folder):
    cells = list(contact_sheets.cells_of(folder / "M-1.png", Named("Red mug", "home-goods")))
    captions = [cell.caption for cell in cells[1:]]
    assert captions == ["magenta", "white", "black", *STYLES, *NAMED_SIZES]
    assert {cell.caption: cell.image.size for cell in cells[-len(NAMED_SIZES) :]} == NAMED_SIZES
    assert cells[0].image.getpixel((5, 5)) == (255, 255, 255), "what comes cut out is shown on white"
    page = contact_sheets.sheet([cells])
    assert page.width == len(cells) * (contact_sheets.TILE + 8) + 8


def test_titles_come_from_a_catalogue_beside_the_photos(folder, tmp_path):
    assert contact_sheets.names_of(folder) == {"M-1.png": Named("Red mug", "home-goods")}
    (tmp_path / "catalogue.csv").unlink()
    assert contact_sheets.names_of(folder) == {}
    assert contact_sheets.named_by_folders(Path("shop/outdoor/tent.jpg")) == Named("tent", "outdoor")
