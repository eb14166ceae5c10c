import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from catalog.folders import take_paths
from catalog.intake import accepted_images, open_intake
from catalog.models import Category
from processing import bakeoffs, makers, recipes
from processing.bakeoffs import BakeOffError


class Command(BaseCommand):
    help = (
        "Send the same photos through several engines or providers and compare them: pass rate, seconds, money. The result is "
        "a page; workers do the work (manage.py up)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--engines", required=True, help="two or more, with commas: studio,rembg,replicate")
        parser.add_argument("--slot", choices=tuple(bakeoffs.SLOTS), default="engine", help="what the engines do")
        parser.add_argument(
            "--recipe", default="packshot", help="its name, and who makes the rest: lifestyle,background=replicate"
        )
        parser.add_argument("--category", default=Category.DEFAULT, choices=Category.values)
        parser.add_argument("--user", default="", help="user name of the owner, whose quota counts")
        parser.add_argument("--name", default="")
        parser.add_argument("--estimate", action="store_true", help="say what it would cost, and start nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if missing := [path for path in options["paths"] if not path.exists()]:
            raise CommandError(f"{missing[0]} does not exist.")
        engines = [name.strip() for name in options["engines"].split(",") if name.strip()]
        owner = User.objects.filter(username=options["user"]).first()
        if options["user"] and owner is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        recipes.ensure_presets()
        try:
            self._run(owner, engines, options)
        except (BakeOffError, recipes.RecipeError) as error:
            raise CommandError(str(error)) from error

    def _run(self, owner: User | None, engines: list[str], options: dict[str, Any]) -> None:
        recipe = makers.recipe_named(options["recipe"])
        intake = open_intake(owner=owner, source="cli", name="Bake-off", default_category=options["category"])
        take_paths(intake, paths=options["paths"])
        images = accepted_images(intake)
        bakeoffs.check(images, engines, options["slot"])
        what = {"recipe": recipe, "engines": engines, "slot": options["slot"]}
        cost = bakeoffs.cost_of(**what, photos=len(images), category=options["category"])
        answer: dict[str, Any] = {"photos": len(images), "engines": engines, "cost": float(cost)}
        if not options["estimate"]:
            made = bakeoffs.start(owner=owner, images=images, name=options["name"], **what)
            batches = {entry.engine: entry.batch_id for entry in made.entries.all()}
            answer |= {"url": settings.SITE_URL + made.get_absolute_url(), "batches": batches}
        self.stdout.write(json.dumps(answer) if options["json"] else self._words(answer))

    def _words(self, answer: dict[str, Any]) -> str:
        told = f"{answer['photos']} photos through {', '.join(answer['engines'])}: at most ${answer['cost']:.3f}."
        return f"{told} Figures and pictures: {answer['url']}" if "url" in answer else told
