"""A delivery's rows as connectors see them."""

from marketplaces.deliveries.base import Item, Sent
from marketplaces.delivery_models import DeliveryFile
from marketplaces.listings import link_to


def item_of(file: DeliveryFile) -> Item:
    exported = file.export_file
    variant = exported.rendition.variant if exported and exported.rendition else None
    return Item(
        name=file.name,
        key=file.key,
        sku=file.sku,
        sha256=file.sha256,
        bytes=file.bytes,
        media_type=file.media_type,
        is_picture=file.is_picture,
        position=file.position,
        title=(variant.product.name if variant else "") or file.sku,
        link=link_to(exported.public_path) if exported else "",
    )


def sent_of(file: DeliveryFile) -> Sent:
    return Sent(file.remote_id, file.remote_url)
