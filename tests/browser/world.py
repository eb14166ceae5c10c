"""Something of everything, for tests that open every page: pictures, failures, deliveries, sets, bake-offs and made-up pictures."""

import uuid
from decimal import Decimal

from django.utils import timezone

from accounts import second_factor
from accounts.models import Role, User, WebhookEndpoint
from marketplaces.channels import ensure_channels
from marketplaces.models import Channel, Delivery, DeliveryFile, DeliveryTarget, Export
from processing import own_sets
from processing.models import Attempt, BakeOff, BakeOffEntry, Batch, OwnBackplate, Rendition, Step
from processing.recipes import ensure_presets
from review import gate
from review.models import Policy
from review.policies import ensure_policy
from tests import builders
from tests.browser.test_review_room import doubted
from tests.images import file_of, solid

Arguments = dict[str, list[str | int]]


def fill() -> Arguments:
    """Makes the rows, with mona as their manager, and gives the arguments of each page that takes some."""
    mona = builders.user("mona", role=Role.MANAGER, is_superuser=True)
    second_factor.begin(mona)
    lacking(ensure_policy())
    ensure_presets()
    ensure_channels()
    made = [doubted(f"MUG-{n}", (180, 40 * n, 60), halo_px=4 + n) for n in range(3)]
    approved = builders.rendition(made[0].job, artifact=made[0].artifact, provenance=made[0].provenance)
    approved.approve()
    gate.judge_pending()
    failed_job(made[0].job.batch)
    builders.token(mona, "read")
    WebhookEndpoint.objects.create(user=mona, url="https://shop.example/hook")
    export = Export.objects.create(state="done", report={"blocked": [], "warnings": [], "products": 1, "bytes": 10})
    delivery = sent(export, mona)
    amazon: list[str | int] = ["amazon"]
    return {
        "product": [made[0].variant.product.code], "batch": [made[0].job.batch_id], "export": [export.pk],
        "channel": amazon, "channel-settings": amazon, "channel-rules": amazon, "channel-breaches": amazon, "target-new": amazon,
        "delivery": [delivery.pk], "target": [delivery.target.name], "own-backplate": [own_set(mona).pk],
        "bake-off": [compared(made[:2], mona).pk], "generated": [dreamt(made[2], mona)],
    }  # fmt: skip


def lacking(policy: Policy) -> None:
    """A policy of before there were all categories, so that limits are suggested."""
    policy.overrides = policy.overrides[1:]
    policy.save(update_fields=["overrides"])


def failed_job(batch: Batch) -> None:
    builders.job(batch, state="failed", error_code="decode", error="The file ends in the middle of the picture.")


def sent(export: Export, owner: User) -> Delivery:
    """One file arrived, one was refused."""
    target = DeliveryTarget.objects.create(
        channel=Channel.objects.get(name="amazon"), name="my-cdn", kind="http", config={"base_url": "https://cdn.example/"},
        tested_at=timezone.now(), test_ok=False, test_result="The target answered 401: the credentials are wrong.",
    )  # fmt: skip
    delivery = Delivery.objects.create(
        export=export, target=target, owner=owner, state="failed", error="One file failed."
    )
    common = {"delivery": delivery, "sha256": "ab" * 32, "path": "no/ne", "media_type": "image/jpeg", "bytes": 120_000}
    log = [{"at": timezone.now().isoformat(timespec="seconds"), "what": "put", "error": "The target answered 413."}]
    DeliveryFile.objects.create(
        name="MUG-0.MAIN.jpg", key="a/MUG-0.MAIN.jpg", state="arrived", remote_url="https://cdn.example/a/MUG-0.MAIN.jpg",
        arrival={"verdict": "identical"}, **common,
    )  # fmt: skip
    DeliveryFile.objects.create(
        name="MUG-0.PT01.jpg",
        key="a/MUG-0.PT01.jpg",
        state="failed",
        error="The target answered 413.",
        log=log,
        **common,
    )
    return delivery


def own_set(owner: User) -> OwnBackplate:
    photo = file_of(solid((900, 700), (150, 140, 130)), "JPEG", quality=90)
    return own_sets.take(photo, style="Shop window", name="Left shelf", owner=owner)


def compared(made: list[Rendition], owner: User) -> BakeOff:
    """Two engines over two photos."""
    bake_off = BakeOff.objects.create(name="Mugs, two engines", owner=owner)
    for engine in ("studio", "replicate"):
        batch = builders.batch(owner, name=f"Mugs by {engine}", source="bakeoff")
        BakeOffEntry.objects.create(bake_off=bake_off, engine=engine, batch=batch)
        for one in made:
            job = builders.job(batch, image=one.job.source_image, state="done")
            builders.rendition(
                job, name="cutout", kind="cutout", state="approved", score=0.91, artifact=one.artifact,
                provenance=one.provenance,
            )  # fmt: skip
    return bake_off


def dreamt(like: Rendition, owner: User) -> int:
    """A picture made from words, and what it cost. Gives the number of its job."""
    batch = builders.batch(owner, name="A warm kitchen", mode="generate")
    job = builders.job(batch, image=like.job.source_image, state="done")
    params = {
        "prompt": "a warm kitchen in the morning",
        "style": "realistic",
        "ratio": "1:1",
        "seed": 41,
        "provider": "fake",
        "capability": "generate_background",
        "options": {},
        "source": "",
    }
    step = Step.objects.create(
        job=job, name="generate", kind="generate", position=0, params=params, state="succeeded", provider="fake"
    )
    Attempt.objects.create(
        step=step, number=1, token=uuid.uuid4(), provider="fake", outcome="succeeded", price=Decimal("0.04"),
        cost=Decimal("0.04"), submitted_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    builders.rendition(
        job,
        name="generated",
        kind="generated",
        artifact=like.artifact,
        provenance={**like.provenance, "engine_version": "fake-1"},
    )
    return int(job.pk)
