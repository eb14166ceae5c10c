"""One zip file of the whole export on this server. It appears when it is whole and has been read back."""

import hashlib
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from marketplaces.archive import entry_of
from marketplaces.deliveries.base import DeliveryError, Gone, Item, Sent
from marketplaces.deliveries.folder import FolderConnector, unwritable


class ZipConnector(FolderConnector):
    """Files are gathered beside the archive, so that a broken delivery goes on where it stood; then they are packed."""

    label: ClassVar[str] = "Zip file on this server"
    about: ClassVar[str] = "One archive for each export. A recalled picture is taken out of it."
    replaces: ClassVar[bool] = False
    finishes_partly: ClassVar[bool] = False

    @property
    def archive(self) -> Path:
        return self.root / f"{self.stem}.zip"

    def place(self, key: str) -> Path:
        gathered = self.root / f".{self.stem}"
        target = (gathered / key).resolve()
        if not target.is_relative_to(gathered):
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
            names = [name for name in old.namelist() if name != item.key]
            if len(names) < len(old.namelist()):
                self._pack({name: old.read(name) for name in names})

    def finish(self, items: Sequence[Item], sent: Mapping[str, Sent]) -> None:
        """Packs what was gathered and reads every entry back before the archive takes its place."""
        if all(self._is_packed(item) for item in items):
            return
        self._pack({item.key: self.fetch(item, sent[item.name]) for item in items})
        if damaged := [item.name for item in items if not self._is_packed(item)]:
            raise DeliveryError("zip", f"{damaged[0]} is not in the archive as it was sent.")
        shutil.rmtree(self.place("."), ignore_errors=True)

    def _pack(self, files: Mapping[str, bytes]) -> None:
        aside = self.root / f".{self.stem}.zip.part"
        try:
            if not files:
                self.archive.unlink(missing_ok=True)
                return
            self.root.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as packed:
                for name in sorted(files):
                    packed.writestr(entry_of(name), files[name])
            aside.replace(self.archive)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise unwritable(error) from error

    def _packed(self, item: Item) -> bytes:
        try:
            with zipfile.ZipFile(self.archive) as packed:
                return packed.read(item.key)
        except (FileNotFoundError, KeyError, zipfile.BadZipFile) as error:
            raise Gone(item.key) from error

    def _is_packed(self, item: Item) -> bool:
        try:
            return hashlib.sha256(self._packed(item)).hexdigest() == item.sha256
        except Gone:
            return False
