"""Doubted pictures for the bench of the review room: made up, of the size that proxies have."""

import io

import numpy as np
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFilter

from accounts.models import Role, User
from catalog.files import store
from catalog.models import Product, SourceImage, Variant
from processing.models import Artifact, Batch, Check, Job, Recipe, Rendition, RenditionState
from review.gate import judge_pending

SIDE = 1600


def fill(*, count: int, pictures: int, name: str, password: str) -> None:
    """A manager, and `count` cut-outs that need a look, showing `pictures` different ones in turn."""
    User.objects.create_user(name, password=password, role=Role.MANAGER)
    recipe = Recipe.objects.filter(is_current=True)[0]
    batch = Batch.objects.create(name="Bench", recipe=recipe, mode="packshot", state="done")
    shown = [_picture(number) for number in range(pictures)]
    for number in range(count):
        _doubted(batch, number, shown[number % pictures])
    while judge_pending():
        pass


def _picture(number: int) -> dict[str, Artifact]:
    """Photo and overlay of a made-up product with texture: flat colours would load faster than any photograph."""
    rng = np.random.default_rng(number)
    grain = Image.fromarray(rng.integers(0, 255, (SIDE // 4, SIDE // 4, 3), np.uint8)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )
    tint = Image.new("RGB", (SIDE, SIDE), tuple(int(one) for one in rng.integers(30, 220, 3)))
    product = Image.blend(tint, grain.filter(ImageFilter.GaussianBlur(3)), 0.35)
    alpha = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(alpha).ellipse((300, 240, 1300, 1420), fill=255)
    photo = Image.composite(product, Image.new("RGB", (SIDE, SIDE), (222, 222, 220)), alpha)
    overlay = product.copy()
    overlay.putalpha(alpha.filter(ImageFilter.GaussianBlur(1)))
    small = overlay.resize((320, 320))
    return {
        "proxy": _kept(photo, number, "proxy"),
        "overlay": _kept(overlay, number, "overlay"),
        "thumb": _kept(small, number, "thumb"),
    }


def _kept(picture: Image.Image, number: int, role: str) -> Artifact:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=86, method=2)
    file = store(buffer.getvalue(), suffix="webp")
    return Artifact.objects.create(
        step_key=f"bench-{number}", role=role, sha256=file.sha256, path=file.path, bytes=file.bytes, media_type="image/webp",
        width=picture.width, height=picture.height,
    )  # fmt: skip


def _doubted(batch: Batch, number: int, shown: dict[str, Artifact]) -> None:
    sku = f"BENCH-{number:04}"
    variant = Variant.objects.create(product=Product.objects.create(code=sku, name=sku), sku=sku)
    source = SourceImage.objects.create(
        variant=variant, view=1, sha256=f"{number:064}", path="none", original_name=f"{sku}.jpg", format="JPEG",
        width=SIDE, height=SIDE, bytes=1,
    )  # fmt: skip
    job = Job.objects.create(
        batch=batch, source_image=source, variant=variant, sku=sku, file=f"{sku}.jpg", state="done", snapshot={},
        finished_at=timezone.now(),
    )  # fmt: skip
    traces = {role: artifact.sha256 for role, artifact in shown.items()}
    made = Rendition.objects.create(
        job=job, variant=variant, name="cutout", kind="cutout", artifact=shown["overlay"], provenance=traces,
        score=0.2 + number / 10_000, state=RenditionState.MEASURED,
    )  # fmt: skip
    place = {"box": [0.2, 0.15, 0.2, 0.2], "worst": [0.25, 0.25]}
    Check.objects.create(rendition=made, code="EDGE_HALO", value=3.0, unit="px", limit=1.5, passed=False, **place)
