"""Shopify's GraphQL Admin API: one question and its answer, throttling and user errors told apart.

Shapes as documented for the version below: stagedUploadsCreate, fileCreate, fileUpdate, fileDelete, productReorderMedia,
productVariantAppendMedia, productVariantDetachMedia.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplaces.deliveries.base import DeliveryError
from marketplaces.deliveries.wire import refused, request

VERSION = "2026-10"
_LEAST_PAUSE_S, _MOST_PAUSE_S = 1.0, 60.0

SHOP = "query { shop { name } }"
PRODUCT = """query ($query: String!) {
  productVariants(first: 5, query: $query) { nodes { id sku product { id } media(first: 10) { nodes { id } } } }
}"""
STAGE = """mutation ($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } } userErrors { field message }
  }
}"""
CREATE = """mutation ($files: [FileCreateInput!]!) {
  fileCreate(files: $files) { files { id fileStatus } userErrors { field message code } }
}"""
BY_NAME = """query ($query: String!) {
  files(first: 5, query: $query) { nodes { id fileStatus ... on MediaImage { image { url } } } }
}"""
STATUS = """query ($id: ID!) {
  node(id: $id) {
    id ... on MediaImage { fileStatus fileErrors { code message } image { url } }
  }
}"""
ATTACH = """mutation ($files: [FileUpdateInput!]!) {
  fileUpdate(files: $files) { files { id } userErrors { field message code } }
}"""
DELETE = """mutation ($ids: [ID!]!) {
  fileDelete(fileIds: $ids) { deletedFileIds userErrors { field message code } }
}"""
REORDER = """mutation ($id: ID!, $moves: [MoveInput!]!) {
  productReorderMedia(id: $id, moves: $moves) { job { id } userErrors { field message } }
}"""
VARIANT_APPEND = """mutation ($product: ID!, $media: [ProductVariantAppendMediaInput!]!) {
  productVariantAppendMedia(productId: $product, variantMedia: $media) { userErrors { field message code } }
}"""
VARIANT_DETACH = """mutation ($product: ID!, $media: [ProductVariantDetachMediaInput!]!) {
  productVariantDetachMedia(productId: $product, variantMedia: $media) { userErrors { field message code } }
}"""


class UserErrors(DeliveryError):
    """The shop understood the request and refuses it. `codes` as far as it gave any."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        text = "; ".join(str(one.get("message", "")) for one in errors)[:300]
        super().__init__("shop-refused", f"The shop refuses: {text}", is_permanent=True)
        self.codes = {str(one.get("code", "")) for one in errors}


@dataclass(frozen=True)
class Shop:
    """A shop's API. `url`: the shop's address, such as https://my-shop.myshopify.com."""

    url: str
    token: str

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer; of a mutation the one payload in it, without user errors. DeliveryError, UserErrors."""
        answer = request(
            "POST",
            f"{self.url.rstrip('/')}/admin/api/{VERSION}/graphql.json",
            headers={"X-Shopify-Access-Token": self.token, "Content-Type": "application/json"},
            content=json.dumps({"query": document, "variables": variables}).encode(),
        )
        if not answer.is_success:
            raise refused(answer, what="a question to the shop")
        data = _data(_parsed(answer.data))
        if document.startswith("mutation"):
            data = next(iter(data.values()), {}) or {}
            if errors := data.get("userErrors"):
                raise UserErrors(errors)
        return data


def quoted(value: str) -> str:
    """A value inside Shopify's search syntax."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except ValueError as error:
        raise DeliveryError("broken-answer", "The shop's answer cannot be read.") from error
    if not isinstance(answer, dict):
        raise DeliveryError("broken-answer", "The shop's answer has another form than is documented.")
    return answer


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    errors = answer.get("errors") or []
    codes = {one.get("extensions", {}).get("code", "") for one in errors if isinstance(one, dict)}
    if "THROTTLED" in codes:
        raise DeliveryError(
            "throttled",
            "The shop asks to wait.",
            concerns_target=True,
            retry_after_s=_pause(answer.get("extensions", {})),
        )
    if "ACCESS_DENIED" in codes:
        message = (
            "The access token may not do this: it needs read_products, write_products, read_files and write_files."
        )
        raise DeliveryError("credentials", message, is_permanent=True, concerns_target=True)
    if errors or not isinstance(answer.get("data"), dict):
        text = "; ".join(str(one.get("message", "")) for one in errors if isinstance(one, dict))[:200]
        raise DeliveryError("shop-error", f"The shop answered with an error: {text or 'no data'}.")
    data: dict[str, Any] = answer["data"]
    return data


def _pause(extensions: Mapping[str, Any]) -> float:
    """Seconds until the bucket holds enough for the same question again."""
    cost = extensions.get("cost", {})
    status = cost.get("throttleStatus", {})
    missing = float(cost.get("requestedQueryCost", 0)) - float(status.get("currentlyAvailable", 0))
    rate = float(status.get("restoreRate", 0)) or 50.0
    return min(max(missing / rate, _LEAST_PAUSE_S), _MOST_PAUSE_S)
