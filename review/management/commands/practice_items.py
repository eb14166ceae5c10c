import json
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand
from PIL import Image

from processing.imaging.codec import decode
from processing.imaging.matting.edges import decontaminate
from review.injection import Faulty, faulty, measured
from review.practice import ITEMS_FILE, Plan, practice_item

LONG_PX = 900
PLANS = (
    Plan(
        "mug",
        "MUG-01_1",
        "Blue mug",
        "halo",
        3,
        "A seam of the backdrop's colour runs along the edge. Black shows it best.",
    ),
    Plan("vase", "VASE-01_1", "Vase"),
    Plan(
        "shoe",
        "SHOE-01_2",
        "Brogue",
        "cut-off part",
        2,
        "A piece of the product is missing. Hold Space to see the photo.",
    ),
    Plan(
        "bottle", "BOTTLE-01_1", "Bottle", "hole", 2, "There is a hole in the product. The matte (M) shows it at once."
    ),
    Plan("flask", "FLASK-01_1", "Flask"),
    Plan("plush", "PLUSH-01_1", "Plush toy", "jaggies", 3, "The edge is cut in steps. Zoom in with 1."),
    Plan("wallet", "WALLET-01_2", "Wallet", "backdrop left", 3, "A piece of the backdrop was left beside the product."),
    Plan("box", "BOX-01_2", "Box"),
)


class Command(BaseCommand):
    help = "Make the practice items of the review room from the samples: pictures under static/practice, facts beside the code."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / "static" / "practice"
        folder.mkdir(exist_ok=True)
        items = []
        for plan in PLANS:
            made = self._made(plan, settings.BASE_DIR / "samples")
            items.append(practice_item(plan, made, self._files(plan, made, folder)))
            self.stdout.write(f"{plan.name}: {', '.join(doubt['label'] for doubt in items[-1]['doubts'])}")
        ITEMS_FILE.write_text(json.dumps(items, indent=1, ensure_ascii=False) + "\n")

    def _made(self, plan: Plan, samples: Path) -> Faulty:
        photo = decode((samples / "photos" / f"{plan.sample}.jpg").read_bytes()).convert("RGB")
        alpha = np.asarray(Image.open(samples / "truth" / f"{plan.sample}.alpha.png").convert("L"))
        overlay = Image.fromarray(np.dstack([decontaminate(np.asarray(photo), alpha), alpha]))
        photo, overlay = (one.copy() for one in (photo, overlay))
        for one in (photo, overlay):
            one.thumbnail((LONG_PX, LONG_PX), Image.Resampling.LANCZOS)
        if not plan.defect:
            return measured(photo, overlay)
        return faulty(photo, overlay, category="", strength=plan.strength, defect=plan.defect, name=plan.name)

    def _files(self, plan: Plan, made: Faulty, folder: Path) -> dict[str, str]:
        """Writes the pictures; their names by role, "heat:CODE" for heat maps."""
        pictures = {"original": made.photo, "result": made.overlay, "thumb": made.thumb}
        for role, picture in pictures.items():
            picture.save(folder / f"{plan.name}-{role}.webp", "WEBP", quality=84, method=6)
        names = {role: f"{plan.name}-{role}.webp" for role in pictures}
        for check in made.checks:
            if check["heat"] and not check["passed"]:
                names[f"heat:{check['code']}"] = f"{plan.name}-heat-{check['code'].lower().replace('_', '-')}.png"
                (folder / names[f"heat:{check['code']}"]).write_bytes(check["heat"])
        return names
