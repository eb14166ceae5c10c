"""A shop on the loopback that speaks the documented shapes of the GraphQL Admin API, and misbehaves when told to."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from tests.marketplaces.deliveries.shop import Reply

TOKEN = "shpat_very_secret"


def throttled(*, requested: int = 400, available: int = 100, rate: int = 50) -> dict[str, Any]:
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": rate}
    return {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}},
    }


def variant_id(sku: str) -> str:
    return f"gid://shopify/ProductVariant/{sku}"


def _refused(code: str) -> dict[str, Any]:
    return {"userErrors": [{"field": ["variantMedia"], "message": code.replace("_", " ").lower(), "code": code}]}


@dataclass
class FakeShop:
    """Products by SKU, files by id. `before(operation, variables)` may answer a question in the shop's place."""

    skus: dict[str, str] = field(default_factory=lambda: {"BOX-01": "gid://shopify/Product/1"})
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    orders: list[tuple[str, list[str]]] = field(default_factory=list)
    # What each variant shows, by its id.
    shown: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    before: Callable[[str, dict[str, Any]], dict[str, Any] | None] = lambda operation, variables: None
    after: Callable[[str, dict[str, Any]], Reply | None] = lambda operation, answer: None
    published: Callable[[bytes], bytes] = lambda data: data
    # How often a new file is reported as processing before it is ready.
    processing: int = 1
    fails: int = 0
    created: int = 0
    host: str = ""

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        if path.startswith("/upload/"):
            return self._upload(path, body)
        if path.startswith("/cdn/"):
            found = self.files.get("gid://shopify/MediaImage/" + path.rsplit("/", 1)[-1].split(".")[0])
            return (200, self.published(found["data"]), {}) if found else (404, b"", {})
        if not re.fullmatch(r"/admin/api/\d{4}-\d\d/graphql\.json", path):
            return 404, b"", {}
        if self.headers[-1].get("X-Shopify-Access-Token") != TOKEN:
            return 401, b'{"errors":"[API] Invalid API key or access token"}', {}
        asked = json.loads(body)
        operation = re.search(r"\{\s*(\w+)", asked["query"])[1]
        self.asked.append(operation)
        answer = self.before(operation, asked["variables"]) or {
            "data": {operation: getattr(self, f"_{operation}")(**asked["variables"])}
        }
        return self.after(operation, answer) or (200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _upload(self, path: str, body: bytes) -> Reply:
        kind = self.headers[-1]["Content-Type"]
        message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
        if parts["key"].get_payload() != path:
            return 403, b"", {}
        self.uploads[f"http://{self.host}{path}"] = parts["file"].get_payload(decode=True)
        return 204, b"", {}

    def _shop(self) -> dict[str, Any]:
        return {"name": "Test shop"}

    def _productVariants(self, query: str) -> dict[str, Any]:
        sku = re.fullmatch(r'sku:"(.*)"', query)[1]
        # The shop's search is loose: it finds what begins alike.
        return {"nodes": [self._variant(one, product) for one, product in self.skus.items() if one.startswith(sku)]}

    def _variant(self, sku: str, product: str) -> dict[str, Any]:
        pk = variant_id(sku)
        media = [{"id": one} for one in self.shown.get(pk, []) if one in self.files]
        return {"id": pk, "sku": sku, "product": {"id": product}, "media": {"nodes": media}}

    def _productVariantAppendMedia(self, product: str, media: list[dict[str, Any]]) -> dict[str, Any]:
        for one in media:
            [wanted] = one["mediaIds"]
            if product not in self.files[wanted]["products"]:
                return _refused("MEDIA_DOES_NOT_EXIST_ON_PRODUCT")
            if [there for there in self.shown.get(one["variantId"], []) if there in self.files]:
                return _refused("PRODUCT_VARIANT_ALREADY_HAS_MEDIA")
            self.shown[one["variantId"]] = [wanted]
        return {"userErrors": []}

    def _productVariantDetachMedia(self, product: str, media: list[dict[str, Any]]) -> dict[str, Any]:
        for one in media:
            if not set(one["mediaIds"]) <= set(self.shown.get(one["variantId"], [])):
                return _refused("MEDIA_IS_NOT_ATTACHED_TO_VARIANT")
            self.shown[one["variantId"]] = [pk for pk in self.shown[one["variantId"]] if pk not in one["mediaIds"]]
        return {"userErrors": []}

    def _stagedUploadsCreate(self, input: list[dict[str, Any]]) -> dict[str, Any]:
        place = f"/upload/{len(self.uploads) + 1}-{input[0]['filename']}"
        target = {
            "url": f"http://{self.host}{place}",
            "resourceUrl": f"http://{self.host}{place}",
            "parameters": [{"name": "key", "value": place}],
        }
        return {"stagedTargets": [target], "userErrors": []}

    def _fileCreate(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        one = files[0]
        if any(file["filename"] == one["filename"] for file in self.files.values()):
            assert one["duplicateResolutionMode"] == "RAISE_ERROR"
            error = {"field": ["files"], "message": "taken", "code": "FILENAME_ALREADY_EXISTS"}
            return {"files": [], "userErrors": [error]}
        self.created += 1
        file_id = f"gid://shopify/MediaImage/{100 + self.created}"
        will_fail, self.fails = self.fails > 0, max(0, self.fails - 1)
        self.files[file_id] = {
            "filename": one["filename"], "alt": one["alt"], "data": self.uploads[one["originalSource"]], "products": [],
            "looks": 0, "will_fail": will_fail,
        }  # fmt: skip
        return {"files": [{"id": file_id, "fileStatus": "UPLOADED"}], "userErrors": []}

    def _files(self, query: str) -> dict[str, Any]:
        name = re.fullmatch(r'filename:"(.*)"', query)[1]
        return {"nodes": [self._node(pk) for pk, file in self.files.items() if file["filename"] == name]}

    def _node(self, id: str) -> dict[str, Any] | None:
        file = self.files.get(id)
        if file is None:
            return None
        file["looks"] += 1
        status = "PROCESSING" if file["looks"] <= self.processing else "FAILED" if file["will_fail"] else "READY"
        node: dict[str, Any] = {"id": id, "fileStatus": status, "fileErrors": [], "image": None}
        if status == "READY":
            node["image"] = {"url": f"http://{self.host}/cdn/{id.rsplit('/', 1)[-1]}.jpg"}
        if status == "FAILED":
            node["fileErrors"] = [{"code": "UNKNOWN", "message": "Image could not be processed"}]
        return node

    def _fileUpdate(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        for one in files:
            self.files[one["id"]]["products"] += one.get("referencesToAdd", [])
        return {"files": [{"id": one["id"]} for one in files], "userErrors": []}

    def _fileDelete(self, ids: list[str]) -> dict[str, Any]:
        missing = [one for one in ids if self.files.pop(one, None) is None]
        errors = [{"field": ["fileIds"], "message": "gone", "code": "FILE_DOES_NOT_EXIST"}] if missing else []
        return {"deletedFileIds": [] if errors else ids, "userErrors": errors}

    def _productReorderMedia(self, id: str, moves: list[dict[str, str]]) -> dict[str, Any]:
        self.orders.append((id, [one["id"] for one in sorted(moves, key=lambda one: int(one["newPosition"]))]))
        return {"job": {"id": "gid://shopify/Job/1"}, "userErrors": []}
