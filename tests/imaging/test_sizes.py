import pytest

from processing.imaging.sizes import NAMED_SIZES, check_size, contain_scale, named_size, scaled


def test_named_sizes_are_the_six_of_the_catalogue():
    assert NAMED_SIZES == {
        "hero": (1200, 1200),
        "thumbnail": (400, 400),
        "cart": (200, 200),
        "social-square": (1080, 1080),
        "social-story": (1080, 1920),
        "banner": (1920, 600),
    }


def test_named_size_lists_the_names_when_unknown():
    with pytest.raises(ValueError, match="hero, thumbnail"):
        named_size("poster")


@pytest.mark.parametrize("size", [(15, 100), (100, 0), (10_001, 20)])
def test_check_size_refuses_sides_out_of_range(size):
    with pytest.raises(ValueError, match="sides must be"):
        check_size(size)


def test_contain_scale_takes_the_tighter_side():
    assert contain_scale((100, 50), (200, 50)) == 1.0
    assert scaled((100, 50), 0.333) == (33, 17)
    assert scaled((3, 1), 0.01) == (1, 1)
