"""A shop's own sets: taken in, described, used by recipes, previewed, removed."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from catalog import files
from processing import own_sets, recipes, set_previews
from processing.imaging.backplates import from_json
from processing.imaging.codec import DecodeError, decode
from processing.imaging.hints import suggest_values
from processing.models import JobState, OwnBackplate
from processing.modes import MODES, Subject
from processing.providers.backplates import Backplates
from processing.recipes import RecipeData
from tests.images import file_of, solid
from tests.processing import making

pytestmark = pytest.mark.django_db


def place(size=(900, 700), table=(190, 170, 150), wall=(120, 130, 140)) -> bytes:
    """A wall over a table whose far edge lies at 0.6 of the height, lit from the left."""
    image = solid(size, wall)
    image.paste(solid((size[0], size[1] - int(0.6 * size[1])), table), (0, int(0.6 * size[1])))
    ramp = Image.linear_gradient("L").rotate(-90).resize(size)
    darker = image.point(lambda value: value * 0.7)
    return file_of(Image.composite(image, darker, ramp), "JPEG", quality=95)


def taken(**options) -> OwnBackplate:
    return own_sets.take(place(**options), style="Shop Window", name="Left shelf", owner=None)


def test_photo_becomes_a_square_set_with_suggestions():
    row = taken()
    assert (row.style, row.name, row.side_px, row.is_ready) == ("shop-window", "left-shelf", 700, False)
    assert row.values["horizon"] == pytest.approx(0.6, abs=0.02)
    assert 135 <= row.values["light"]["azimuth_deg"] <= 200
    image = decode(files.load(row.path)).convert("RGB")
    assert from_json(row.meta, image).style == "own:shop-window"


def test_same_picture_again_is_the_set_that_is_there():
    assert taken().pk == taken().pk
    assert taken(table=(90, 90, 90)).name == "left-shelf-2"


@pytest.mark.parametrize(("size", "style", "words"), [((900, 300), "a", "shorter side"), ((900, 700), "!!", "a name")])
def test_what_cannot_be_a_set_is_refused(size, style, words):
    with pytest.raises(own_sets.SetRefused, match=words):
        own_sets.take(place(size), style=style, name="x", owner=None)
    with pytest.raises(DecodeError):
        own_sets.take(b"no picture", style="a", name="x", owner=None)


def test_wrong_values_are_named_and_not_kept():
    row = taken()
    with pytest.raises(own_sets.SetRefused, match="Stand y"):
        own_sets.describe(row, {**row.values, "stand": [0.5, 0.1]})
    row.refresh_from_db()
    assert not row.is_ready


def test_recipes_may_name_an_own_style_and_files_have_no_colon():
    recipe = recipes.from_dict({"main": True, "styles": ["own:shop-window"], "background": "gemini"})
    steps = MODES["packshot"](Subject("A", "A", "default", 1, "0" * 64, "r", 1), recipe)
    made = {step.name: step for step in steps}
    assert made["background:own:shop-window"].provider == "backplates"
    assert made["render:style-own-shop-window"].params["style"] == "own:shop-window"
    with pytest.raises(recipes.RecipeError, match="own:"):
        recipes.validate(RecipeData(main=True, styles=("shop-window",)))


def test_only_described_sets_are_chosen_and_the_key_follows_the_values():
    row = taken()
    assert Backplates().choose("own:shop-window", seed=3).note.startswith("There is no set for own:shop-window")
    own_sets.describe(row, row.values)
    plate = Backplates().choose("own:shop-window", seed=3)
    assert (plate.name, plate.note, plate.meta()["horizon"]) == ("left-shelf", "", row.values["horizon"])
    own_sets.describe(row, {**row.values, "temperature_k": 3000})
    assert Backplates().choose("own:shop-window", seed=3).key != plate.key


def test_own_surface_from_above_is_for_what_lies():
    row = taken()
    own_sets.describe(row, {**row.values, "view": "above"})
    assert Backplates().choose("own:shop-window", seed=3, view="above").view == "above"
    # There is no other: what stands takes it too, rather than none.
    assert Backplates().choose("own:shop-window", seed=3).name == "left-shelf"


def test_product_stands_in_an_own_set():
    row = taken()
    own_sets.describe(row, row.values)
    job = making.run(
        changes={"main": False, "sizes": [], "styles": ["own:shop-window"], "style_px": 400, "repair": False}
    )
    assert job.state == JobState.DONE
    made = job.renditions.get(kind="style")
    assert (made.name, made.style) == ("style-own-shop-window", "own:shop-window")
    assert made.provenance["backplate"] == "left-shelf"
    assert made.provenance["fallbacks"] == []


def test_preview_is_drawn_with_a_stand_in_and_then_with_a_product():
    row = taken()
    own_sets.describe(row, row.values)
    set_previews.preview(row.pk)
    row.refresh_from_db()
    first = row.preview_sha256
    assert Image.open(io.BytesIO(files.load(row.preview_path))).size == (set_previews.PREVIEW_PX,) * 2
    making.run(changes={"sizes": [], "main_px": 500, "repair": False})
    set_previews.preview(row.pk)
    row.refresh_from_db()
    assert row.preview_sha256 != first
    set_previews.preview(row.pk + 999)


def test_removed_set_is_gone_with_its_files():
    row = taken()
    own_sets.remove(row)
    assert not OwnBackplate.objects.exists()
    with pytest.raises(FileNotFoundError):
        files.load(row.path)


def test_suggestions_for_an_even_picture_are_the_usual_ones():
    values = suggest_values(solid((600, 600), (128, 128, 128)))
    assert (values["horizon"], values["stand"][0]) == (0.55, pytest.approx(0.5, abs=0.01))
    assert from_json({"name": "a", "style": "b", **values}, solid((600, 600)))


def test_far_end_of_the_ground_is_not_what_stands_before_the_wall():
    room = Image.new("RGB", (640, 640), (226, 222, 214))
    draw = ImageDraw.Draw(room)
    draw.rectangle((0, 540, 640, 640), fill=(190, 140, 90))
    draw.rectangle((260, 300, 640, 330), fill=(20, 20, 24))
    assert suggest_values(room)["horizon"] == pytest.approx(540 / 640, abs=0.01)


# ---------------------------------------------------------------- pages

ADDRESS = "/settings/backplates/"


def upload(client, *pictures, style="shop-window"):
    given = [SimpleUploadedFile(f"shelf-{number}.jpg", data) for number, data in enumerate(pictures)]
    return client.post(ADDRESS, {"style": style, "pictures": given})


def test_upload_opens_the_form_with_suggestions(signed_in):
    answer = upload(signed_in, place())
    row = OwnBackplate.objects.get()
    assert answer["Location"] == f"{ADDRESS}{row.pk}"
    page = signed_in.get(answer["Location"]).content.decode()
    assert 'name="horizon"' in page
    assert "Suggested from the picture" in page
    assert row.created_by.username == "olga"


def test_saved_form_makes_the_set_usable_and_asks_for_a_preview(signed_in, broker, django_capture_on_commit_callbacks):
    upload(signed_in, place())
    row = OwnBackplate.objects.get()
    fields = signed_in.get(f"{ADDRESS}{row.pk}").context["form"].initial
    with django_capture_on_commit_callbacks(execute=True):
        signed_in.post(f"{ADDRESS}{row.pk}", {**fields, "direction": "0", "flip": "on"})
    row.refresh_from_db()
    assert (row.is_ready, row.values["light"]["azimuth_deg"]) == (True, 0.0)
    assert broker.queues["interactive"].qsize() == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("stand_y", "3", "on the ground"), ("ground_near", "1", "below the farthest"), ("tallest", "2", "taller than")],
)
def test_values_that_cannot_be_are_named_beside_their_field(signed_in, field, value, message):
    upload(signed_in, place())
    row = OwnBackplate.objects.get()
    fields = signed_in.get(f"{ADDRESS}{row.pk}").context["form"].initial
    form = signed_in.post(f"{ADDRESS}{row.pk}", {**fields, field: value}).context["form"]
    assert message in form.errors[field][0]
    row.refresh_from_db()
    assert not row.is_ready


def test_bad_pictures_are_listed_and_the_rest_is_taken(signed_in):
    answer = upload(signed_in, place(), b"no picture", place(table=(60, 60, 60)))
    assert answer["Location"] == ADDRESS
    assert OwnBackplate.objects.count() == 2
    assert "The file is not a picture" in signed_in.get(ADDRESS).content.decode()


def test_picture_is_served_and_a_removed_set_is_gone(signed_in):
    upload(signed_in, place())
    row = OwnBackplate.objects.get()
    assert signed_in.get(f"{ADDRESS}{row.pk}/picture.webp")["Content-Type"] == "image/webp"
    assert signed_in.get(f"{ADDRESS}{row.pk}/preview.webp").status_code == 404
    signed_in.post(f"{ADDRESS}{row.pk}/remove")
    assert signed_in.get(f"{ADDRESS}{row.pk}").status_code == 404
