"""Exports with small pictures, targets, and deliveries that are carried to their end."""

from datetime import timedelta

from django.utils import timezone

from catalog.files import store as store_file
from marketplaces.channels import ensure_channels
from marketplaces.deliveries import secrets
from marketplaces.deliveries.carry import carry
from marketplaces.deliveries.start import start
from marketplaces.documents import channel_documents
from marketplaces.models import Channel, Delivery, DeliveryFile, DeliveryTarget, Export
from marketplaces.outfiles import OutFile, keep
from processing.imaging.metadata import Metadata
from processing.models import Rendition
from tests import builders
from tests.marketplaces import pictures


def an_export(*, skus=("BOX-01",), count=2, colour=(150, 60, 40)) -> Export:
    """An export as the exporter leaves it, with small pictures. Equal arguments give equal bytes."""
    ensure_channels()
    channel = Channel.objects.get(name="shopify")
    export = Export.objects.create(channel=channel, state="done")
    files = [_picture(sku, number, colour) for sku in skus for number in range(1, count + 1)]
    rows = keep(export, files, is_public=True)
    keep(export, channel_documents(export, channel.rules(), rows, []), is_public=False)
    return export


def _picture(sku: str, number: int, colour: tuple[int, int, int]) -> OutFile:
    source = "compositeSynthetic" if number > 1 else None
    metadata = Metadata(title="Box", sku=sku, digital_source_type=source)
    image = pictures.packshot((320, 320), product=colour, fill=0.9 - number / 10)[0]
    kept = store_file(pictures.jpeg(image, metadata=metadata), suffix="jpg")
    made = {"source_type": source or "", "box_px": None}
    return OutFile(
        name=f"{sku}-{number}.jpg", sha256=kept.sha256, path=kept.path, media_type="image/jpeg", bytes=kept.bytes, sku=sku,
        role="main" if number == 1 else "extra", position=number, width=320, height=320, rendition=rendition_of(sku),
        receipt={"made": made},
    )  # fmt: skip


def rendition_of(sku: str):
    found = Rendition.objects.filter(variant__sku=sku).first()
    if found is None:
        variant = builders.variant(sku)
        found = builders.rendition(builders.job(image=builders.source_image(variant)))
    return found


def target_of(channel: str, kind: str, *, name: str = "there", hidden: dict[str, str] | None = None, **config: str):
    kept = {field: secrets.seal(value) for field, value in (hidden or {}).items()}
    return DeliveryTarget.objects.create(
        channel=Channel.objects.get(name=channel), name=name, kind=kind, config=config, secrets=kept
    )


def delivered(export, target) -> Delivery:
    """Started and carried until nothing is due any more."""
    delivery = start(export, target)
    return carried(delivery)


def carried(delivery: Delivery, *, turns: int = 30) -> Delivery:
    """Goes on, with every pause over at once, until the delivery is over or nothing changes."""
    for _ in range(turns):
        delivery.refresh_from_db()
        if delivery.is_over:
            break
        past = timezone.now() - timedelta(seconds=1)
        Delivery.objects.filter(pk=delivery.pk).update(available_at=past)
        DeliveryFile.objects.filter(delivery=delivery).update(next_at=past)
        carry(delivery.pk)
    delivery.refresh_from_db()
    return delivery


def states(delivery: Delivery) -> dict[str, str]:
    return dict(delivery.files.values_list("name", "state"))
