"""A JSON document read piece by piece, for one long list in it: memory does not grow with how many items it has."""

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any

PIECE_BYTES = 64 * 2**10
_BLANK = " \t\n\r"
# A value that is cut off at the end of what has been read fails at most so many characters before it; texts fail at their start.
_CUT_OFF = 12


class BrokenDocument(ValueError):
    """It is not JSON, or holds a single value that is too long. The message says where."""


class JsonStream:
    """One pass over a document: its own fields, and the entries of the list in it, as they come.

    most: characters that a single entry or field may have. The source is read from its start.
    """

    def __init__(self, source: IO[bytes], *, most: int) -> None:
        source.seek(0)
        self._source, self._most = source, most
        self._text, self._at, self._lines = "", 0, 1
        self._is_over = False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()

    def parts(self, list_name: str) -> Iterator[tuple[str, Any]]:
        """(field, value) for the fields of an object, and ("", entry) for each entry of the list of that name in it, or of
        the document itself where it is a list. Raises BrokenDocument."""
        opening = self._peek()
        if opening == "[":
            yield from (("", entry) for entry in self._entries())
        elif opening == "{":
            yield from self._fields(list_name)
        else:
            self._value()
            raise BrokenDocument("it is neither an object nor a list")
        if self._peek():
            raise self._fault("Extra data")

    def _fields(self, list_name: str) -> Iterator[tuple[str, Any]]:
        self._expect("{")
        names: set[str] = set()
        while not self._took("}"):
            if names:
                self._expect(",")
            if self._peek() != '"':
                raise self._fault("Expecting the name of a field")
            name = self._value()
            if not name or name in names:
                raise BrokenDocument(f"the field {name!r} has no name or comes twice")
            names.add(str(name))
            self._expect(":")
            if name == list_name and self._peek() == "[":
                yield from (("", entry) for entry in self._entries())
            else:
                yield str(name), self._value()

    def _entries(self) -> Iterator[Any]:
        self._expect("[")
        is_first = True
        while not self._took("]"):
            if not is_first:
                self._expect(",")
            is_first = False
            yield self._value()

    # ---------------------------------------------------------------- characters

    def _peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _took(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self._at += 1
        return True

    def _expect(self, character: str) -> None:
        if not self._took(character):
            raise self._fault(f"Expecting {character!r}")

    def _value(self) -> Any:
        """The next value, read on for as long as it may only be cut off."""
        self._peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_cut_off = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _CUT_OFF
                if not is_cut_off or not self._reads_on():
                    raise self._fault(error.msg, at=error.pos) from error
                continue
            except RecursionError as error:
                raise BrokenDocument("it is nested too deep") from error
            # The digits of a number may go on in the next piece.
            if end < len(self._text) or not self._more():
                self._at = end
                return value

    def _reads_on(self) -> bool:
        if len(self._text) - self._at > self._most:
            raise BrokenDocument(f"line {self._line(self._at)}: a single item has more than {self._most // 1024} kB")
        return self._more()

    def _more(self) -> bool:
        """Reads another piece and forgets what has been passed. False at the end."""
        if self._is_over:
            return False
        piece = self._source.read(PIECE_BYTES)
        self._is_over = not piece
        try:
            text = self._decoder.decode(piece, final=self._is_over)
        except UnicodeDecodeError as error:
            raise BrokenDocument("it is not UTF-8 text") from error
        self._lines += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :] + text, 0
        return True

    def _line(self, at: int) -> int:
        return self._lines + self._text.count("\n", 0, at)

    def _fault(self, what: str, *, at: int | None = None) -> BrokenDocument:
        return BrokenDocument(f"{what} in line {self._line(self._at if at is None else at)}")
