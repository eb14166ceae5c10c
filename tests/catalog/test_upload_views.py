import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts.models import Role
from catalog.intake import open_intake, take_bytes
from catalog.models import Intake, IntakeState
from processing import recipes
from processing.models import Batch, Recipe
from processing.starting import fill
from tests import builders
from tests.catalog.photos import archive, photo

pytestmark = pytest.mark.django_db


def _announce(client, *files, **more):
    body = {"files": [{"path": path, "size": len(data), "mtime": 5} for path, data in files], **more}
    return client.post(reverse("intake-announce"), json.dumps(body), content_type="application/json")


def _send(client, intake, item, data):
    url = reverse("intake-upload", args=[intake, item["id"]])
    return client.post(url, {"file": SimpleUploadedFile("file", data)})


def test_files_are_announced_sent_and_judged(signed_in, operator):
    answer = _announce(
        signed_in, ("drop/A1_1.jpg", photo()), ("drop/bad_1.jpg", b"x"), ("drop/x.txt", b"x"), name="drop"
    ).json()
    assert [(row["sku"], row["state"]) for row in answer["items"]] == [
        ("A1", "waiting"),
        ("bad", "waiting"),
        ("", "rejected"),
    ]
    sent = _send(signed_in, answer["intake"], answer["items"][0], photo()).json()
    [row] = sent["items"]
    assert (row["state"], row["width"], row["height"]) == ("accepted", 240, 220)
    _send(signed_in, answer["intake"], answer["items"][1], b"x")
    shown = signed_in.get(reverse("intake", args=[answer["intake"]])).json()
    assert shown["counts"]["rejected"] == 2
    thumb = signed_in.get(row["thumb"])
    assert Image.open(io.BytesIO(thumb.content)).size == (160, 147)
    assert "immutable" in thumb["Cache-Control"]


def test_announcing_again_tells_what_is_there(signed_in):
    files = [("A1_1.jpg", photo()), ("A1_2.jpg", photo(colour=(0, 0, 0)))]
    first = _announce(signed_in, *files).json()
    _send(signed_in, first["intake"], first["items"][0], photo())
    again = _announce(signed_in, *files, intake=first["intake"]).json()
    assert [row["state"] for row in again["items"]] == ["accepted", "waiting"]
    assert again["intake"] == first["intake"]


def test_a_zip_answers_with_what_was_inside(signed_in):
    answer = _announce(signed_in, ("shop.zip", b"x")).json()
    data = archive({"A1_1.jpg": photo()}).getvalue()
    sent = _send(signed_in, answer["intake"], answer["items"][0], data).json()
    assert [(row["path"], row["state"]) for row in sent["items"]] == [
        ("shop.zip", "opened"),
        ("shop.zip/A1_1.jpg", "accepted"),
    ]


def test_the_pattern_is_tried_on_the_spot(signed_in):
    answer = _announce(signed_in, ("summer_A17_2.jpg", photo())).json()
    url = reverse("intake-pattern", args=[answer["intake"]])
    good = signed_in.post(url, json.dumps({"pattern": "*_{sku}_{view}"}), content_type="application/json")
    assert good.json()["items"][0]["sku"] == "A17"
    bad = signed_in.post(url, json.dumps({"pattern": "{view}"}), content_type="application/json")
    assert "{sku}" in bad.json()["problem"]


def test_columns_are_asked_for(signed_in):
    answer = _announce(signed_in, ("list.csv", b"x")).json()
    sent = _send(signed_in, answer["intake"], answer["items"][0], b"Nr.;Foto X\nA1;a.jpg\n").json()
    [row] = sent["items"]
    assert (row["code"], row["header"]) == ("columns", ["Nr.", "Foto X"])
    url = reverse("intake-columns", args=[answer["intake"], row["id"]])
    body = json.dumps({"columns": {"sku": "Nr.", "image": "Foto X"}})
    told = signed_in.post(url, body, content_type="application/json").json()
    assert [(one["path"], one["state"]) for one in told["items"]] == [("list.csv", "opened"), ("a.jpg", "waiting")]
    assert signed_in.post(url, body, content_type="application/json").status_code == 422


def test_rows_can_be_left_out(signed_in):
    answer = _announce(signed_in, ("A1_1.jpg", photo()), ("x.txt", b"x"), ("B1_1.jpg", photo())).json()
    url = reverse("intake-leave-out", args=[answer["intake"]])
    first = signed_in.post(url, json.dumps({"refused": True}), content_type="application/json").json()
    assert len(first["removed"]) == 1
    signed_in.post(url, json.dumps({"items": [answer["items"][0]["id"]]}), content_type="application/json")
    assert Intake.objects.get().items.count() == 1
    assert signed_in.post(url, json.dumps({"items": ["x"]}), content_type="application/json").status_code == 422


@pytest.mark.parametrize(
    "body", ["[]", "nonsense", '{"files": 3}', '{"files": [3]}', '{"files": [], "pattern": "{view}"}', "[" * 9999]
)
def test_nonsense_is_refused_with_a_sentence(signed_in, body):
    answer = signed_in.post(reverse("intake-announce"), body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_request_without_its_file_is_refused(signed_in):
    answer = _announce(signed_in, ("A1_1.jpg", photo())).json()
    url = reverse("intake-upload", args=[answer["intake"], answer["items"][0]["id"]])
    assert signed_in.post(url).status_code == 422


def test_an_intake_belongs_to_its_owner(client, operator, manager):
    intake = open_intake(owner=operator, source="browser")
    item = take_bytes(intake, path="A1_1.jpg", data=photo())
    client.force_login(builders.user(role=Role.OPERATOR))
    assert client.get(reverse("intake", args=[intake.pk])).status_code == 404
    assert client.get(reverse("intake-thumb", args=[intake.pk, item.pk])).status_code == 404
    assert client.get(reverse("batch-new") + f"?intake={intake.pk}").status_code == 404
    client.force_login(manager)
    assert client.get(reverse("intake", args=[intake.pk])).status_code == 200


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.INTEGRATOR])
def test_who_may_not_submit_is_kept_out(client, role):
    client.force_login(builders.user(role=role))
    assert client.get(reverse("batch-new")).status_code == 403
    assert _announce(client, ("A1.jpg", b"x")).status_code == 403


def _start(client, **fields):
    recipes.ensure_presets()
    recipe = Recipe.objects.get(name="packshot", is_current=True)
    return client.post(
        reverse("batch-new"),
        {
            "recipe": recipe.pk,
            "category": "default",
            "priority": 1,
            "name": "",
            "pattern": "",
            "act": "start",
            **fields,
        },
    )


def test_the_page_shows_the_recipes_and_where_they_work(signed_in):
    page = signed_in.get(reverse("batch-new")).content.decode()
    for text in ("Packshot", "Eyewear", "Stays on this machine", "6 sizes"):
        assert text in page


def test_a_batch_starts_from_what_was_sent(signed_in):
    answer = _announce(signed_in, ("Autumn/A1_1.jpg", photo()), ("Autumn/x.txt", b"x")).json()
    _send(signed_in, answer["intake"], answer["items"][0], photo())
    response = _start(signed_in, intake=answer["intake"], category="outdoor")
    batch = Batch.objects.get()
    assert response.url == batch.get_absolute_url()
    assert (batch.name, batch.jobs.get().sku, batch.intake_id) == ("Autumn", "A1", answer["intake"])
    assert batch.jobs.get().variant.product.category == "outdoor"
    assert Intake.objects.get().state == IntakeState.SUBMITTED
    late = _announce(signed_in, ("late.jpg", photo()), intake=answer["intake"])
    assert late.status_code == 409


def test_without_javascript_files_come_with_the_form(signed_in):
    files = [SimpleUploadedFile("A1_1.jpg", photo()), SimpleUploadedFile("bad.jpg", b"x")]
    added = _start(signed_in, act="add", files=files)
    page = signed_in.get(added.url).content.decode()
    assert "A1_1.jpg" in page
    assert "The file is not a picture." in page
    intake = Intake.objects.get()
    started = _start(signed_in, intake=intake.pk, files=[SimpleUploadedFile("B2_1.jpg", photo(colour=(1, 1, 1)))])
    assert started.url == Batch.objects.get().get_absolute_url()
    assert Batch.objects.get().jobs.count() == 2


def test_a_batch_may_be_started_for_the_night(signed_in):
    answer = _announce(signed_in, ("A1_1.jpg", photo())).json()
    _send(signed_in, answer["intake"], answer["items"][0], photo())
    wrong = _start(signed_in, intake=answer["intake"], when="hours", hours="late")
    assert (wrong.status_code, "hours must look like 22:00-06:00" in wrong.content.decode()) == (422, True)
    _start(signed_in, intake=answer["intake"], when="night", not_before="2031-01-01T20:00")
    batch = Batch.objects.get()
    assert (str(batch.hours_from), str(batch.hours_to), batch.not_before.year) == ("22:00:00", "06:00:00", 2031)


def test_starting_with_nothing_says_so(signed_in):
    response = _start(signed_in)
    assert response.url.startswith(reverse("batch-new"))
    assert "no usable photos" in signed_in.get(response.url).content.decode()
    assert not Batch.objects.exists()


def test_a_bad_pattern_in_the_form_is_told(signed_in):
    response = _start(signed_in, pattern="{view}")
    assert response.status_code == 422
    assert "no {sku}" in response.content.decode()


def test_of_very_many_photos_the_first_start_at_once_and_the_sweep_adds_the_others(signed_in, monkeypatch):
    for module in ("insights.new_batch.AT_START", "processing.starting.AT_START"):
        monkeypatch.setattr(module, 2)
    names = [(f"A{number}_1.jpg", photo(colour=(number, 90, 90))) for number in range(5)]
    answer = _announce(signed_in, *names).json()
    for item, (_, data) in zip(answer["items"], names, strict=True):
        _send(signed_in, answer["intake"], item, data)
    _start(signed_in, intake=answer["intake"])
    batch = Batch.objects.get()
    assert (batch.is_filling, batch.jobs.count()) == (True, 2)
    page = signed_in.get(batch.get_absolute_url()).content.decode()
    assert "More photos join this batch as they come." in page
    assert 'data-room="58"' in page
    assert [fill(batch, at_most=2), fill(batch), fill(batch)] == [2, 1, 0]
    assert (batch.is_filling, batch.jobs.count()) == (False, 5)
    assert set(batch.jobs.values_list("sku", flat=True)) == {f"A{number}" for number in range(5)}
    assert "data-room" not in signed_in.get(batch.get_absolute_url()).content.decode()


def test_a_batch_may_start_while_links_are_being_fetched(signed_in, broker):
    answer = _announce(signed_in, ("A1_1.jpg", photo()), ("list.json", b"x")).json()
    first, table = answer["items"]
    _send(signed_in, answer["intake"], first, photo())
    _send(signed_in, answer["intake"], table, b'[{"sku": "B2", "image_url": "https://shop.example/b.jpg"}]')
    _start(signed_in, intake=answer["intake"])
    batch = Batch.objects.get()
    assert (batch.is_filling, [job.sku for job in batch.jobs.all()]) == (True, ["A1"])
