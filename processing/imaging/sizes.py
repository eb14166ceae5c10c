"""The named output sizes and the arithmetic of fitting into them."""

NAMED_SIZES: dict[str, tuple[int, int]] = {
    "hero": (1200, 1200),
    "thumbnail": (400, 400),
    "cart": (200, 200),
    "social-square": (1080, 1080),
    "social-story": (1080, 1920),
    "banner": (1920, 600),
}
MIN_SIDE_PX = 16
MAX_SIDE_PX = 10_000


def named_size(name: str) -> tuple[int, int]:
    """(width, height) of a named size; ValueError lists the names when there is none such."""
    try:
        return NAMED_SIZES[name]
    except KeyError:
        raise ValueError(f"there is no size named {name!r}, choose one of {', '.join(NAMED_SIZES)}") from None


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """The same size, or ValueError when a side is not between MIN_SIDE_PX and MAX_SIDE_PX."""
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in size):
        raise ValueError(f"size is {size[0]}x{size[1]}, sides must be {MIN_SIDE_PX} to {MAX_SIDE_PX} px")
    return size


def contain_scale(inner: tuple[int, int], outer: tuple[float, float]) -> float:
    """Largest factor at which `inner` still lies inside `outer`."""
    if min(inner) < 1:
        raise ValueError(f"the picture to fit is {inner[0]}x{inner[1]}, it must have pixels")
    return min(outer[0] / inner[0], outer[1] / inner[1])


def scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Size at a scale, rounded, at least one pixel a side."""
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
