"""The kinds of targets there are, and a connector for one target. A new kind is a module and a line here."""

from marketplaces.deliveries import secrets
from marketplaces.deliveries.base import Connector
from marketplaces.deliveries.folder import FolderConnector
from marketplaces.deliveries.http_put import HttpPutConnector
from marketplaces.deliveries.push import PushConnector
from marketplaces.deliveries.s3 import S3Connector
from marketplaces.deliveries.shopify import ShopifyConnector
from marketplaces.deliveries.zipped import ZipConnector
from marketplaces.delivery_models import Delivery, DeliveryTarget, TargetKind

KINDS: dict[str, type[Connector]] = {
    TargetKind.FOLDER: FolderConnector,
    TargetKind.ZIP: ZipConnector,
    TargetKind.S3: S3Connector,
    TargetKind.HTTP: HttpPutConnector,
    TargetKind.SHOPIFY: ShopifyConnector,
    TargetKind.PUSH: PushConnector,
}


def connector_of(target: DeliveryTarget) -> Connector:
    """Ready to be used. DeliveryError when a secret cannot be read."""
    return KINDS[target.kind](target.config, secrets.unsealed(target.secrets))


def connector_for(delivery: Delivery) -> Connector:
    """The same with the delivery's own memory and name."""
    made = connector_of(delivery.target)
    made.stem, made.memory = delivery.export.stem, delivery.memory
    made.memory.update({"delivery": delivery.pk, "channel": delivery.target.channel.name})
    return made
