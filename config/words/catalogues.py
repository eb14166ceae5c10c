"""Gettext catalogues: .po files that translators edit, and the .mo files and script tables made from them.

Written here because a fresh machine has no gettext tools, and what the project needs of them is small: no comments of translators, no
fuzzy marks, no obsolete entries. Formats: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html and MO-Files.html.
"""

import ast
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass

# How many sentences a counted one has, and which of them holds for n; both languages have two.
PLURALS = {"de": "nplurals=2; plural=(n != 1);", "fr": "nplurals=2; plural=(n > 1);"}
DEFAULT_PLURALS = "nplurals=2; plural=(n != 1);"
MAGIC = 0x950412DE


@dataclass(frozen=True, order=True)
class Message:
    """A sentence of the product: English, its plural where it is counted, and a word of context where one English word is two."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> str:
        """As the .mo file has it: the singular alone finds a counted sentence."""
        return f"{self.context}\x04{self.text}" if self.context else self.text


# A message with its translations: one, or one for each plural form. Empty texts are not translated yet.
Catalogue = dict[Message, tuple[str, ...]]


def read_po(source: str) -> Catalogue:
    """The entries of a .po file without its header. Raises ValueError with the line where it is not understood."""
    found: Catalogue = {}
    fields: dict[str, str] = {}
    name = ""
    for number, line in enumerate([*source.splitlines(), ""], 1):
        line = line.strip()
        if line.startswith("#"):
            continue
        if not line or (line.startswith(("msgctxt", "msgid ")) and "msgstr" in _kinds(fields)):
            _keep(found, fields)
            fields = {}
        if not line:
            continue
        if not line.startswith('"'):
            name, _, line = line.partition(" ")
            fields[name] = ""
        if name not in fields or not line.startswith('"'):
            raise ValueError(f"line {number} is no part of an entry: {line[:60]}")
        fields[name] += ast.literal_eval(line)
    return found


def _kinds(fields: dict[str, str]) -> set[str]:
    return {name.partition("[")[0] for name in fields}


def _keep(found: Catalogue, fields: dict[str, str]) -> None:
    if not fields.get("msgid"):
        return
    message = Message(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", ""))
    found[message] = tuple(fields[name] for name in sorted(fields) if name.startswith("msgstr"))


def write_po(entries: Catalogue, *, language: str, places: dict[Message, list[str]]) -> str:
    """A .po file, sorted, so that a change of the product is a small change of the file."""
    header = f'msgid ""\nmsgstr ""\n"{_headers(language).replace(chr(10), chr(92) + "n")}"\n'
    return "\n".join([header, *(_entry(one, entries[one], places.get(one, [])) for one in sorted(entries))])


def _headers(language: str) -> str:
    plurals = PLURALS.get(language, DEFAULT_PLURALS)
    return f"Language: {language}\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: {plurals}\n"


def _entry(message: Message, said: tuple[str, ...], places: Iterable[str]) -> str:
    lines = [f"#: {place}" for place in places]
    if message.context:
        lines.append(f"msgctxt {_quoted(message.context)}")
    lines.append(f"msgid {_quoted(message.text)}")
    if message.plural:
        lines.append(f"msgid_plural {_quoted(message.plural)}")
        lines += [f"msgstr[{number}] {_quoted(text)}" for number, text in enumerate(said)]
    else:
        lines.append(f"msgstr {_quoted(said[0])}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def blank(message: Message) -> tuple[str, ...]:
    return ("", "") if message.plural else ("",)


def compile_mo(entries: Catalogue, *, language: str) -> bytes:
    """What gettext reads: sorted keys and texts with their lengths and places, no hash table."""
    pairs = {"": _headers(language)}
    for message, said in entries.items():
        if all(said):
            key = f"{message.key}\0{message.plural}" if message.plural else message.key
            pairs[key] = "\0".join(said)
    rows = sorted((key.encode(), text.encode()) for key, text in pairs.items())
    at = 28 + 16 * len(rows)
    tables, block = b"", b""
    for column in (0, 1):
        for row in rows:
            tables += struct.pack("<2I", len(row[column]), at + len(block))
            block += row[column] + b"\0"
    return struct.pack("<7I", MAGIC, 0, len(rows), 28, 28 + 8 * len(rows), 0, 0) + tables + block


def script_table(entries: Catalogue, messages: Iterable[Message]) -> str:
    """The sentences of the scripts as static/js/core/words.js reads them: {"English": "…"}, counted ones {"one": …, "other": …}."""
    table: dict[str, str | dict[str, str]] = {}
    for message in sorted(messages):
        said = entries.get(message, ("",))
        if all(said):
            table[message.text] = dict(zip(("one", "other"), said, strict=True)) if message.plural else said[0]
    return json.dumps(table, ensure_ascii=False, indent=0) + "\n"
