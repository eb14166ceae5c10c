"""XMP written into finished files, and the little that is read from incoming ones.

Camera data, GPS positions and serial numbers of a photo never pass through: files are written from pixels and from a
`Metadata`, and `read_metadata` returns four harmless fields only.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import fromstring
from PIL import Image, PngImagePlugin

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MAX_PACKET_BYTES = 65_000
_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "firstpass": "urn:firstpass:metadata#",
}
# How our videos begin, at the fifth byte; AVIF pictures are of the same family. XMP specification part 3, MPEG-4: the box in
# which a packet stands.
MP4_BEGINNING = b"ftypisom"
MP4_BOX = b"uuid" + bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class Metadata:
    """What a finished file says about itself. `digital_source_type` is an IPTC term such as
    "compositeWithTrainedAlgorithmicMedia" or its full address, None for a plain cut-out. `extra` goes into the
    project's own namespace."""

    title: str = ""
    sku: str = ""
    creator: str = ""
    copyright: str = ""
    digital_source_type: str | None = None
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def packet(self) -> bytes:
        """XMP packet in UTF-8, without dates, so that equal metadata give equal bytes. ValueError when it is too long
        for one JPEG segment or a key of `extra` cannot be an XML name."""
        spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in _NAMESPACES.items() if name != "rdf")
        text = (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
            f'<rdf:RDF xmlns:rdf="{_NAMESPACES["rdf"]}"><rdf:Description rdf:about="" {spaces} {self._attributes()}>'
            f'{self._elements()}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
        )
        packet = text.encode()
        if len(packet) > MAX_PACKET_BYTES:
            raise ValueError(f"metadata take {len(packet)} bytes, at most {MAX_PACKET_BYTES} fit: shorten the texts")
        return packet

    def _attributes(self) -> str:
        values = {"xmp:CreatorTool": "Firstpass"}
        if self.sku:
            values["dc:identifier"] = self.sku
        if self.digital_source_type:
            values["Iptc4xmpExt:DigitalSourceType"] = source_type_address(self.digital_source_type)
        for name, value in sorted(self.extra.items()):
            if not _NAME.fullmatch(name):
                raise ValueError(f"metadata key {name!r} is not a plain name of letters, digits, '_', '-' and '.'")
            values[f"firstpass:{name}"] = value
        return " ".join(f"{name}={quoteattr(_clean(value))}" for name, value in values.items())

    def _elements(self) -> str:
        parts = []
        for name, value in (("title", self.title), ("rights", self.copyright)):
            if value:
                item = f'<rdf:li xml:lang="x-default">{escape(_clean(value))}</rdf:li>'
                parts.append(f"<dc:{name}><rdf:Alt>{item}</rdf:Alt></dc:{name}>")
        if self.creator:
            item = f"<rdf:li>{escape(_clean(self.creator))}</rdf:li>"
            parts.append(f"<dc:creator><rdf:Seq>{item}</rdf:Seq></dc:creator>")
        return "".join(parts)


def source_type_address(term: str) -> str:
    """Full address of an IPTC digital source type, from its term or its address."""
    return term if term.startswith(("http://", "https://")) else SOURCE_TYPES + term


def png_text(metadata: Metadata) -> PngImagePlugin.PngInfo:
    """Chunks for a PNG: Pillow ignores `xmp=` there without a word."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", metadata.packet().decode(), zip=False)
    return info


def read_metadata(data: bytes) -> dict[str, str]:
    """Title, creator, copyright, sku and digital_source_type of a file's XMP, as far as present. Never raises on a
    broken packet: metadata are a courtesy, the picture is what counts."""
    root = _description(_packet(data))
    if root is None:
        return {}
    found: dict[str, str] = {}
    for node in root.iter(f"{{{_NAMESPACES['rdf']}}}Description"):
        for key, name in _FIELDS.items():
            value = node.get(name) or _text_of(node.find(name))
            if value and key not in found:
                found[key] = value[:500]
    return found


_FIELDS = {
    "title": f"{{{_NAMESPACES['dc']}}}title",
    "creator": f"{{{_NAMESPACES['dc']}}}creator",
    "copyright": f"{{{_NAMESPACES['dc']}}}rights",
    "sku": f"{{{_NAMESPACES['dc']}}}identifier",
    "digital_source_type": f"{{{_NAMESPACES['Iptc4xmpExt']}}}DigitalSourceType",
}


def _packet(data: bytes) -> bytes:
    if data[4:12] == MP4_BEGINNING and (at := data.rfind(MP4_BOX)) >= 0:
        return data[at + len(MP4_BOX) :]
    try:
        with Image.open(io.BytesIO(data)) as image:
            packet = image.info.get("xmp", b"")
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, Image.DecompressionBombError):
        return b""
    return packet if isinstance(packet, bytes) else str(packet).encode()


def _description(packet: bytes) -> ElementTree.Element | None:
    if not packet or len(packet) > 1_000_000:
        return None
    try:
        # Entities are how a small packet becomes a huge one; XMP has no use for them, in whatever encoding.
        root: ElementTree.Element = fromstring(packet.strip(b"\0 \r\n\t"), forbid_dtd=True)
        return root
    except (ElementTree.ParseError, ValueError, LookupError):
        return None


def _text_of(node: ElementTree.Element | None) -> str:
    if node is None:
        return ""
    return " ".join(part.strip() for part in node.itertext() if part.strip())


def _clean(value: str) -> str:
    return _NOT_XML.sub("", value)
