"""The form in which a shop describes one of its own sets. Shares are asked for in percent of the picture."""

from typing import Any

from django import forms

from processing.models import OwnBackplate

DIRECTIONS = (
    ("90", "Behind the product"),
    ("45", "Behind, right"),
    ("0", "Right"),
    ("315", "Front, right"),
    ("270", "The viewer"),
    ("225", "Front, left"),
    ("180", "Left"),
    ("135", "Behind, left"),
)
SOFTNESS = (
    ("0.05", "Hard: sun or a bare lamp"),
    ("0.4", "Medium: a window"),
    ("0.8", "Soft: overcast, a large softbox"),
)
TEMPERATURES = (
    ("3000", "Lamplight, 3000 K"),
    ("4000", "Warm, 4000 K"),
    ("5000", "Slightly warm, 5000 K"),
    ("5500", "Daylight, 5500 K"),
    ("6500", "Neutral: whites look white, 6500 K"),
    ("7500", "Cool shade, 7500 K"),
)
VIEWS = (
    ("front", "In front: a table to stand on"),
    ("floor", "In front: a floor, for furniture"),
    ("above", "Above: a surface to lie on, for clothes"),
    ("wall", "In front: a wall, for what hangs"),
)


def _percent(label: str, help_text: str = "") -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "0.5", "inputmode": "decimal"})
    return forms.FloatField(label=label, min_value=0, max_value=100, widget=widget, help_text=help_text)


class BackplateForm(forms.Form):
    horizon = _percent("Far end of the ground", "From the top: where the table or floor ends.")
    ground_far = _percent("Ground from", "From the top: the farthest place a product may stand.")
    ground_near = _percent("Ground to", "From the top: the nearest.")
    stand_x = _percent("Best place, from the left")
    stand_y = _percent("Best place, from the top")
    smallest = _percent("Smallest product", "Share of the picture's height that looks right here.")
    tallest = _percent("Tallest product")
    direction = forms.ChoiceField(label="Main light comes from", choices=DIRECTIONS)
    elevation = forms.FloatField(label="Height of the light, degrees", min_value=5, max_value=90)
    softness = forms.ChoiceField(label="Light", choices=SOFTNESS)
    temperature = forms.ChoiceField(label="Colour of the light", choices=TEMPERATURES)
    view = forms.ChoiceField(label="Seen from", choices=VIEWS, required=False)
    flip = forms.BooleanField(label="May be mirrored (no writing, no clock)", required=False)
    credit = forms.CharField(label="Credit", max_length=120, required=False)

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


def _nearest(value: float, choices: tuple[tuple[str, str], ...], *, turn: float = 0.0) -> str:
    """The choice nearest to a value; over `turn` values go round."""

    def distance(choice: str) -> float:
        away = abs(float(choice) - float(value))
        return min(away, turn - away) if turn else away

    return min((choice for choice, _ in choices), key=distance)
