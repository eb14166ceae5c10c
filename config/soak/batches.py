"""The batches of a soak test: made products with a set from a loopback vendor, or the sample photos with the recipe of the demo."""

import io
import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from PIL import Image, ImageDraw

from catalog import files
from catalog.folders import take_paths
from catalog.intake import accepted_images, open_intake
from catalog.models import Product, SourceImage, Variant
from processing import recipes
from processing.imaging.backplates import MIN_PLATE_PX
from processing.models import Batch, Priority
from processing.providers.loopback import replicate_side
from processing.providers.loopback.server import Town, environment, serve
from processing.starting import start_batch

PHOTO_PX = (240, 200)
PER_BATCH = 200
RECIPE = {
    "main": True, "main_px": 500, "sizes": ["cart"], "styles": ["lifestyle-home"], "style_px": 400, "background": "replicate",
    "enhance": False, "repair": False,
}  # fmt: skip


@contextmanager
def vendor() -> Iterator[Town]:
    """A loopback vendor whose address is in the environment of the children, making small pictures."""
    replicate_side.SIDES = {"1": MIN_PLATE_PX, "0.25": MIN_PLATE_PX}
    server, town = serve()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    values = environment(f"http://127.0.0.1:{server.server_address[1]}")
    os.environ.update(values)
    for name, value in values.items():
        setattr(settings, name, value.split(",") if name == "FETCH_ALLOWED_HOSTS" else value)
    yield town
    server.shutdown()
    server.server_close()


def submit(products: int) -> list[Batch]:
    """Batches of every priority with a photo for each product."""
    recipe = recipes.new_version("soak", data=RECIPE)
    batches = []
    for number, start in enumerate(range(0, products, PER_BATCH)):
        images = [_photo(index) for index in range(start, min(start + PER_BATCH, products))]
        priority = Priority.values[number % 3]
        batches.append(start_batch(owner=None, images=images, recipe=recipe, name=f"Soak {number}", priority=priority))
    return batches


def submit_samples(photos: int | None = None, *, copies: int = 1) -> Batch:
    """The sample photos, or the first so many, with the recipe of the demo. Copies are other files that look the same."""
    recipes.ensure_presets()
    intake = open_intake(owner=None, source="cli", name="Samples")
    take_paths(intake, paths=[settings.BASE_DIR / "samples" / "photos"])
    recipe = recipes.current("catalogue")
    images = list(accepted_images(intake))[:photos]
    images += [_copy(image, number) for number in range(2, copies + 1) for image in images]
    return start_batch(owner=None, images=images, recipe=recipe, name="Samples", intake=intake)


def _copy(image: SourceImage, number: int) -> SourceImage:
    """Bytes behind the end of a picture make another file of it, of which nothing is found done."""
    stored = files.store(files.load(image.path) + b"%d" % number, suffix=image.path.rpartition(".")[2])
    code = f"{image.original_name.rpartition('.')[0]}-copy-{number}"
    variant = Variant.objects.create(product=Product.objects.create(code=code, name=code), sku=code)
    changed = {"variant": variant, "sha256": stored.sha256, "path": stored.path, "bytes": stored.bytes}
    return SourceImage.objects.create(
        **changed, original_name=f"{code}.jpg",
        **{name: getattr(image, name) for name in ("format", "width", "height", "mode")},
    )  # fmt: skip


def warm_up(workers: int) -> Batch:
    """A small photo for each worker by the recipe that is to be measured: programs and models are loaded when it is done."""
    recipes.ensure_presets()
    images = [_photo(number) for number in range(workers)]
    return start_batch(owner=None, images=images, recipe=recipes.current("catalogue"), name="Warm-up")


def _photo(index: int) -> SourceImage:
    """A mug-like shape on light paper, another one for each number."""
    chance = random.Random(index)
    image = Image.new("RGB", PHOTO_PX, (238, 237, 235))
    colour = tuple(chance.randrange(30, 170) for _ in range(3))
    left, top = 60 + chance.randrange(20), 40 + chance.randrange(20)
    ImageDraw.Draw(image).rounded_rectangle(
        (left, top, left + 100, top + 110), radius=chance.randrange(5, 30), fill=colour
    )
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    stored = files.store(buffer.getvalue(), suffix="jpg")
    code = f"SOAK-{index:05}"
    variant = Variant.objects.create(product=Product.objects.create(code=code, name=code), sku=code)
    return SourceImage.objects.create(
        variant=variant, sha256=stored.sha256, path=stored.path, bytes=stored.bytes, original_name=f"{code}.jpg", format="JPEG",
        width=PHOTO_PX[0], height=PHOTO_PX[1], mode="RGB",
    )  # fmt: skip
