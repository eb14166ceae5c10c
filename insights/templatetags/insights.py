from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext

from accounts.figures import figure

register = template.Library()
UNITS = {"dE00": "ΔE", "ratio": "×", "times": "×", "0..1": "", "similarity": ""}


@register.filter
def lookup(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key, "")


@register.filter
def duration(seconds: float) -> str:
    """40 s, 12 min, 3 h 5 min."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{figure(100 * share, 1)} %"


@register.filter
def points(score: float | None) -> str:
    """A score of 0..1 as the review room shows it: 0 to 100."""
    return "–" if score is None else f"{100 * score:.0f}"


@register.filter
def measured(value: float, unit: str) -> str:
    """3.8 px, 5.9 % of outline, 0: a measured value as people write it, like `measured` in review/dom.js."""
    if unit == "share" or unit.startswith("of "):
        # A sentence that the review room's script says too, and has marked.
        said = "{n} %" if unit == "share" else f"{{n}} % {unit}"
        return gettext(said).replace("{n}", number_format(f"{100 * value:.3g}"))
    digits = number_format(f"{value:.3g}") if abs(value) < 1000 else figure(value)
    return f"{digits} {UNITS.get(unit, unit)}".strip() if value else "0"


@register.simple_tag(takes_context=True)
def replace_query(context: dict[str, Any], **changes: Any) -> str:
    """The address's query with some values replaced; None takes one out."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = str(value)
    text: str = query.urlencode()
    return text
