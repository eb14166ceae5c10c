"""What can be done in the room, the keys it has at first, and the words for it: one table for the page, its script and the list of keys."""

from typing import Any

from review.models import WISHES, HumanReason

DOUBTS_BY_KEY = 9
# (act, its keys, what the list of keys says; acts without words cannot be changed there)
ACTS: tuple[tuple[str, list[str], str], ...] = (
    ("approve", ["a"], "Approve, next"),
    ("reject", ["x"], "Reject for the first doubt, next"),
    ("reason", ["Shift+x"], "Reject, choose the reason"),
    ("rework", ["r"], "Rework menu"),
    ("skip", ["s"], "Skip to the end"),
    ("undo", ["z"], "Undo"),
    ("original", ["o"], "Original"),
    ("compare", ["c"], "Compare"),
    ("heat", ["h"], "Heat map"),
    ("matte", ["m"], "Matte (again: stronger)"),
    ("diff", ["d"], "Difference"),
    ("previous", ["p"], "Previous attempt"),
    ("backdrop", ["b"], "Next backdrop"),
    ("automatic", ["Shift+b"], "Automatic backdrop"),
    ("marks", ["g"], "Marks on or off"),
    ("note", ["n"], "Note"),
    ("back", ["j", "ArrowLeft"], "Look back"),
    ("forward", ["k", "ArrowRight"], "Look ahead"),
    ("fit", ["0"], "Whole picture"),
    ("in", ["+", "="], "Zoom in"),
    ("out", ["-"], "Zoom out"),
    ("panels", ["f"], "Hide the panels"),
    ("brush", ["e"], "Fix the matte by hand"),
    ("cluster", ["v"], "Side by side"),
    ("help", ["?"], "Keys"),
    ("hold", ["Space"], ""),
    ("next", ["Enter"], ""),
    ("result", ["Escape"], ""),
    *((f"doubt{number}", [str(number)], "") for number in range(1, DOUBTS_BY_KEY + 1)),
)
DETAILS = {HumanReason.OTHER: "say what in the note"}


def bindings() -> dict[str, list[str]]:
    return {name: keys for name, keys, _ in ACTS}


def named_acts() -> list[tuple[str, str]]:
    """(act, words) of what the list of keys shows."""
    return [(name, words) for name, _, words in ACTS if words]


def human_reasons() -> list[dict[str, Any]]:
    """What a person may reject for beside the doubts: faults first, then wishes, which are counted apart."""
    faults_first = sorted(HumanReason, key=lambda one: one in WISHES)
    return [
        {"id": one.value, "label": one.label, "detail": DETAILS.get(one, "a wish, no fault" if one in WISHES else "")}
        for one in faults_first
    ]
