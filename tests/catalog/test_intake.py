import io

import pytest
from PIL import Image

from catalog import files, items
from catalog.intake import accepted_images, mark_submitted, open_intake, take_bytes
from catalog.items import Declared, declare, rename
from catalog.models import Category, IntakeState, ItemState, Product, SourceImage, Variant
from catalog.naming import PatternError
from catalog.products import clean_fields
from tests import builders
from tests.catalog.photos import animation, photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def intake(operator):
    return open_intake(owner=operator, source="browser", default_category="fashion")


def _states(intake):
    return {item.path: (item.state, item.reason_code) for item in intake.items.all()}


def test_a_photo_becomes_a_source_image_with_its_bytes_untouched(intake):
    data = photo(size=(300, 220))
    item = take_bytes(intake, path="Autumn/AC4102_2.jpg", data=data)
    assert (item.state, item.sku, item.view) == (ItemState.ACCEPTED, "AC4102", 2)
    assert not SourceImage.objects.exists(), "rows appear at submit"
    [image] = accepted_images(intake)
    assert (image.width, image.height, image.format, image.view) == (300, 220, "JPEG", 2)
    assert (image.original_name, image.variant.sku) == ("AC4102_2.jpg", "AC4102")
    assert files.load(image.path) == data
    assert image.variant.product.category == "fashion"


def test_accepting_twice_changes_nothing(intake):
    take_bytes(intake, path="A1_1.jpg", data=photo())
    assert accepted_images(intake) == accepted_images(intake)
    assert (Product.objects.count(), Variant.objects.count(), SourceImage.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("A1.jpg", b"", "truncated"),
        ("A1.jpg", b"plain text", "not-an-image"),
        ("A1.jpg", photo()[:700], "truncated"),
        ("A1.png", photo(format="PNG")[:60], "truncated"),
        ("A1.gif", animation(), "animated"),
        ("A1.jpg", photo(size=(150, 300)), "too-small"),
        ("A1.pdf", b"%PDF-1.7 and so on", "unsupported"),
        ("A1.mp4", photo(), "not-an-image"),
        ("notes.txt", b"hello", "not-an-image"),
        ("../A1.jpg", photo(), "wrong-name"),
        ("x" * 100 + ".jpg", photo(), "wrong-name"),
        (".hidden.jpg", photo(), "wrong-name"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(intake, name, data, code):
    item = take_bytes(intake, path=name, data=data)
    assert (item.state, item.reason_code) == (ItemState.REJECTED, code)
    assert item.reason.endswith(".")
    good = take_bytes(intake, path="B2_1.jpg", data=photo())
    assert good.state == ItemState.ACCEPTED
    assert [image.variant.sku for image in accepted_images(intake)] == ["B2"]


def test_a_bomb_is_refused_before_it_unpacks(intake, settings):
    settings.MAX_PHOTO_PIXELS = 90_000
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    assert take_bytes(intake, path="A1.png", data=buffer.getvalue()).reason_code == "too-large"


def test_too_many_bytes_are_refused(intake, settings):
    settings.MAX_PHOTO_BYTES = 1000
    item = take_bytes(intake, path="A1.jpg", data=b"x" * 1001)
    assert item.reason_code == "too-large"


def test_the_same_bytes_again_are_recognised(intake, operator):
    take_bytes(intake, path="A1_1.jpg", data=photo())
    [first] = accepted_images(intake)
    later = open_intake(owner=operator, source="browser")
    again = take_bytes(later, path="renamed/A1_1.jpg", data=photo())
    assert (again.state, again.reason_code) == (ItemState.DUPLICATE, "duplicate")
    assert accepted_images(later) == [first]
    assert SourceImage.objects.count() == 1


def test_the_same_bytes_twice_in_one_intake_make_one_image(intake):
    take_bytes(intake, path="A1_1.jpg", data=photo())
    second = take_bytes(intake, path="A1_2.jpg", data=photo())
    assert second.state == ItemState.DUPLICATE
    assert "A1_1.jpg" in second.reason
    assert len(accepted_images(intake)) == 1


def test_the_same_bytes_for_another_product_are_told(intake):
    take_bytes(intake, path="A1_1.jpg", data=photo())
    other = take_bytes(intake, path="B2_1.jpg", data=photo())
    assert other.state == ItemState.ACCEPTED
    assert "A1" in other.note
    assert len(accepted_images(intake)) == 2


def test_a_wrong_ending_is_told(intake):
    item = take_bytes(intake, path="A1_1.jpg", data=photo(format="PNG"))
    assert item.state == ItemState.ACCEPTED
    assert item.note == "The name ends in .jpg, the file is a PNG."


def test_given_fields_win_over_the_name(intake):
    fields = {"sku": "REAL-1", "view": "side", "name": "Real one", "category": "Outdoor", "asin": "b0f7kq4102"}
    item = take_bytes(intake, path="IMG_1.jpg", data=photo(), fields=fields)
    assert (item.sku, item.view) == ("REAL-1", 3)
    [image] = accepted_images(intake)
    variant = image.variant
    assert (variant.asin, variant.product.name, variant.product.category) == (
        "B0F7KQ4102",
        "Real one",
        Category.OUTDOOR,
    )


@pytest.mark.parametrize(
    ("category", "words"),
    [
        (Category.BEAUTY, ["beauty", "Kosmetik", "Beauté", "Health & Beauty"]),
        (Category.EYEWEAR, ["Eyewear", "Brillen", "lunettes", "Sunglasses", "Lunettes de soleil"]),
        (Category.FOOD, ["food", "Lebensmittel", "Alimentation", "Groceries"]),
        (Category.JEWELLERY, ["Jewellery", "Schmuck", "bijoux", "Jewelry"]),
        (Category.TOYS, ["TOYS", "Spielzeug", "Jouets", "Toys & Games"]),
        (Category.HOME_GOODS, ["home_goods", "Wohnen", "Maison"]),
    ],
)
def test_categories_are_read_as_shops_write_them(category, words):
    assert [clean_fields({"category": word}) for word in words] == [({"category": category}, [])] * len(words)


def test_an_unknown_category_falls_back_with_a_note(intake):
    item = take_bytes(intake, path="A1.jpg", data=photo(), fields={"category": "gardening", "gtin": "123"})
    assert "gardening" in item.note
    assert "GTIN" in item.note
    [image] = accepted_images(intake)
    assert image.variant.product.category == "fashion"


def test_products_are_matched_and_brought_up_to_date(intake):
    known = builders.variant("A1", category="outdoor")
    take_bytes(intake, path="A1_1.jpg", data=photo(), fields={"name": "New name"})
    [image] = accepted_images(intake)
    assert image.variant == known
    known.product.refresh_from_db()
    assert (known.product.name, known.product.category) == ("New name", "outdoor")


def test_a_known_code_that_ends_in_a_digit_is_kept_whole(intake):
    builders.variant("MUG-2")
    assert take_bytes(intake, path="MUG-2.jpg", data=photo()).sku == "MUG-2"


def test_views_without_a_number_are_counted_in_the_order_of_names(intake):
    names = ["A1/IMG_10.jpg", "A1/IMG_9.jpg", "A1/A1_2.jpg"]
    rows = declare(intake, declared=[Declared(path=name) for name in names])
    assert {row.path: row.view for row in rows} == {"A1/IMG_9.jpg": 1, "A1/IMG_10.jpg": 3, "A1/A1_2.jpg": 2}
    assert {row.sku for row in rows} == {"A1"}


def test_declaring_again_resumes(intake):
    both = [Declared(path="A1_1.jpg", size=10, modified_ms=5), Declared(path="A1_2.jpg", size=20, modified_ms=5)]
    rows = declare(intake, declared=[*both, Declared(path=".DS_Store")])
    assert len(rows) == 2
    items.receive(rows[0], photo())
    rows[0].bytes = 10
    rows[0].save(update_fields=["bytes"])
    again = declare(intake, declared=both)
    assert [row.pk for row in again] == [row.pk for row in rows]
    assert [row.state for row in again] == [ItemState.ACCEPTED, ItemState.WAITING]
    changed = declare(intake, declared=[Declared(path="A1_1.jpg", size=10, modified_ms=6)])
    assert changed[0].state == ItemState.WAITING
    assert changed[0].sha256 == ""


def test_another_pattern_reads_the_names_again(intake):
    take_bytes(intake, path="summer_A17_2.jpg", data=photo())
    take_bytes(intake, path="odd.jpg", data=photo(colour=(0, 0, 0)))
    rename(intake, pattern="*_{sku}_{view}")
    assert _states(intake) == {"summer_A17_2.jpg": ("accepted", ""), "odd.jpg": ("rejected", "wrong-name")}
    [image] = accepted_images(intake)
    assert (image.variant.sku, image.view) == ("A17", 2)
    rename(intake, pattern="")
    assert _states(intake)["odd.jpg"] == ("accepted", "")
    assert intake.items.get(path="summer_A17_2.jpg").sku == "summer_A17"


def test_renaming_finds_what_became_the_same_product(intake):
    take_bytes(intake, path="a_X.jpg", data=photo())
    take_bytes(intake, path="b_X.jpg", data=photo())
    rename(intake, pattern="*_{sku}")
    assert [item.state for item in intake.items.all()] == ["accepted", "duplicate"]


def test_renaming_back_and_forth_judges_the_same(intake):
    take_bytes(intake, path="A1_1.jpg", data=photo())
    take_bytes(intake, path="A1_2.jpg", data=photo())
    take_bytes(intake, path="B1_1.jpg", data=photo())
    before = list(intake.items.values_list("state", "reason"))
    rename(intake, pattern="{sku}__{view}")
    assert set(intake.items.values_list("state", flat=True)) == {"rejected"}
    rename(intake, pattern="automatic")
    assert list(intake.items.values_list("state", "reason")) == before
    assert "A1" in intake.items.get(path="B1_1.jpg").note


def test_a_pattern_changed_while_a_photo_is_looked_at_counts(intake, monkeypatch):
    [row] = declare(intake, declared=[Declared(path="summer_A17_2.jpg", size=10, modified_ms=5)])
    inspect = items.codec.inspect

    def meanwhile(*args, **kwargs):
        rename(intake, pattern="*_{sku}_{view}")
        return inspect(*args, **kwargs)

    monkeypatch.setattr(items.codec, "inspect", meanwhile)
    items.receive(row, photo())
    row.refresh_from_db()
    assert (row.sku, row.view, row.state) == ("A17", 2, "accepted")


def test_a_row_left_out_while_its_photo_is_looked_at_stays_out(intake, monkeypatch):
    [row] = declare(intake, declared=[Declared(path="A17_2.jpg", size=10, modified_ms=5)])
    inspect = items.codec.inspect
    monkeypatch.setattr(items.codec, "inspect", lambda *a, **k: intake.items.all().delete() and inspect(*a, **k))
    items.receive(row, photo())
    assert not intake.items.exists()


def test_notes_outlive_a_change_of_the_pattern(intake):
    take_bytes(intake, path="A1_1.jpg", data=photo(format="PNG"))
    rename(intake, pattern="{sku}")
    assert intake.items.get().note == "The name ends in .jpg, the file is a PNG."


def test_a_bad_pattern_is_refused(intake):
    with pytest.raises(PatternError):
        rename(intake, pattern="{view}")
    with pytest.raises(PatternError):
        open_intake(owner=None, source="cli", pattern="nothing")


def test_an_unknown_default_category_is_refused():
    with pytest.raises(ValueError, match="gardening"):
        open_intake(owner=None, source="cli", default_category="gardening")


def test_submitting_closes_the_intake(intake):
    mark_submitted(intake)
    intake.refresh_from_db()
    assert intake.state == IntakeState.SUBMITTED
