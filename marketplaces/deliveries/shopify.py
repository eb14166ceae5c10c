"""Pictures as product media of a Shopify shop: staged upload, file, attached to the product whose variant has the SKU, the
main one also to the variant itself, so that the shop shows it when somebody chooses that variant.

File names hold the content's hash, and a name that is taken is an error there: a file whose answer was lost is found by
its name and never made a second time.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import PurePath
from typing import Any, ClassVar

from django.utils.translation import gettext_noop as _

from marketplaces.deliveries import shopify_graphql as graphql
from marketplaces.deliveries.base import Connector, DeliveryError, Field, Gone, Item, NotYet, Sent
from marketplaces.deliveries.shopify_graphql import Shop, UserErrors, quoted
from marketplaces.deliveries.wire import Answer, refused, request

PROCESSING = ("UPLOADED", "PROCESSING")
# The product does not know its new picture yet.
_NOT_YET = {"MEDIA_DOES_NOT_EXIST_ON_PRODUCT", "NON_READY_MEDIA"}
# The shop is as it is wanted, or somebody was quicker.
_DETACHED = {"MEDIA_IS_NOT_ATTACHED_TO_VARIANT"}
POLL_S = 3.0
_MOST_BYTES = 60 * 2**20


class ShopifyConnector(Connector):
    label: ClassVar[str] = _("Shopify")
    about: ClassVar[str] = _("Pictures become media of the product that has the SKU; a later delivery replaces them.")
    fields: ClassVar[tuple[Field, ...]] = (
        Field("shop_url", _("Shop"), _("Such as https://my-shop.myshopify.com"), is_required=True),
        Field(
            "token",
            _("Admin API access token"),
            _("Of a custom app with read_products, write_products, read_files, write_files."),
            is_required=True,
            is_secret=True,
        ),
        Field(
            "variants",
            _("Variants"),
            _("What a shop shows when a colour or a size is chosen."),
            choices=(("main", "Each variant shows the main picture of its SKU"), ("leave", "Leave variants alone")),
            default="main",
        ),
    )
    takes_documents: ClassVar[bool] = False
    replaces: ClassVar[bool] = True

    def key_of(self, name: str, sha256: str, *, is_picture: bool) -> str:
        """File name in the shop: readable, and another one for other bytes."""
        path = PurePath(name)
        return f"{path.stem}-{sha256[:16]}{path.suffix}"

    def test(self) -> str:
        name = self.shop.ask(graphql.SHOP).get("shop", {}).get("name", "")
        self.shop.ask(graphql.BY_NAME, query=f"filename:{quoted('firstpass-test')}")
        return f"Connected to the shop {name}."

    def find(self, item: Item) -> Sent | None:
        nodes = self.shop.ask(graphql.BY_NAME, query=f"filename:{quoted(item.key)}")["files"]["nodes"]
        usable = [node for node in nodes if node.get("fileStatus") != "FAILED"]
        if len(usable) > 1:
            raise DeliveryError("ambiguous", f"The shop has several files named {item.key}.", is_permanent=True)
        return self._attached(item, str(usable[0]["id"])) if usable else None

    def send(self, item: Item, data: bytes) -> Sent:
        product = self._product(item.sku)
        resource = self._upload(item, data)
        file = {
            "originalSource": resource,
            "alt": item.title,
            "contentType": "IMAGE",
            "filename": item.key,
            "duplicateResolutionMode": "RAISE_ERROR",
        }
        try:
            made = self.shop.ask(graphql.CREATE, files=[file])["files"][0]
        except UserErrors as error:
            if "FILENAME_ALREADY_EXISTS" not in error.codes:
                raise
            if found := self.find(item):
                return found
            # Made by an earlier try whose answer was lost, and not in the shop's search yet.
            raise DeliveryError(
                "ambiguous", "The shop has the file but does not find it yet.", retry_after_s=30
            ) from error
        return Sent(f"{made['id']} {product}")

    def fetch(self, item: Item, sent: Sent) -> bytes:
        answer = request("GET", self._ready(item, sent), max_bytes=_MOST_BYTES)
        if answer.status in (404, 410):
            raise Gone(item.key)
        if answer.status != 200:
            raise refused(answer, what="fetching what was sent")
        return answer.data

    def arrived(self, item: Item, sent: Sent) -> Sent:
        """The file goes to its product only now: nobody sees a picture that has not been looked at."""
        url = self._ready(item, sent)
        file_id, product = _ids(sent)
        self.shop.ask(graphql.ATTACH, files=[{"id": file_id, "referencesToAdd": [product]}])
        return Sent(sent.remote_id, url)

    def remove(self, item: Item, sent: Sent) -> None:
        """Deletes the file, which takes it from product and variant too."""
        file_id = _ids(sent)[0]
        if not file_id:
            found = self.find(item)
            if found is None:
                return
            file_id = _ids(found)[0]
        self._unless({"FILE_DOES_NOT_EXIST"}, graphql.DELETE, ids=[file_id])

    def finish(self, items: Sequence[Item], sent: Mapping[str, Sent]) -> None:
        """Puts each product's files in order, main picture first, and gives each variant its own; once for each set."""
        done = self.memory.setdefault("ordered", [])
        sets: dict[str, list[str]] = {}
        for item in sorted(items, key=lambda one: one.position):
            file_id, product = _ids(sent[item.name])
            sets.setdefault(product, []).append(file_id)
        for product, ids in sets.items():
            if product not in done:
                moves = [{"id": one, "newPosition": str(place)} for place, one in enumerate(ids)]
                self.shop.ask(graphql.REORDER, id=product, moves=moves)
                done.append(product)
        if self.setting("variants") == "main":
            self._show_variants(items, sent)

    def _show_variants(self, items: Sequence[Item], sent: Mapping[str, Sent]) -> None:
        shown = self.memory.setdefault("variants", {})
        mains: dict[str, Item] = {}
        for item in sorted(items, key=lambda one: one.position):
            mains.setdefault(item.sku, item)
        for sku, item in mains.items():
            file_id, _ = _ids(sent[item.name])
            if shown.get(sku) != file_id:
                self._show_variant(sku, file_id)
                shown[sku] = file_id

    def _show_variant(self, sku: str, file_id: str) -> None:
        """A variant shows one picture: what it showed before stays with the product alone. NotYet, DeliveryError."""
        variant = self._variant(sku)
        there = [str(node["id"]) for node in (variant.get("media") or {}).get("nodes", [])]
        if there == [file_id]:
            return
        place = {"variantId": variant["id"]}
        product = variant["product"]["id"]
        try:
            if there:
                self._unless(_DETACHED, graphql.VARIANT_DETACH, product=product, media=[{**place, "mediaIds": there}])
            self.shop.ask(graphql.VARIANT_APPEND, product=product, media=[{**place, "mediaIds": [file_id]}])
        except UserErrors as error:
            if error.codes & _NOT_YET:
                raise NotYet("The product does not know its new picture yet.", retry_after_s=POLL_S) from error
            raise

    def _unless(self, codes: set[str], document: str, **variables: object) -> None:
        """Asks; errors of these codes alone are fine."""
        try:
            self.shop.ask(document, **variables)
        except UserErrors as error:
            if not error.codes <= codes:
                raise

    @cached_property
    def shop(self) -> Shop:
        return Shop(self.setting("shop_url"), self.secrets.get("token", ""))

    def _attached(self, item: Item, file_id: str) -> Sent:
        return Sent(f"{file_id} {self._product(item.sku)}")

    def _product(self, sku: str) -> str:
        """The id of the product one of whose variants has the SKU."""
        known = self.memory.setdefault("products", {})
        if sku not in known:
            known[sku] = str(self._variant(sku)["product"]["id"])
        return str(known[sku])

    def _variant(self, sku: str) -> dict[str, Any]:
        """The shop's variant with the SKU, its product and the media it shows."""
        nodes = self.shop.ask(graphql.PRODUCT, query=f"sku:{quoted(sku)}")["productVariants"]["nodes"]
        found: list[dict[str, Any]] = [node for node in nodes if node.get("sku") == sku]
        if len({node["product"]["id"] for node in found}) != 1:
            what = "no product" if not found else "several products"
            raise DeliveryError("no-product", f"The shop has {what} with the SKU {sku}.", is_permanent=True)
        return found[0]

    def _upload(self, item: Item, data: bytes) -> str:
        """Puts the bytes where the shop says, and returns the address it knows them by."""
        wanted = {
            "filename": item.key,
            "mimeType": item.media_type,
            "resource": "IMAGE",
            "httpMethod": "POST",
            "fileSize": str(len(data)),
        }
        target = self.shop.ask(graphql.STAGE, input=[wanted])["stagedTargets"][0]
        fields = {one["name"]: one["value"] for one in target["parameters"]}
        files = {"file": (item.key, data, item.media_type)}
        answer = request("POST", target["url"], size_bytes=len(data), data=fields, files=files)
        if not answer.is_success:
            raise _upload_failed(answer)
        return str(target["resourceUrl"])

    def _ready(self, item: Item, sent: Sent) -> str:
        """Address of the finished picture. What the shop could not use is deleted, so that its name is free again."""
        file_id = _ids(sent)[0]
        node = self.shop.ask(graphql.STATUS, id=file_id).get("node")
        if not node:
            raise Gone(item.key)
        status = node.get("fileStatus", "")
        if status in PROCESSING or (status == "READY" and not node.get("image")):
            raise NotYet("The shop is still at work on the picture.", retry_after_s=POLL_S)
        if status != "READY":
            self.remove(item, sent)
            reasons = "; ".join(str(one.get("message", "")) for one in node.get("fileErrors") or []) or status
            message = f"The shop could not use the picture: {reasons[:200]}"
            raise DeliveryError("media-failed", message, must_resend=True)
        return str(node["image"]["url"])


def _ids(sent: Sent) -> tuple[str, str]:
    """(file, product) out of what is kept of a file."""
    file_id, _, product = sent.remote_id.partition(" ")
    return file_id, product


def _upload_failed(answer: Answer) -> DeliveryError:
    """The upload address is a storage of its own: what it says about credentials is about the upload, not the shop."""
    if answer.status in (401, 403):
        return DeliveryError("upload", f"The shop's upload address answered {answer.status}; it may have run out.")
    return refused(answer, what="the upload")
