"""Pictures from prompts through the page and the API, made by the loopback providers."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from processing import budgets, generations
from processing.models import (
    Attempt,
    Batch,
    Budget,
    Job,
    JobState,
    Outcome,
    Prompt,
    PromptTemplate,
    RenditionState,
)
from processing.orders import Order, OrderError
from processing.providers.base import Capability
from review.gate import judge_pending
from tests.images import box_shot, file_of
from tests.processing.providers.carrying import carry_batch

pytestmark = pytest.mark.django_db
FORM = {"prompts": "an oak table", "style": "realistic", "ratio": "4:5", "provider": "replicate", "pictures": "1"}


def made(**changes) -> Batch:
    values = {"prompts": ("an oak table",), "provider": "replicate", "ratio": "4:5", **changes}
    return generations.start(Order(**values), owner=None)


def creates(town):
    return [
        call["body"]["input"]
        for call in town.plan.log()["calls"]
        if call["path"].endswith("/predictions") and call["body"]
    ]


@pytest.mark.parametrize("name", ["replicate", "firefly", "gemini", "gemini-batch"])
def test_form_makes_a_picture_with_every_provider(signed_in, town, name, operator):
    answer = signed_in.post(reverse("generate"), {**FORM, "provider": name, "act": "start"})
    batch = Batch.objects.get()
    assert answer["Location"] == batch.get_absolute_url()
    (job,) = carry_batch(batch)
    assert (job.state, job.error, batch.owner) == (JobState.DONE, "", operator)
    picture = job.renditions.get()
    said = picture.provenance
    assert (picture.kind, said["engine"], said["style"]) == ("generated", name, "realistic")
    assert said["generated"]["told"].startswith("an oak table, photorealistic")
    assert picture.artifact.height > picture.artifact.width
    # What nobody can measure is looked at before it is used.
    judge_pending()
    picture.refresh_from_db()
    assert picture.state == RenditionState.IN_REVIEW
    page = signed_in.get(reverse("generated", args=[job.pk])).content.decode()
    cost = Attempt.objects.get(step__job=job).cost
    assert f"${cost:.4f}" in page
    assert "an oak table" in signed_in.get(reverse("generate")).content.decode()


def test_ten_prompts_at_once_are_ten_jobs_side_by_side(town):
    batch = made(prompts=tuple(f"set {number}" for number in range(10)), options={"megapixels": "0.25"})
    jobs = carry_batch(batch)
    assert [job.state for job in jobs] == [JobState.DONE] * 10
    assert len({job.renditions.get().artifact.sha256 for job in jobs}) == 10
    assert {one["megapixels"] for one in creates(town)} == {"0.25"}
    assert sum(Attempt.objects.values_list("cost", flat=True)) == Decimal("0.03")


def test_same_request_is_found_and_a_new_variation_is_paid(town, signed_in):
    carry_batch(made())
    order = Order(prompts=("an oak table",), provider="replicate", ratio="4:5")
    assert generations.is_made(order) == 1
    (again,) = carry_batch(made())
    assert (again.state, again.steps.get().is_reused) == (JobState.DONE, True)
    assert len(creates(town)) == 1
    assert "nothing, it was there already" in signed_in.get(reverse("generated", args=[again.pk])).content.decode()
    signed_in.post(reverse("generated-again", args=[again.pk]))
    (other,) = carry_batch(Batch.objects.latest("pk"))
    assert len(creates(town)) == 2
    assert other.renditions.get().artifact.sha256 != again.renditions.get().artifact.sha256


def test_estimate_before_the_start_knows_what_is_there_and_what_is_left(signed_in, town, operator):
    carry_batch(made())
    Budget.objects.update_or_create(scope="user", key=str(operator.pk), defaults={"limit_usd": 0})
    shown = signed_in.post(
        reverse("generate"), {**FORM, "prompts": "an oak table\na stone wall", "pictures": "2", "act": "estimate"}
    )
    found = shown.context["estimate"]
    assert (found["pictures"], found["found"], found["cost"]) == (4, 1, Decimal("0.009"))
    assert "not enough left" in shown.content.decode()
    assert Batch.objects.count() == 1


def test_budget_stops_the_pictures_that_come_too_late(town, operator):
    Budget.objects.update_or_create(scope="user", key=str(operator.pk), defaults={"limit_usd": "0.01"})
    jobs = carry_batch(made(prompts=tuple("abcde")))
    assert all(job.state == JobState.DONE for job in jobs)
    batch = generations.start(Order(prompts=tuple("vwxyz"), provider="replicate"), owner=operator)
    states = [job.state for job in carry_batch(batch)]
    assert (states.count(JobState.DONE), states.count(JobState.FAILED)) == (3, 2)
    assert set(batch.jobs.filter(state=JobState.FAILED).values_list("error_code", flat=True)) == {"budget"}
    assert budgets.standings(batch)[0].used == Decimal("0.009")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"prompts": ""}, "Write a prompt"), ({"prompts": "\n".join("abcdefghijk")}, "There are 11 prompts; 10 go at once"),
     ({"prompts": "x" * 801}, "801 characters"), ({"style": "baroque"}, "valid choice"), ({"ratio": "7:3"}, "valid choice"),
     ({"provider": "studio"}, "makes no pictures from prompts"), ({"provider": "nobody"}, "no provider named nobody"),
     ({"options": "{"}, "Write options as JSON"), ({"options": '{"sparkle": 1}'}, "no option sparkle"),
     ({"options": '{"num_outputs": 3}'}, "pictures for each prompt"), ({"pictures": "9"}, "less than or equal"),
     ({"capability": "upscale"}, "Choose a photo"), ({"capability": "enhance"}, "cannot do this")],
)  # fmt: skip
def test_order_that_cannot_be_started_says_why_and_makes_nothing(signed_in, town, changes, said):
    answer = signed_in.post(reverse("generate"), {**FORM, **changes, "act": "start"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Batch.objects.count() == 0


@pytest.mark.parametrize(
    ("provider", "capability"),
    [("gemini", "enhance"), ("gemini", "image_to_image"), ("replicate", "upscale"), ("replicate", "remove_background"),
     ("firefly", "expand"), ("replicate", "image_to_image")],
)  # fmt: skip
def test_photo_is_changed(signed_in, town, provider, capability):
    photo = SimpleUploadedFile("mug.jpg", file_of(box_shot(size=(240, 200))[0], "JPEG"), "image/jpeg")
    words = "" if capability not in ("image_to_image",) else "make it red"
    sent = {**FORM, "prompts": words, "provider": provider, "capability": capability, "photo": photo, "act": "start"}
    signed_in.post(reverse("generate"), sent)
    (job,) = carry_batch(Batch.objects.get())
    assert (job.state, job.error) == (JobState.DONE, "")
    picture = job.renditions.get()
    assert picture.provenance["source_sha256"]
    assert picture.artifact.media_type == ("image/png" if capability == "remove_background" else "image/jpeg")
    signed_in.post(reverse("generated-again", args=[job.pk]))
    assert carry_batch(Batch.objects.latest("pk"))[0].state == JobState.DONE


def test_file_outlives_the_question_what_it_costs_and_a_mistake(signed_in, town):
    photo = SimpleUploadedFile("mug.jpg", file_of(box_shot(size=(240, 200))[0], "JPEG"), "image/jpeg")
    form = {**FORM, "prompts": "", "provider": "replicate", "capability": "upscale"}
    shown = signed_in.post(reverse("generate"), {**form, "photo": photo, "act": "estimate"})
    assert "mug.jpg is still chosen" in shown.content.decode()
    kept = {"kept_photo": shown.context["kept"]["photo"]["token"]}
    wrong = signed_in.post(reverse("generate"), {**form, **kept, "pictures": "9", "act": "start"})
    assert (wrong.status_code, wrong.context["kept"]["photo"]["name"]) == (422, "mug.jpg")
    signed_in.post(reverse("generate"), {**form, **kept, "act": "start"})
    assert Job.objects.get().snapshot["source"]["original_name"] == "mug.jpg"


def test_token_of_a_file_cannot_be_made_up(signed_in, town):
    form = {**FORM, "provider": "replicate", "capability": "upscale", "kept_photo": "bXVnLmpwZw:x:y", "act": "start"}
    assert "Choose a photo" in signed_in.post(reverse("generate"), form).content.decode()


def test_photo_that_is_none_is_refused(signed_in, town):
    sent = {**FORM, "provider": "gemini", "capability": "enhance", "photo": SimpleUploadedFile("a.jpg", b"nothing")}
    shown = signed_in.post(reverse("generate"), {**sent, "act": "start"})
    assert "The photo cannot be used" in shown.content.decode()
    assert not shown.context["kept"]


def test_prompts_are_remembered_once_and_favourites_come_first(signed_in, operator, town):
    for text in ("first", "second", "first"):
        generations.start(Order(prompts=(text,), provider="replicate"), owner=operator)
    assert [(one.text, one.used_count) for one in Prompt.objects.of(operator)] == [("first", 2), ("second", 1)]
    second = Prompt.objects.get(text="second")
    signed_in.post(reverse("prompt-favourite", args=[second.pk]))
    assert Prompt.objects.of(operator)[0] == second
    form = signed_in.get(reverse("generate"), {"prompt": second.pk}).context["form"]
    assert (form["prompts"].value(), form["provider"].value()) == ("second", "replicate")
    signed_in.post(reverse("prompt-forget", args=[second.pk]))
    assert Prompt.objects.of(operator).count() == 1


def test_template_is_saved_filled_in_and_forgotten(signed_in, town):
    sent = {**FORM, "prompts": "a\nb", "options": '{"megapixels": "0.25"}', "template": "Autumn", "act": "save"}
    assert signed_in.post(reverse("generate"), {**sent, "template": ""}).status_code == 422
    signed_in.post(reverse("generate"), sent)
    row = PromptTemplate.objects.get()
    form = signed_in.get(reverse("generate"), {"template": row.pk}).context["form"]
    assert form["prompts"].value().split() == ["a", "b"]
    assert form["options"].value() == '{"megapixels": "0.25"}'
    signed_in.post(reverse("template-forget", args=[row.pk]))
    assert not PromptTemplate.objects.exists()


def test_prompts_of_others_cannot_be_touched(signed_in, manager, town):
    generations.start(Order(prompts=("theirs",), provider="replicate"), owner=manager)
    row = Prompt.objects.get()
    assert signed_in.post(reverse("prompt-forget", args=[row.pk])).status_code == 404
    assert signed_in.post(reverse("prompt-favourite", args=[row.pk])).status_code == 404


def test_refused_words_end_the_job_and_cost_nothing(town, plan):
    plan("create", "refused")
    (job,) = carry_batch(made())
    assert (job.state, job.error_code) == (JobState.FAILED, "refused")
    row = Attempt.objects.get()
    assert (row.outcome, row.cost) == (Outcome.FAILED, 0)


def test_provider_without_a_key_is_shown_as_not_configured(signed_in, town, settings):
    settings.GEMINI_API_KEY = ""
    page = signed_in.get(reverse("generate")).content.decode()
    assert "Not configured. Gemini needs a key: set GEMINI_API_KEY." in page
    with pytest.raises(OrderError, match="needs a key"):
        made(provider="gemini")


def test_order_of_code_is_checked_like_the_forms(town):
    for changes, where in (({"style": "x"}, "style"), ({"ratio": "x"}, "ratio"), ({"pictures": 5}, "pictures"),
                           ({"capability": Capability.VIDEO}, "photo")):  # fmt: skip
        with pytest.raises(OrderError) as caught:
            made(**changes)
        assert caught.value.field == where


def api(client, user, path, **body):
    from accounts.models import ApiToken

    secret = ApiToken.issue(user=user, name="t", scopes=["upload"])[1]
    headers = {"Authorization": f"Bearer {secret}"}
    return client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)


def test_api_estimates_and_starts_pictures(client, operator, town):
    body = {"prompts": ["an oak table", "a stone wall"], "provider": "replicate", "pictures": 2}
    assert api(client, operator, "/generations/estimates", **body).json() == {"pictures": 4, "found": 0, "cost": 0.012}
    answer = api(client, operator, "/generations", **body)
    assert (answer.status_code, answer.json()["photos"]) == (202, 4)
    assert Batch.objects.get().source == "api"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"provider": "nobody"}, "no provider named nobody"), ({"style": "x"}, "Choose a style"), ({"prompts": []}, "missing or wrong"),
     ({"options": {"sparkle": 1}}, "no option sparkle"), ({"prompts": [" "]}, "Prompt 1 is empty")],
)  # fmt: skip
def test_api_refuses_what_cannot_be_made(client, operator, town, changes, said):
    body = {"prompts": ["x"], "provider": "replicate", **changes}
    answer = api(client, operator, "/generations", **body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert not Batch.objects.exists()


def test_review_offers_another_variation_at_its_price(town):
    from processing.jobs import rework
    from processing.reworks import reworks_for

    (job,) = carry_batch(made())
    picture = job.renditions.get()
    (only,) = reworks_for(picture)
    assert (only.id, only.est_cost, only.needs_network) == ("next-seed", Decimal("0.003"), True)
    rework(picture, rework_id="next-seed")
    carry_batch(job.batch)
    newer = job.renditions.get(is_current=True)
    assert (newer.attempt, newer.artifact.sha256 != picture.artifact.sha256) == (2, True)


@pytest.mark.parametrize(
    "kept", [{"engine": "bought-last-year"}, {"generated": {}}, {"generated": {"capability": "x", "told": ""}}]
)
def test_a_picture_whose_maker_is_not_known_any_more_can_still_be_decided(town, kept):
    from processing.reworks import reworks_for

    (job,) = carry_batch(made())
    picture = job.renditions.get()
    picture.provenance |= kept
    assert reworks_for(picture) == []


def test_review_offers_hosted_engines_only_where_they_are_set_up(town, settings):
    from processing.reworks import changed_params, reworks_for
    from tests.processing import making

    job = making.run(making.photo(), changes={"sizes": [], "main_px": 500})
    cutout = job.renditions.get(name="cutout")
    offered = {one.id: one for one in reworks_for(cutout)}
    assert offered["engine:replicate"].est_cost == Decimal("0.018")
    assert offered["engine:firefly"].needs_network
    params, provider = changed_params(job.steps.get(name="cutout"), offered["engine:replicate"])
    assert (params["engine"], provider) == ("replicate", "replicate")
    settings.REPLICATE_API_TOKEN = ""
    assert "engine:replicate" not in {one.id for one in reworks_for(cutout)}
