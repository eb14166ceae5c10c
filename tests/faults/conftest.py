import pytest

from processing import recipes
from processing.imaging.backplates import MIN_PLATE_PX
from processing.providers import replicate_lost
from processing.providers.loopback import replicate_side
from tests.faults.made import made_steps as made_steps
from tests.processing.providers.conftest import plan as plan
from tests.processing.providers.conftest import running_town as running_town
from tests.processing.providers.conftest import town as town


@pytest.fixture
def shop(transactional_db, made_steps, town, settings, tmp_path, monkeypatch):
    """Made steps, a loopback vendor, a folder of its own, and a lease that a test lets run out by hand."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CRASH_DIR = tmp_path / "crashes"
    settings.CRASH_DIR.mkdir()
    monkeypatch.setattr(replicate_lost, "SETTLE_S", 0)
    monkeypatch.setattr(replicate_side, "SIDES", {"1": MIN_PLATE_PX, "0.25": MIN_PLATE_PX})
    recipes.ensure_presets()
    return town


__all__ = ["made_steps", "plan", "running_town", "shop", "town"]
