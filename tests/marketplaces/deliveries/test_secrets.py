import pytest

from marketplaces.deliveries import secrets
from marketplaces.deliveries.base import DeliveryError


def test_sealed_secret_shows_nothing_and_opens_again():
    kept = secrets.seal("pässword")
    assert "pässword" not in kept
    assert secrets.unseal(kept) == "pässword"
    assert secrets.seal("pässword") != kept
    assert (secrets.shown(kept), secrets.shown(""), secrets.shown("env:SHOP")) == ("is set", "", "env:SHOP")


def test_changed_key_opens_while_the_old_one_is_a_fallback(settings):
    kept = secrets.seal("x")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    with pytest.raises(DeliveryError, match="enter it again"):
        secrets.unseal(kept)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert secrets.unseal(kept) == "x"


def test_named_secret_stays_out_of_the_database_and_names_only_its_own_kind(settings):
    settings.DELIVERY_SECRETS = {"SHOP": "from outside"}
    assert secrets.seal("env:SHOP") == "env:SHOP"
    assert secrets.unseal("env:SHOP") == "from outside"
    for name in ("SECRET_KEY", "DATABASE_URL", "OTHER"):
        with pytest.raises(DeliveryError, match=f"DELIVERY_SECRET_{name} is not set"):
            secrets.unseal(f"env:{name}")
