"""What the documents tell people to type and to open is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import BaseCommand, CommandParser, get_commands, load_command_class

ROOT = Path(settings.BASE_DIR)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/**/*.md")])
COMMAND = re.compile(r"manage\.py ([a-z_]+)([^`#|\n]*)")
# In backticks, or a line of its own with a comment or a variable behind it at most: prose makes things, too.
MAKE = re.compile(r"(?:`|^(?=make [a-z]+(?:$| +#| [A-Z]+=)))make ([a-z]+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)")


def parser_of(name: str) -> CommandParser:
    found = get_commands()[name]
    command = found if isinstance(found, BaseCommand) else load_command_class(found, name)
    return command.create_parser("manage.py", name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_exist_with_their_options(page):
    unknown = [
        f"{name} {option}"
        for name, rest in COMMAND.findall(page.read_text())
        for option in ("--help", *re.findall(r"--[a-z-]+", rest))
        if name not in get_commands() or option not in parser_of(name)._option_string_actions
    ]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page):
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


def test_make_has_the_targets_that_pages_name():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {found for page in PAGES for found in MAKE.findall(page.read_text())}
    assert {"demo", "test", "up"} <= named <= targets
