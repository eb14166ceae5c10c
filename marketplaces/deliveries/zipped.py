"""One zip file of the whole export on this server. It appears when it is whole and has been read back."""

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from django.utils.translation import gettext_noop as _

from marketplaces.archive import entry_of
from marketplaces.deliveries.base import DeliveryError, Gone, Item, Sent
from marketplaces.deliveries.folder import FolderConnector, unwritable


class ZipConnector(FolderConnector):
    """Files are gathered beside the archive, so that a broken delivery goes on where it stood; then they are packed."""

    label: ClassVar[str] = _("Zip file on this server")
    about: ClassVar[str] = _("One archive for each export. A recalled picture is taken out of it.")
    replaces: ClassVar[bool] = False
    finishes_partly: ClassVar[bool] = False

    def key_of(self, name: str, sha256: str, *, is_picture: bool) -> str:
        """Each export's archive is a place of its own: what one holds says nothing about another."""
        return f".{self.stem}/{name}"

    @property
    def archive(self) -> Path:
        return self.root / f"{self.stem}.zip"

    def place(self, key: str) -> Path:
        target = (self.root / key).resolve()
        if not target.is_relative_to(self.root / f".{self.stem}"):
            raise DeliveryError("name", f"The name {key!r} leads out of the folder.", is_permanent=True)
        return target

    def find(self, item: Item) -> Sent | None:
        try:
            data = self._packed(item)
        except Gone:
            return super().find(item)
        return Sent(item.key) if hashlib.sha256(data).hexdigest() == item.sha256 else None

    def fetch(self, item: Item, sent: Sent) -> bytes:
        try:
            return super().fetch(item, sent)
        except Gone:
            return self._packed(item)

    def remove(self, item: Item, sent: Sent) -> None:
        super().remove(item, sent)
        if not self.archive.is_file():
            return
        with zipfile.ZipFile(self.archive) as old:
            names = [name for name in old.namelist() if name != item.name]
            if len(names) < len(old.namelist()):
                self._pack(names, read=old.read)

    def finish(self, items: Sequence[Item], sent: Mapping[str, Sent]) -> None:
        """Packs what was gathered and reads every entry back before the archive takes its place."""
        if all(self._is_packed(item) for item in items):
            return
        by_name = {item.name: item for item in items}
        self._pack(list(by_name), read=lambda name: self.fetch(by_name[name], sent[name]))
        if damaged := [item.name for item in items if not self._is_packed(item)]:
            raise DeliveryError("zip", f"{damaged[0]} is not in the archive as it was sent.")
        shutil.rmtree(self.place(f".{self.stem}"), ignore_errors=True)

    def _pack(self, names: Sequence[str], *, read: Callable[[str], bytes]) -> None:
        """One file after the other, so that an archive of any size takes the memory of its largest file."""
        aside = self.root / f".{self.stem}.zip.part"
        try:
            if not names:
                self.archive.unlink(missing_ok=True)
                return
            self.root.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as packed:
                for name in sorted(names):
                    packed.writestr(entry_of(name), read(name))
            aside.replace(self.archive)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise unwritable(error) from error

    def _packed(self, item: Item) -> bytes:
        try:
            with zipfile.ZipFile(self.archive) as packed:
                return packed.read(item.name)
        except (FileNotFoundError, KeyError, zipfile.BadZipFile) as error:
            raise Gone(item.key) from error

    def _is_packed(self, item: Item) -> bool:
        try:
            return hashlib.sha256(self._packed(item)).hexdigest() == item.sha256
        except Gone:
            return False
