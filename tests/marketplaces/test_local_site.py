import pytest

from marketplaces.listings import local_site


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://pictures.shop.example", ""),
    ],
)
def test_local_site_names_addresses_that_nobody_else_reaches(settings, site, told):
    settings.SITE_URL = site
    assert local_site() == told
