"""Numbers as the reader's language writes them: 1,234.5 or 1.234,5."""

from decimal import Decimal

from django.utils.formats import number_format


def figure(value: float | Decimal, digits: int = 0) -> str:
    """Rounded to so many digits, in groups of thousands."""
    return number_format(f"{value:.{digits}f}", force_grouping=True)
