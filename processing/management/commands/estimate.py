import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import Category
from processing import makers, recipes
from processing.estimates import estimate


class Command(BaseCommand):
    help = "Say what a batch would take before it starts: pictures, seconds of work, USD for hosted providers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("photos", type=int)
        parser.add_argument(
            "--recipe", default="packshot", help="a recipe, or one with choices: lifestyle,background=replicate"
        )
        parser.add_argument("--category", default=Category.DEFAULT, choices=Category.values)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["photos"] < 1:
            raise CommandError("Name a number of photos from 1 on.")
        recipes.ensure_presets()
        try:
            recipe = makers.recipe_named(options["recipe"])
        except recipes.RecipeError as error:
            raise CommandError(str(error)) from error
        found = estimate(recipe, photos=options["photos"], category=options["category"])
        if options["json"]:
            values = {
                "recipe": str(recipe),
                "photos": found.photos,
                "pictures": found.pictures,
                "seconds": found.seconds,
            }
            self.stdout.write(json.dumps({**values, "cost": float(found.cost), "basis": found.basis}))
            return
        self.stdout.write(
            f"{found.photos} photos make {found.pictures} pictures in about {found.seconds:.0f} s of work ({found.basis}) "
            f"and cost ${found.cost:.3f} at hosted providers."
        )
