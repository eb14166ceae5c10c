"""The sets themselves: what stands where, how it is lit, how it is developed."""

from __future__ import annotations

from scene_kit import Entry, Lens
from scenes_holiday import linen_tree, walnut_lights, white_christmas
from scenes_home import oak_window, stone_kitchen, sunny_plaster
from scenes_office import birch_desk, library_desk, loft_window
from scenes_studio import white_high, white_soft, white_window
from scenes_summer import beach_sand, garden_deck, pool_stone


OUTSIDE = Lens(eye_line=0.30, height=0.285, aperture=0.022)
GLOWING = Lens(aperture=0.030)  # fairy lights want a wider lens
WHITE = {"level": 0.80, "adapt": 0.9, "look": "plain", "veil": 0.0, "vignette": 0.03}

SETS = [
    Entry("lifestyle-home", "oak-window", oak_window, 11, level=0.42),
    Entry("lifestyle-home", "stone-kitchen", stone_kitchen, 12, level=0.80),
    Entry("lifestyle-home", "sunny-plaster", sunny_plaster, 13, level=0.2, adapt=0.55),
    Entry("lifestyle-office", "birch-desk", birch_desk, 21, level=0.54),
    Entry("lifestyle-office", "library-desk", library_desk, 22, level=0.165, adapt=0.7),
    Entry("lifestyle-office", "loft-window", loft_window, 23, level=0.98),
    Entry("seasonal-summer", "garden-deck", garden_deck, 31, lens=OUTSIDE, level=0.4, adapt=0.7, ground=(0.68, 0.86)),
    Entry("seasonal-summer", "pool-stone", pool_stone, 32, lens=OUTSIDE, level=0.76, adapt=0.5, ground=(0.68, 0.86)),
    Entry("seasonal-summer", "beach-sand", beach_sand, 33, lens=OUTSIDE, level=0.70, adapt=3.0, ground=(0.68, 0.84)),
    Entry("seasonal-holiday", "walnut-lights", walnut_lights, 41, lens=GLOWING, level=0.115, adapt=0.8, veil=0.06),
    Entry("seasonal-holiday", "linen-tree", linen_tree, 42, lens=GLOWING, level=0.56, adapt=0.5, veil=0.06),
    Entry("seasonal-holiday", "white-christmas", white_christmas, 43, lens=GLOWING, level=0.62, adapt=0.6, veil=0.05),
    Entry("studio-white", "soft-left", white_soft, 51, **WHITE),
    Entry("studio-white", "window-right", white_window, 52, **(WHITE | {"level": 0.76})),
    Entry("studio-white", "high-key", white_high, 53, **(WHITE | {"level": 0.92})),
]
