import pytest

from tests.marketplaces.deliveries.parcels import an_export
from tests.marketplaces.deliveries.shop import Store, serving


@pytest.fixture
def store(settings):
    with serving(Store()) as running:
        settings.FETCH_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture
def deliveries_folder(settings, tmp_path):
    settings.DELIVERY_FOLDER = tmp_path / "deliveries"
    return settings.DELIVERY_FOLDER


@pytest.fixture
def exported(db):
    """A finished export of one product with two pictures to Shopify's channel, whose files are named by SKU."""
    return an_export()
