"""The form in which a shop describes one of its own sets. Shares are asked for in percent of the picture."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from processing.models import OwnBackplate

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

DIRECTIONS = (
    ("90", _("Behind the product")),
    ("45", _("Behind, right")),
    ("0", _("Right")),
    ("315", _("Front, right")),
    ("270", _("The viewer")),
    ("225", _("Front, left")),
    ("180", _("Left")),
    ("135", _("Behind, left")),
)
SOFTNESS = (
    ("0.05", _("Hard: sun or a bare lamp")),
    ("0.4", _("Medium: a window")),
    ("0.8", _("Soft: overcast, a large softbox")),
)
TEMPERATURES = (
    ("3000", _("Lamplight, 3000 K")),
    ("4000", _("Warm, 4000 K")),
    ("5000", _("Slightly warm, 5000 K")),
    ("5500", _("Daylight, 5500 K")),
    ("6500", _("Neutral: whites look white, 6500 K")),
    ("7500", _("Cool shade, 7500 K")),
)
VIEWS = (
    ("front", _("In front: a table to stand on")),
    ("floor", _("In front: a floor, for furniture")),
    ("above", _("Above: a surface to lie on, for clothes")),
    ("wall", _("In front: a wall, for what hangs")),
)


def _percent(label: "Text", help_text: "Text" = "") -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "0.5", "inputmode": "decimal"})
    return forms.FloatField(label=label, min_value=0, max_value=100, widget=widget, help_text=help_text)


class BackplateForm(forms.Form):
    horizon = _percent(_("Far end of the ground"), _("From the top: where the table or floor ends."))
    ground_far = _percent(_("Ground from"), _("From the top: the farthest place a product may stand."))
    ground_near = _percent(_("Ground to"), _("From the top: the nearest."))
    stand_x = _percent(_("Best place, from the left"))
    stand_y = _percent(_("Best place, from the top"))
    smallest = _percent(_("Smallest product"), _("Share of the picture's height that looks right here."))
    tallest = _percent(_("Tallest product"))
    direction = forms.ChoiceField(label=_("Main light comes from"), choices=DIRECTIONS)
    elevation = forms.FloatField(label=_("Height of the light, degrees"), min_value=5, max_value=90)
    softness = forms.ChoiceField(label=_("Light"), choices=SOFTNESS)
    temperature = forms.ChoiceField(label=_("Colour of the light"), choices=TEMPERATURES)
    view = forms.ChoiceField(label=_("Seen from"), choices=VIEWS, required=False)
    flip = forms.BooleanField(label=_("May be mirrored (no writing, no clock)"), required=False)
    credit = forms.CharField(label=_("Credit"), max_length=120, required=False)

    @classmethod
    def of(cls, row: OwnBackplate) -> "BackplateForm":
        """Filled with what is known or suggested."""
        values, light = row.values, row.values["light"]
        shares = {
            "horizon": values["horizon"],
            "ground_far": values["ground"][0],
            "ground_near": values["ground"][1],
            "stand_x": values["stand"][0],
            "stand_y": values["stand"][1],
            "smallest": values["product_height"][0],
            "tallest": values["product_height"][1],
        }
        return cls(
            initial={
                **{name: round(100 * share, 1) for name, share in shares.items()},
                "direction": _nearest(light["azimuth_deg"], DIRECTIONS, turn=360),
                "elevation": light["elevation_deg"],
                "softness": _nearest(light["softness"], SOFTNESS),
                "temperature": _nearest(values["temperature_k"], TEMPERATURES),
                "view": values.get("view", "front"),
                "flip": values.get("flip", True),
                "credit": values.get("credit", ""),
            }
        )

    def clean(self) -> dict[str, Any]:
        """Says beside the field, in percent as asked, what cannot be."""
        given = super().clean() or {}
        self._ordered(given, "ground_far", "ground_near", _("The nearest place must lie below the farthest."))
        self._ordered(given, "smallest", "tallest", _("The tallest product must be taller than the smallest."))
        if {"ground_far", "ground_near", "stand_y"} <= set(given):
            far, near = given["ground_far"], given["ground_near"]
            if not far - 2 <= given["stand_y"] <= near + 2:
                self.add_error(
                    "stand_y", _("It must lie on the ground: %(far)g to %(near)g.") % {"far": far, "near": near}
                )
        return given

    def _ordered(self, given: dict[str, Any], low: str, high: str, message: "Text") -> None:
        if low in given and high in given and given[low] >= given[high]:
            self.add_error(high, message)

    def values(self) -> dict[str, Any]:
        """As in a backplate's JSON file."""
        data = self.cleaned_data
        share = {name: round(data[name] / 100, 4) for name in (
            "horizon", "ground_far", "ground_near", "stand_x", "stand_y", "smallest", "tallest"
        )}  # fmt: skip
        return {
            "horizon": share["horizon"],
            "ground": [share["ground_far"], share["ground_near"]],
            "stand": [share["stand_x"], share["stand_y"]],
            "product_height": [share["smallest"], share["tallest"]],
            "light": {
                "azimuth_deg": float(data["direction"]),
                "elevation_deg": data["elevation"],
                "softness": float(data["softness"]),
            },
            "temperature_k": int(data["temperature"]),
            "view": data["view"] or "front",
            "flip": data["flip"],
            "credit": data["credit"],
        }


def _nearest(value: float, choices: "tuple[tuple[str, Text], ...]", *, turn: float = 0.0) -> str:
    """The choice nearest to a value; over `turn` values go round."""

    def distance(choice: str) -> float:
        away = abs(float(choice) - float(value))
        return min(away, turn - away) if turn else away

    return min((choice for choice, label in choices), key=distance)
