"""What a connector is given and what it answers. One module for each kind of target, all of this shape."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext_noop as _


class DeliveryError(Exception):
    """Something that did not go through. `code` is for machines, the message one plain sentence for people.

    is_permanent: trying again changes nothing. concerns_target: every other file would meet the same, so the whole
    delivery stops or pauses and no file loses a try. retry_after_s: the least pause the other side asked for.
    must_resend: what is there is of no use, the file itself has to be sent again.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        is_permanent: bool = False,
        concerns_target: bool = False,
        retry_after_s: float = 0,
        must_resend: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.must_resend = must_resend
        self.is_permanent = is_permanent
        self.concerns_target = concerns_target
        self.retry_after_s = retry_after_s


class NotYet(Exception):
    """The other side is still at work; come back later. Costs no try."""

    def __init__(self, reason: str, *, retry_after_s: float) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Gone(Exception):
    """What was sent is not there."""


@dataclass(frozen=True)
class Item:
    """A file to be delivered. `key` is its place at the target, `link` its public address here, empty if it has none."""

    name: str
    key: str
    sku: str
    sha256: str
    bytes: int
    media_type: str
    is_picture: bool = True
    position: int = 0
    title: str = ""
    link: str = ""

    @property
    def is_fixed(self) -> bool:
        """Its place holds the hash of its content: what is there can never have to change."""
        return f"{self.sha256[:16]}/" in self.key


@dataclass(frozen=True)
class Sent:
    """Where a file is now: an id to name it by at the target, and the address the world finds it under."""

    remote_id: str
    url: str = ""


@dataclass(frozen=True)
class Field:
    """A setting of a target as its form asks for it. `is_secret`: sealed, never shown again."""

    name: str
    label: str
    help: str = ""
    is_required: bool = False
    is_secret: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""


LINKS, NAMES = "links", "names"
LAYOUT = Field(
    "layout",
    _("Places of files"),
    _("By content: pictures at addresses that never change, feeds that point to them. Like the folder: an exact copy."),
    choices=((LINKS, _("By content, for links")), (NAMES, _("Like the export's folder"))),
    default=LINKS,
)


@dataclass
class Connector(ABC):
    """Base of the connectors. `memory` is kept with the delivery and may be written to by `finish`."""

    label: ClassVar[str]
    about: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]] = ()
    # Feeds, manifest and checksums go along.
    takes_documents: ClassVar[bool] = True
    # Old files of a product are taken away when a later delivery brought its new set.
    replaces: ClassVar[bool] = False
    # `find` is cheap and safe: asked before the first sending too.
    asks_first: ClassVar[bool] = False
    # `finish` makes sense while other products are still missing.
    finishes_partly: ClassVar[bool] = True

    config: Mapping[str, str]
    secrets: Mapping[str, str]
    stem: str = ""
    memory: dict[str, Any] = field(default_factory=dict)

    def setting(self, name: str) -> str:
        default = next((one.default for one in self.fields if one.name == name), "")
        return str(self.config.get(name) or default).strip()

    @property
    def by_links(self) -> bool:
        return any(one.name == LAYOUT.name for one in self.fields) and self.setting(LAYOUT.name) == LINKS

    def key_of(self, name: str, sha256: str, *, is_picture: bool) -> str:
        """A file's place at the target."""
        prefix = self.setting("prefix").strip("/")
        place = f"{sha256[:16]}/{name}" if self.by_links and is_picture else name
        return f"{prefix}/{place}" if prefix else place

    def url_of(self, key: str) -> str:
        """The address a place is published under, known before anything is sent; empty where there is none."""
        return ""

    @abstractmethod
    def test(self) -> str:
        """Tries the connection without leaving anything behind and says in a sentence what was found. DeliveryError."""

    def find(self, item: Item) -> Sent | None:
        """The file if it is there already with this very content, so that it is not sent twice."""
        return None

    @abstractmethod
    def send(self, item: Item, data: bytes) -> Sent:
        """Sends the file. Done twice it must leave one copy. DeliveryError."""

    @abstractmethod
    def fetch(self, item: Item, sent: Sent) -> bytes:
        """What is published there now. Gone when nothing is, NotYet while it is being worked on there, DeliveryError."""

    def arrived(self, item: Item, sent: Sent) -> Sent:
        """Told when the file was found there as it was sent; the place may be known better by then. May be called again."""
        return sent

    @abstractmethod
    def remove(self, item: Item, sent: Sent) -> None:
        """Takes the file away; one that is not there is fine. DeliveryError."""

    def finish(self, items: Sequence[Item], sent: Mapping[str, Sent]) -> None:  # noqa: B027 - most places need none
        """What concerns the whole, when nothing is on its way any more: `items` are the pictures of complete products and
        the documents that arrived. May be called again, with more. NotYet, DeliveryError."""
