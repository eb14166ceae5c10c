"""A folder on this server, for example a share that a shop system reads: an exact copy of the export."""

import errno
import hashlib
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext_noop as _

from marketplaces.archive import write_whole
from marketplaces.deliveries.base import Connector, DeliveryError, Field, Gone, Item, Sent

FOLDER = Field(
    "folder", _("Folder"), _("Below the server's folder for deliveries, such as shop/amazon."), is_required=True
)
_FULL = (errno.ENOSPC, errno.EDQUOT)


class FolderConnector(Connector):
    label: ClassVar[str] = _("Folder on this server")
    about: ClassVar[str] = _("An exact copy of the export. Files of earlier exports that it no longer has are removed.")
    fields: ClassVar[tuple[Field, ...]] = (FOLDER,)
    replaces: ClassVar[bool] = True
    asks_first: ClassVar[bool] = True

    @property
    def root(self) -> Path:
        """The target's own folder. DeliveryError when its name leads out of the server's folder for deliveries."""
        allowed = Path(settings.DELIVERY_FOLDER).resolve()
        root = (allowed / self.setting("folder")).resolve()
        if root == allowed or not root.is_relative_to(allowed):
            raise DeliveryError(
                "folder", f"The folder must lie below {allowed}.", is_permanent=True, concerns_target=True
            )
        return root

    def place(self, key: str) -> Path:
        target = (self.root / key).resolve()
        if not target.is_relative_to(self.root):
            raise DeliveryError("name", f"The name {key!r} leads out of the folder.", is_permanent=True)
        return target

    def test(self) -> str:
        probe = self.root / ".firstpass-test"
        try:
            write_whole(probe, b"test")
            probe.unlink()
        except OSError as error:
            raise unwritable(error) from error
        return f"{self.root} can be written to."

    def find(self, item: Item) -> Sent | None:
        target = self.place(item.key)
        if not target.is_file() or target.stat().st_size != item.bytes:
            return None
        return Sent(item.key) if hashlib.sha256(target.read_bytes()).hexdigest() == item.sha256 else None

    def send(self, item: Item, data: bytes) -> Sent:
        try:
            write_whole(self.place(item.key), data)
        except OSError as error:
            raise unwritable(error) from error
        return Sent(item.key)

    def fetch(self, item: Item, sent: Sent) -> bytes:
        try:
            return self.place(item.key).read_bytes()
        except FileNotFoundError as error:
            raise Gone(item.key) from error
        except OSError as error:
            raise unwritable(error) from error

    def remove(self, item: Item, sent: Sent) -> None:
        try:
            self.place(item.key).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(error) from error


def unwritable(error: OSError) -> DeliveryError:
    """A folder that cannot be used now concerns every file."""
    code = "storage-full" if error.errno in _FULL else "folder"
    return DeliveryError(code, f"The folder cannot be used: {error.strerror}.", concerns_target=True)
