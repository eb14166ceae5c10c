import json
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@cache
def script_table(language: str, folders: tuple[Path, ...]) -> dict[str, Any]:
    """What `manage.py words` has made for the scripts in this language; none for English, which stands in the code."""
    table: dict[str, Any] = {}
    for folder in folders:
        path = Path(folder) / language / "scripts.json"
        if path.exists():
            table.update(json.loads(path.read_text()))
    return table


@register.simple_tag
def script_words() -> SafeString | str:
    """The sentences of static/js/core/words.js, for a page in another language than English."""
    table = script_table(get_language() or settings.LANGUAGE_CODE, tuple(settings.LOCALE_PATHS))
    return json_script(table, "words") if table else ""
