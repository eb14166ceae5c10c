"""What can be done in the room, the keys it has at first, and the words for it: one table for the page, its script and the list of keys."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from review.models import WISHES, HumanReason

DOUBTS_BY_KEY = 9
# (act, its keys, what the list of keys says; acts without words cannot be changed there)
ACTS: tuple[tuple[str, list[str], str], ...] = (
    ("approve", ["a"], _("Approve, next")),
    ("reject", ["x"], _("Reject for the first doubt, next")),
    ("reason", ["Shift+x"], _("Reject, choose the reason")),
    ("rework", ["r"], _("Rework menu")),
    ("skip", ["s"], _("Skip to the end")),
    ("undo", ["z"], _("Undo")),
    ("original", ["o"], _("Original")),
    ("compare", ["c"], _("Compare")),
    ("heat", ["h"], _("Heat map")),
    ("matte", ["m"], _("Matte (again: stronger)")),
    ("diff", ["d"], _("Difference")),
    ("previous", ["p"], _("Previous attempt")),
    ("backdrop", ["b"], _("Next backdrop")),
    ("automatic", ["Shift+b"], _("Automatic backdrop")),
    ("marks", ["g"], _("Marks on or off")),
    ("note", ["n"], _("Note")),
    ("back", ["j"], _("Look back")),
    ("forward", ["k"], _("Look ahead")),
    ("fit", ["0"], _("Whole picture")),
    ("in", ["+", "="], _("Zoom in")),
    ("out", ["-"], _("Zoom out")),
    ("panels", ["f"], _("Hide the panels")),
    ("brush", ["e"], _("Fix the matte by hand")),
    ("cluster", ["v"], _("Side by side")),
    ("help", ["?"], _("Keys")),
    *((way, [f"Arrow{way.title()}"], "") for way in ("left", "right", "up", "down")),
    ("hold", ["Space"], ""),
    ("next", ["Enter"], ""),
    ("result", ["Escape"], ""),
    *((f"doubt{number}", [str(number)], "") for number in range(1, DOUBTS_BY_KEY + 1)),
)
DETAILS = {HumanReason.OTHER: _("say what in the note")}


def bindings() -> dict[str, list[str]]:
    return {name: keys for name, keys, _words in ACTS}


def named_acts() -> list[tuple[str, str]]:
    """(act, words) of what the list of keys shows."""
    return [(name, gettext(words)) for name, _keys, words in ACTS if words]


def human_reasons() -> list[dict[str, Any]]:
    """What a person may reject for beside the doubts: faults first, then wishes, which are counted apart."""
    faults_first = sorted(HumanReason, key=lambda one: one in WISHES)
    return [
        {
            "id": one.value,
            "label": one.label,
            "detail": DETAILS.get(one, gettext("a wish, no fault") if one in WISHES else ""),
        }
        for one in faults_first
    ]
