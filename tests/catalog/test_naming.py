import pytest

from catalog import naming
from catalog.naming import NameError_, ParsedName, PatternError, parse_name


@pytest.mark.parametrize(
    ("path", "sku", "view"),
    [
        ("AC4102_1.jpg", "AC4102", 1),
        ("AC4102_03.JPG", "AC4102", 3),
        ("AC4102_12.jpg", "AC4102", 12),
        ("AC4102.jpg", "AC4102", None),
        ("AC4102-2.jpg", "AC4102", 2),
        ("AC4102 (2).jpg", "AC4102", 2),
        ("ac4102_front.webp", "ac4102", 1),
        ("acetate-optical-angle.jpg", "acetate-optical", 2),
        ("acetate-optical_Side.jpg", "acetate-optical", 3),
        ("MUG-01.jpg", "MUG-01", None),
        ("MUG-01_2.jpg", "MUG-01", 2),
        ("MUG-01-2.jpg", "MUG-01", 2),
        ("MUG-12.jpg", "MUG-12", None),
        ("IMG_1234.jpg", "IMG_1234", None),
        ("AB.1200.jpg", "AB.1200", None),
        ("AB.1200", "AB.1200", None),
        ("09520001002045.png", "09520001002045", None),
        ("blue mug.jpg", "blue mug", None),
        ("Ärmel_1.jpg", "Ärmel", 1),
        ("MUG-01_2 (copy).jpg", "MUG-01", 2),
        ("AC4102 - Copy (2).jpg", "AC4102", None),
        ("AC4102_3 copy 2.jpg", "AC4102", 3),
        ("copy.jpg", "copy", None),
    ],
)
def test_a_file_name_tells_code_and_view(path, sku, view):
    assert parse_name(path) == ParsedName(sku=sku, view=view)


@pytest.mark.parametrize(
    ("path", "sku", "view"),
    [
        ("MUG-01/MUG-01.jpg", "MUG-01", None),
        ("MUG-01/MUG-01_2.jpg", "MUG-01", 2),
        ("MUG-1/MUG-1-3.jpg", "MUG-1", 3),
        ("AC4102_1/AC4102_1.jpg", "AC4102_1", None),
        ("AC4102/2.jpg", "AC4102", 2),
        ("AC4102/front.jpg", "AC4102", 1),
        ("AC4102/IMG_0007.jpg", "AC4102", None),
        ("shop/AC4102/detail of hinge.jpg", "AC4102", None),
        ("shop\\AC4102\\3.jpg", "AC4102", 3),
    ],
)
def test_a_folder_named_like_the_product_wins(path, sku, view):
    assert parse_name(path) == ParsedName(sku=sku, view=view)


def test_a_known_code_is_taken_whole():
    assert parse_name("MUG-2.jpg", known={"MUG-2"}) == ParsedName(sku="MUG-2", view=None)
    assert parse_name("MUG-2.jpg") == ParsedName(sku="MUG", view=2)


@pytest.mark.parametrize(
    ("pattern", "path", "sku", "view"),
    [
        ("{sku}__{view}", "A_1__2.jpg", "A_1", 2),
        ("*_{sku}_{view}.jpg", "summer_A17_2.jpg", "A17", 2),
        ("{sku}/*", "shop/A17/x.jpg", "A17", None),
        ("{view}/{sku}", "side/A17.jpg", "A17", 3),
        ("shot-{sku} | {sku}", "SHOT-A17.jpg", "A17", None),
        ("shot-{sku} | {sku}", "A17.jpg", "A17", None),
        ("automatic", "A17_2.jpg", "A17", 2),
        ("{sku} [web]", "A17 [web].jpg", "A17", None),
    ],
)
def test_patterns_are_editable(pattern, path, sku, view):
    assert parse_name(path, pattern=pattern) == ParsedName(sku=sku, view=view)


def test_a_name_that_does_not_fit_is_told_with_the_pattern():
    with pytest.raises(NameError_, match=r"does not fit the pattern \{sku\}__\{view\}"):
        parse_name("A17.jpg", pattern="{sku}__{view}")


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd.jpg", "/etc/A17.jpg", "C:/A17.jpg", "a/../A17.jpg", "A17\x00.jpg", "A17\n.jpg", "", "/", "---.jpg",
        "x" * 81 + ".jpg", "a/" * 600 + "A17.jpg", "A\u202e17.jpg", "A<17>.jpg", ".jpg", "A\ud80017.jpg", "A:17.jpg",
    ],
)  # fmt: skip
def test_hostile_and_absurd_names_are_refused(path):
    with pytest.raises(NameError_) as caught:
        parse_name(path)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{view}.jpg", "no {sku}"),
        ("{sku}_{colour}", "{colour} is not known"),
        ("{sku}_{view}_{view}", "twice"),
        ("{sku} |", "no {sku}"),
        ("{sku}" + "x" * 300, "characters"),
        ("{sku}*****", "too many"),
        ("|".join(["{sku}"] * 13), "13 forms"),
    ],
)
def test_a_pattern_that_cannot_work_says_why(pattern, why):
    with pytest.raises(PatternError) as caught:
        naming.compile_pattern(pattern)
    assert why in str(caught.value)


def test_patterns_cannot_be_made_to_run_for_long():
    with pytest.raises(NameError_):
        parse_name("a" * 900 + ".jpg", pattern="*a*b*c{sku}d*")


def test_a_dropped_folder_with_telling_names_is_a_collection():
    paths = [
        "Autumn/AC4102_1.jpg",
        "Autumn/IMG_1.jpg",
        "MUG-01/IMG_1.jpg",
        "MUG-01/front.jpg",
        "BOX/BOX_1.jpg",
        "loose.jpg",
    ]
    assert naming.collections(paths) == {"Autumn"}
    assert naming.without_collection("Autumn/AC4102_1.jpg", roots={"Autumn"}) == "AC4102_1.jpg"
    assert naming.without_collection("shop.zip/Autumn/A.jpg", roots={"Autumn"}) == "A.jpg"


@pytest.mark.parametrize("path", [".DS_Store", "a/Thumbs.db", "__MACOSX/._A17.jpg", "a/.hidden/x.jpg", "desktop.ini"])
def test_what_systems_leave_behind_is_ignored(path):
    assert naming.is_ignored(path)


def test_photos_sort_as_people_count():
    assert sorted(["a10.jpg", "a2.jpg", "A1.jpg"], key=naming.sort_key) == ["A1.jpg", "a2.jpg", "a10.jpg"]
