"""Options of a vendor's model: which there are, and what they may be. Checked before a call is paid, and by recipes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from processing.errors import PermanentStepError


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[Any, ...]

    @property
    def words(self) -> str:
        return f"one of {', '.join(map(str, self.values))}"

    def allows(self, value: Any) -> bool:
        return value in self.values and not (isinstance(value, bool) and True not in self.values)


@dataclass(frozen=True)
class Whole:
    """A whole number in a range."""

    least: int
    most: int

    @property
    def words(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def allows(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most


@dataclass(frozen=True)
class Number:
    """Any number in a range."""

    least: float
    most: float

    @property
    def words(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def allows(self, value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.least <= value <= self.most


@dataclass(frozen=True)
class Switch:
    """On or off."""

    words = "true or false"

    def allows(self, value: Any) -> bool:
        return isinstance(value, bool)


@dataclass(frozen=True)
class Text:
    """Words up to a length."""

    most: int = 1000

    @property
    def words(self) -> str:
        return f"a text of up to {self.most} characters"

    def allows(self, value: Any) -> bool:
        return isinstance(value, str) and len(value) <= self.most


Rule = Choice | Whole | Number | Switch | Text


def check(options: Mapping[str, Any], rules: Mapping[str, Rule], *, of: str) -> None:
    """PermanentStepError that names the first option that is unknown or wrong. `of` says whose options they are."""
    for name, value in options.items():
        if name not in rules:
            known = ", ".join(sorted(rules)) or "none"
            raise PermanentStepError("bad-option", f"{of} has no option {name}; known are {known}.")
        if not rules[name].allows(value):
            raise PermanentStepError("bad-option", f"{name} must be {rules[name].words}, not {value!r}.")
