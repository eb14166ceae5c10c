"""Any server that takes files by HTTP PUT: WebDAV shares, object stores with their own front, a shop's upload address."""

import base64
import hashlib
from typing import ClassVar
from urllib.parse import quote

from django.utils.translation import gettext_noop as _

from marketplaces.deliveries.base import LAYOUT, Connector, DeliveryError, Field, Gone, Item, Sent
from marketplaces.deliveries.wire import Answer, checked, refused, request

_MISSING = (404, 410)
# Answers of servers that know no DELETE, or no HEAD.
_UNKNOWN_METHOD = (405, 501)
_MOST_BYTES = 200 * 2**20


class HttpPutConnector(Connector):
    label: ClassVar[str] = _("HTTP PUT")
    about: ClassVar[str] = _(
        "Each file is put under the base address; pictures are fetched again to see that they arrived."
    )
    fields: ClassVar[tuple[Field, ...]] = (
        Field("base_url", _("Base address"), _("Such as https://files.example/shop/"), is_required=True),
        Field("public_url", _("Public address"), _("Where the files can be fetched, if not under the base address.")),
        Field("username", _("User name"), _("Only for basic authentication.")),
        Field("password", _("Password"), is_secret=True),
        Field("token", _("Bearer token"), _("Instead of user name and password."), is_secret=True),
        LAYOUT,
    )

    def test(self) -> str:
        """Puts, reads and deletes a small file."""
        item = Item(
            "firstpass-test.txt", "firstpass-test.txt", "", hashlib.sha256(b"test").hexdigest(), 4, "text/plain"
        )
        sent = self.send(item, b"test")
        try:
            came = self.fetch(item, sent)
        except Gone as error:
            raise DeliveryError(
                "not-found", "A file was taken, but it cannot be fetched again.", concerns_target=True
            ) from error
        finally:
            self.remove(item, sent)
        if came != b"test":
            raise DeliveryError("altered", "A file was taken, but other bytes came back.", concerns_target=True)
        return "A file was put, fetched and deleted again."

    def url_of(self, key: str) -> str:
        base = self.setting("public_url") or self.setting("base_url")
        return f"{base.rstrip('/')}/{quote(key)}"

    def find(self, item: Item) -> Sent | None:
        """By size alone where the place holds the content's hash; otherwise the file is fetched and compared."""
        sent = Sent(item.key, self.url_of(item.key))
        if item.is_fixed:
            answer = self._ask("HEAD", item.key)
            size = answer.headers.get("content-length", "")
            return sent if answer.is_success and size == str(item.bytes) else None
        try:
            return sent if hashlib.sha256(self.fetch(item, sent)).hexdigest() == item.sha256 else None
        except Gone:
            return None

    def send(self, item: Item, data: bytes) -> Sent:
        digest = hashlib.sha256(data).hexdigest()
        headers = {"Content-Type": item.media_type, "X-Content-Sha256": digest}
        answer = self._ask("PUT", item.key, size_bytes=len(data), headers=headers, content=data)
        if not answer.is_success:
            raise refused(answer, what="taking the file")
        return Sent(item.key, self.url_of(item.key))

    def fetch(self, item: Item, sent: Sent) -> bytes:
        url = sent.url or self.url_of(item.key)
        # The credentials are for the base address; whoever serves the public one is to see what the world sees.
        headers = {} if self.setting("public_url") else self._credentials()
        answer = request("GET", url, size_bytes=item.bytes, max_bytes=max(item.bytes * 4, _MOST_BYTES), headers=headers)
        if answer.status in _MISSING:
            raise Gone(item.key)
        if answer.status != 200:
            raise refused(answer, what="fetching what was sent")
        return answer.data

    def remove(self, item: Item, sent: Sent) -> None:
        answer = self._ask("DELETE", item.key)
        if answer.status in _UNKNOWN_METHOD:
            raise DeliveryError(
                "cannot-delete",
                f"The target deletes nothing ({answer.status}): take {item.key} away by hand.",
                is_permanent=True,
            )
        if not answer.is_success and answer.status not in _MISSING:
            raise refused(answer, what="deleting the file")

    def _ask(self, method: str, key: str, *, headers: dict[str, str] | None = None, **options: object) -> Answer:
        url = checked(f"{self.setting('base_url').rstrip('/')}/{quote(key)}")
        return request(method, url, headers={**self._credentials(), **(headers or {})}, **options)  # type: ignore[arg-type]

    def _credentials(self) -> dict[str, str]:
        if token := self.secrets.get("token"):
            return {"Authorization": f"Bearer {token}"}
        if name := self.setting("username"):
            pair = f"{name}:{self.secrets.get('password', '')}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}
