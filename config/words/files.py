"""The folder locale/: a .po file a language, and what is made from it. Nothing else writes there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from config.words.catalogues import Catalogue, Message, blank, compile_mo, read_po, script_table, write_po
from config.words.extraction import Found, extract

PLACE = re.compile(r"%\((\w+)\)[sdg]|(?<!\$)\{(\w+)\}")
# What is only for the eye of a developer: every sentence longer by 40 %, as German may be, and marked at both ends.
ACCENTS = str.maketrans("aeiouAEIOU", "åéîöûÅÉÎÖÛ")
SPARED = re.compile(r"(%\(\w+\)[sdg]|%%|\{\w+\}|<[^>]*>|&\w+;)")


@dataclass(frozen=True)
class Language:
    code: str
    folder: Path

    @property
    def po(self) -> Path:
        return self.folder / self.code / "LC_MESSAGES" / "django.po"

    @property
    def made(self) -> dict[Path, str]:
        """The files that are compiled, and what each is."""
        return {self.po.with_suffix(".mo"): "pages", self.folder / self.code / "scripts.json": "scripts"}


def refreshed(language: Language, *, messages: Found) -> Catalogue:
    """The translations that are still wanted, and blanks for what is new."""
    known = read_po(language.po.read_text()) if language.po.exists() else {}
    return {message: known.get(message, blank(message)) for message in messages}


def contents(
    language: Language, entries: Catalogue, *, messages: Found, scripts: Iterable[Message]
) -> dict[Path, bytes]:
    """Every file of a language, as it has to be."""
    mo, table = language.made
    return {
        language.po: write_po(entries, language=language.code, places=messages).encode(),
        mo: compile_mo(entries, language=language.code),
        table: script_table(entries, scripts).encode(),
    }


def update(root: Path, code: str) -> Catalogue:
    """Brings a language's files in line with the product; the answer is all of its sentences."""
    messages, scripts = _all(root)
    language = Language(code, root / "locale")
    entries = refreshed(language, messages=messages)
    _write(contents(language, entries, messages=messages, scripts=scripts))
    return entries


def stale(root: Path, code: str) -> list[str]:
    """What is wrong with a language: files that are not as they have to be, sentences that are missing or have other places."""
    messages, scripts = _all(root)
    language = Language(code, root / "locale")
    entries = refreshed(language, messages=messages)
    wanted = contents(language, entries, messages=messages, scripts=scripts)
    files = [f"{path.relative_to(root)} is not up to date" for path, data in wanted.items() if _bytes(path) != data]
    return files + [f"{code}: {trouble}" for message, said in entries.items() if (trouble := fault_of(message, said))]


def fault_of(message: Message, said: tuple[str, ...]) -> str:
    """Why a translation cannot be used: empty, or a place of the English sentence is missing in it or new. Empty if it can."""
    if not all(said):
        return f"not translated: {message.text}"
    may = places_of(message.text) | places_of(message.plural)
    must = places_of(message.text) & places_of(message.plural) if message.plural else may
    if any(not must <= places_of(text) <= may for text in said):
        return f"other places than in English: {message.text}"
    return ""


def places_of(text: str) -> set[str]:
    """The names of the values that are put into a sentence: %(name)s in pages, {name} in scripts."""
    return {first or second for first, second in PLACE.findall(text)}


def write_pseudo(root: Path, folder: Path) -> None:
    """Two made languages: lengthened, and the same written from the right."""
    messages, scripts = _all(root)
    for code in ("xx", "xr"):
        entries = {one: tuple(lengthened(text) for text in (one.text, one.plural) if text) for one in messages}
        _write(contents(Language(code, folder), entries, messages=messages, scripts=scripts))


def lengthened(text: str) -> str:
    """Longer by 40 %, with accents, in brackets; what is put in, tags and entities stay."""
    parts = SPARED.split(text)
    letters = sum(len(part) for part in parts[::2])
    worded = "".join(part if number % 2 else part.translate(ACCENTS) for number, part in enumerate(parts))
    return f"[{worded}{' ~~~' * round(0.1 * letters)}]"


def _all(root: Path) -> tuple[Found, list[Message]]:
    pages, scripts = extract(root)
    return {one: pages.get(one, []) + scripts.get(one, []) for one in {**pages, **scripts}}, list(scripts)


def _write(files: dict[Path, bytes]) -> None:
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
