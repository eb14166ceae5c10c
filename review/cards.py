"""The queue page's cards: each with the worst place of its worst picture, cut out by SVG geometry."""

from typing import Any

from processing.models import Artifact

# Share of the picture's width that a card shows around the worst place.
CROP_SHARE = 0.42
CARD_RATIO = 16 / 10


def cards(queues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The summaries with `crop`: {"view_box", "width", "height", "href", "backdrop"} where there is a picture."""
    sizes = _sizes([one["sha256"] for one in queues if one.get("sha256")])
    return [{**one, "crop": _crop(one, sizes.get(one.get("sha256") or ""))} for one in queues]


def _sizes(hashes: list[str]) -> dict[str, tuple[int, int]]:
    rows = Artifact.objects.filter(sha256__in=hashes).values_list("sha256", "width", "height")
    return {sha256: (width, height) for sha256, width, height in rows if width and height}


def _within(share: float, length: int, part: float) -> float:
    """Where a part begins that has this place in its middle, without leaving the picture where it can stay inside."""
    return min(max(share * length - part / 2, 0), length - part) if part < length else (length - part) / 2


def _crop(queue: dict[str, Any], size: tuple[int, int] | None) -> dict[str, Any] | None:
    if not queue["thumb"]:
        return None
    width, height = size or (1000, 1000)
    if queue["worst"]:
        wide, (x, y) = width * CROP_SHARE, queue["worst"]
    else:
        wide, (x, y) = max(width, height * CARD_RATIO), (0.5, 0.5)
    high = wide / CARD_RATIO
    box = (_within(x, width, wide), _within(y, height, high), wide, high)
    return {
        "view_box": " ".join(f"{number:.1f}" for number in box),
        "width": width,
        "height": height,
        "href": queue["thumb"],
        "backdrop": queue["backdrop"],
        "box": [f"{number:.1f}" for number in box],
    }
