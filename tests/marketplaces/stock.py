"""Products with approved pictures whose bytes exist, as the engine leaves them."""

import itertools
from typing import Any

from catalog.files import store
from catalog.models import Variant
from processing.imaging.codec import EncodeSettings, decode, encode
from processing.models import Artifact, Batch, Rendition, RenditionKind, RenditionState
from tests import builders
from tests.marketplaces import pictures

_keys = itertools.count(1)
APPROVED = RenditionState.APPROVED


def kept(data: bytes, *, media_type: str, **meta: Any) -> Artifact:
    suffix = {"image/jpeg": "jpg"}.get(media_type, media_type.rsplit("/", 1)[-1])
    stored = store(data, suffix=suffix)
    size = decode(data).size
    return builders.artifact(
        step_key=f"{next(_keys):064x}", sha256=stored.sha256, path=stored.path, media_type=media_type, bytes=stored.bytes,
        width=size[0], height=size[1], meta=meta,
    )  # fmt: skip


def made(
    job: Any,
    name: str,
    kind: str,
    artifact: Artifact,
    *,
    parent: Rendition | None = None,
    state: str = APPROVED,
    **more: Any,
) -> Rendition:
    rendition = builders.rendition(job, name=name, kind=kind, artifact=artifact, parent=parent, **more)
    if state == APPROVED:
        rendition.approve()
    elif state != RenditionState.MEASURED:
        Rendition.objects.filter(pk=rendition.pk).update(state=state)
        rendition.refresh_from_db()
    return rendition


def product(
    sku: str = "BOX-01",
    *,
    of: Variant | None = None,
    batch: Batch | None = None,
    view: int = 1,
    size: tuple[int, int] = (1400, 1400),
    styles: tuple[str, ...] = (),
    main: str = APPROVED,
    style: str = APPROVED,
    category: str = "default",
    **ids: str,
) -> Variant:
    """One photo's worth: cut-out, main picture and scenes. Call again with `of` for another view."""
    variant = of or builders.variant(sku, category=category, **ids)
    image = builders.source_image(variant, view=view)
    job = builders.job(batch, image=image, state="done")
    colour = (150 - 30 * view, 60, 40 + 20 * view, 255)
    facts = {
        "source_sha256": image.sha256, "engine": "studio", "engine_version": "3", "model_hash": "", "seed": 7,
        "recipe": {"name": "packshot", "version": 1}, "steps": {"cutout": f"{next(_keys):064x}"},
    }  # fmt: skip
    cutout_file = kept(pictures.cutout_png(size, colour=colour), media_type="image/png")
    cutout = made(job, "cutout", RenditionKind.CUTOUT, cutout_file, provenance=facts)
    packshot, _ = pictures.packshot((1200, 1200))
    white = kept(encode(packshot, EncodeSettings.named("jpeg")), media_type="image/jpeg")
    made(job, "main", RenditionKind.MAIN, white, parent=cutout, state=main, provenance=facts)
    for name in styles:
        scene = kept(pictures.scene(), media_type="image/webp", box_px=[420, 360, 360, 600])
        made(
            job, f"style-{name}", RenditionKind.STYLE, scene, parent=cutout, state=style, style=name,
            provenance={**facts, "style": name},
        )  # fmt: skip
    return variant
