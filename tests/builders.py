"""Typed builders of rows. Each makes the least that is valid; name what the test is about."""

import itertools
from typing import Any

from accounts.models import ApiToken, Role, User
from catalog.models import Product, SourceImage, Variant
from processing.models import Artifact, Batch, Job, Recipe, Rendition, RenditionKind, RenditionState

_numbers = itertools.count(1)


def user(name: str = "", *, role: Role = Role.OPERATOR, **fields: Any) -> User:
    made: User = User.objects.create_user(
        name or f"user{next(_numbers)}", password="secret-pass-1", role=role, **fields
    )
    return made


def token(owner: User, *scopes: str) -> str:
    """The secret of a new token with these scopes."""
    return ApiToken.issue(user=owner, name="test", scopes=list(scopes))[1]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def variant(sku: str = "", *, category: str = "default", **fields: Any) -> Variant:
    sku = sku or f"SKU-{next(_numbers)}"
    product, _ = Product.objects.get_or_create(code=sku, defaults={"name": sku.title(), "category": category})
    return Variant.objects.create(product=product, sku=sku, **fields)


def source_image(of: Variant | None = None, *, view: int = 1, **fields: Any) -> SourceImage:
    """A row alone; tests that need the bytes take photos in through the intake."""
    of = of or variant()
    number = next(_numbers)
    defaults = {
        "sha256": f"{number:064x}", "path": f"te/st/{number}.jpg", "original_name": f"{of.sku}_{view}.jpg", "format": "JPEG",
        "width": 1000, "height": 800, "mode": "RGB", "bytes": 1234,
    }  # fmt: skip
    return SourceImage.objects.create(variant=of, view=view, **{**defaults, **fields})


def recipe(name: str = "packshot", **fields: Any) -> Recipe:
    made, _ = Recipe.objects.get_or_create(
        name=name, version=fields.pop("version", 1), defaults={"label": name.title(), "data": {"mode": name}, **fields}
    )
    return made


def batch(owner: User | None = None, **fields: Any) -> Batch:
    return Batch.objects.create(
        owner=owner, name=fields.pop("name", "Autumn"), recipe=fields.pop("recipe", None) or recipe(), **fields
    )


def job(of: Batch | None = None, *, image: SourceImage | None = None, **fields: Any) -> Job:
    image = image or source_image()
    return Job.objects.create(
        batch=of or batch(),
        source_image=image,
        variant=image.variant,
        sku=image.variant.sku,
        file=image.original_name,
        **fields,
    )


def artifact(**fields: Any) -> Artifact:
    number = next(_numbers)
    defaults = {
        "step_key": f"{number:064x}", "role": "file", "sha256": f"{number:064x}", "path": f"te/st/{number}.webp",
        "media_type": "image/webp", "bytes": 1000, "width": 1200, "height": 1200,
    }  # fmt: skip
    return Artifact.objects.create(**{**defaults, **fields})


def rendition(
    of: Job | None = None,
    *,
    name: str = "main",
    kind: str = RenditionKind.MAIN,
    state: str = RenditionState.MEASURED,
    **fields: Any,
) -> Rendition:
    of = of or job()
    return Rendition.objects.create(
        job=of,
        variant=of.variant,
        name=name,
        kind=kind,
        state=state,
        artifact=fields.pop("artifact", None) or artifact(),
        **fields,
    )
