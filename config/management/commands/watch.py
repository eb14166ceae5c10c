import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from catalog.models import WatchedFolder
from processing import makers, recipes

MAX_RECIPE: int = WatchedFolder._meta.get_field("recipe").max_length or 0


class Command(BaseCommand):
    help = "Watched folders: new photos in them are submitted by themselves. Without a folder: list them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path)
        parser.add_argument(
            "--recipe", default="packshot", help="its name, and who makes what: lifestyle,background=replicate"
        )
        parser.add_argument("--user", default="", help="user name of the owner of its batches")
        parser.add_argument("--stop", action="store_true", help="watch this folder no more")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["folder"] is not None:
            self._set(options["folder"].expanduser().resolve(), options)
        rows = [
            {"path": one.path, "recipe": one.recipe, "active": one.is_active, "error": one.last_error}
            for one in WatchedFolder.objects.order_by("path")
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows))
            return
        for row in rows:
            state = row["error"] or ("watched" if row["active"] else "not watched")
            self.stdout.write(f"{row['path']}  {row['recipe']}  {state}")
        if not rows:
            self.stdout.write("No folder is watched. Add one: manage.py watch FOLDER --recipe packshot")

    def _set(self, folder: Path, options: dict[str, Any]) -> None:
        if options["stop"]:
            if not WatchedFolder.objects.filter(path=str(folder)).update(is_active=False):
                raise CommandError(f"{folder} is not watched.")
            return
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        if len(options["recipe"]) > MAX_RECIPE:
            raise CommandError(f"--recipe has {len(options['recipe'])} characters; {MAX_RECIPE} are the limit.")
        recipes.ensure_presets()
        try:
            makers.recipe_named(options["recipe"])
        except recipes.RecipeError as error:
            raise CommandError(str(error)) from None
        owner = User.objects.filter(username=options["user"]).first()
        if options["user"] and owner is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        values = {"recipe": options["recipe"], "owner": owner, "is_active": True, "last_error": ""}
        WatchedFolder.objects.update_or_create(path=str(folder), defaults=values)
