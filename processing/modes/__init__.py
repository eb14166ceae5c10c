"""Output modes by name. Adding one: a module with `plan`, and its line here."""

from processing.modes import eyewear, image_bundle, packshot
from processing.modes.base import Mode, PlannedStep, Subject

MODES: dict[str, Mode] = {
    "packshot": packshot.plan,
    "image_bundle": image_bundle.plan,
    "eyewear": eyewear.plan,
}

__all__ = ["MODES", "Mode", "PlannedStep", "Subject"]
