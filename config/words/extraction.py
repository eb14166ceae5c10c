"""Finds every sentence that is marked for translation: in templates, in Python and in the scripts."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from config.words.catalogues import Message

PYTHON_FOLDERS = ("accounts", "catalog", "config", "insights", "marketplaces", "processing", "review")
# Tables whose values are said, in modules that do not know Django or are read by tables alone.
TABLES = {
    "processing/pictures.py": {"NOTES"},
    "processing/scoring/limits.py": {"PRESENTATION"},
    "review/meanings.py": {"MEANINGS"},
    "review/policies.py": {"MEASURES"},
}
# What is said of the practice pictures stands with them.
PRACTICE = ("review/practice.json", ("title", "say"))
# The names under which gettext is called, and what their arguments are.
CALLS: dict[str, tuple[str, ...]] = {
    "_": ("text",),
    "gettext": ("text",),
    "gettext_lazy": ("text",),
    "gettext_noop": ("text",),
    "ngettext": ("text", "plural"),
    "ngettext_lazy": ("text", "plural"),
    "pgettext": ("context", "text"),
    "pgettext_lazy": ("context", "text"),
    "npgettext": ("context", "text", "plural"),
}
IN_TEMPLATE = re.compile(r"\b(n?p?gettext|_)\(")
STRING = r'"(?:[^"\\\n]|\\.)*"'
SAID = re.compile(r"(?<![\w.$])t\(\s*(?=[^)])")
COUNTED = re.compile(rf"(?<![\w.$])plural\((?:[^\"]*?),\s*({STRING}),\s*({STRING})")
LITERAL = re.compile(STRING)
QUOTES = "\"'`"

Found = dict[Message, list[str]]


def extract(root: Path) -> tuple[Found, Found]:
    """What pages and Python say, and what scripts say: each message with the files it stands in."""
    pages: Found = defaultdict(list)
    for path in sorted((root / "templates").rglob("*.*")):
        _add(pages, in_template(path.read_text()), path.relative_to(root))
    for folder in PYTHON_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                _add(pages, in_python(path.read_text()), path.relative_to(root))
    for place, names in TABLES.items():
        _add(pages, in_tables((root / place).read_text(), names), Path(place))
    place, fields = PRACTICE
    _add(
        pages, (Message(row[field]) for row in json.loads((root / place).read_text()) for field in fields), Path(place)
    )
    scripts: Found = defaultdict(list)
    for path in sorted((root / "static" / "js").rglob("*.js")):
        _add(scripts, in_script(path.read_text()), path.relative_to(root))
    return dict(pages), dict(scripts)


def _add(found: Found, messages: Iterator[Message], place: Path) -> None:
    for message in messages:
        if place.as_posix() not in found[message]:
            found[message].append(place.as_posix())


def in_python(source: str) -> Iterator[Message]:
    """Raises ValueError for a sentence that is put together before it is translated: no catalogue can hold it."""
    if "gettext" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            if isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
                raise ValueError(f"line {node.lineno}: only a plain text can be translated; give its parts as %(name)s")
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            # Without a text, as gettext(LABELS[code]), what is said is marked where it stands.
            if texts:
                yield Message(**dict(zip(CALLS[node.func.id], texts, strict=False)))


def in_tables(source: str, names: set[str]) -> Iterator[Message]:
    """The values of dictionaries of these names."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        if isinstance(target, ast.Name) and target.id in names and isinstance(node.value, ast.Dict):
            yield from (Message(_first_text(value)) for value in node.value.values)


def _first_text(node: ast.expr) -> str:
    """The text itself, or the first one of what is made with it, as Shown("Edge halo", "black")."""
    return next(one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def in_template(source: str) -> Iterator[Message]:
    """Django writes the tags of a template as calls of gettext; those are read like Python."""
    if "translate" not in source and "_(" not in source:
        return
    calls = templatize(source)
    for match in IN_TEMPLATE.finditer(calls):
        call = _balanced(calls, match.start(), match.end())
        yield from in_python(f"{call}  # gettext")


def _balanced(source: str, start: int, at: int) -> str:
    """The call that begins at `start`: up to the bracket that closes it, brackets in strings left out."""
    for place, sign in _outside_strings(source, at):
        if sign == ")":
            return source[start : place + 1]
    raise ValueError(f"a call is not closed: {source[start : start + 60]}")


def _outside_strings(source: str, at: int) -> Iterator[tuple[int, str]]:
    """Each character from `at` on that is no part of a string in quotes or backticks, with its place."""
    quote = ""
    while at < len(source):
        sign = source[at]
        if not quote and sign not in QUOTES:
            yield at, sign
        elif not quote:
            quote = sign
        elif sign == "\\":
            at += 1
        elif sign == quote:
            quote = ""
        at += 1


def in_script(source: str) -> Iterator[Message]:
    """The texts of t(…), of both arms where it chooses, and of plural(n, …)."""
    for match in COUNTED.finditer(source):
        yield Message(ast.literal_eval(match[1]), ast.literal_eval(match[2]))
    for match in SAID.finditer(source):
        first = _first_argument(source, match.end())
        for text in LITERAL.findall(first):
            yield Message(ast.literal_eval(text))


def _first_argument(source: str, at: int) -> str:
    """Up to the comma or bracket that ends it; what a condition compares with is not said."""
    depth, start, end = 0, at, len(source)
    for place, sign in _outside_strings(source, at):
        if not depth and sign in ",)]}":
            end = place
            break
        if not depth and sign == "?" and start == at:
            start = place + 1
        depth += (sign in "([{") - (sign in ")]}")
    return source[start:end]
