"""Every setting is documented, and everything documented is a setting: read from the source, so that a new one fails here."""

import re
from pathlib import Path

from django.conf import settings

# Only for tests of killed processes.
INNER = {"FIRSTPASS_CRASH_DIR"}
# Read before the settings are, or by a prefix.
ELSEWHERE = {"FIRSTPASS_DATA", "DELIVERY_SECRET_NAME"}
CALL = re.compile(r'env_\w+\(\s*f?"([A-Z][A-Z0-9_]*[A-Z0-9])["{]')


def read_names() -> set[str]:
    source = (Path(settings.BASE_DIR) / "config" / "settings.py").read_text()
    kinds = {f"RETENTION_DAYS_{kind.upper()}" for kind in settings.RETENTION_DAYS}
    return (set(CALL.findall(source)) | kinds | ELSEWHERE) - INNER - {"DELIVERY_SECRET"}


def documented_names() -> set[str]:
    page = (Path(settings.BASE_DIR) / "docs" / "settings.md").read_text()
    return set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", page))


def test_every_setting_is_on_the_settings_page():
    assert read_names() - documented_names() == set()


def test_the_settings_page_names_nothing_else():
    assert documented_names() - read_names() == set()
