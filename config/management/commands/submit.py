import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from catalog import intake as intakes
from catalog.folders import take_paths
from catalog.models import Category, Intake
from catalog.naming import PatternError
from catalog.remote import fetch_all
from catalog.tables import HEADERS
from config.running import site_is_up, wait, workers_for_a_while
from config.summary import rejected, summarise
from config.terminal import ProgressBar, report_lines
from processing import makers, recipes
from processing.backpressure import Overloaded
from processing.management.commands.batch import moment_of
from processing.models import Batch, Priority
from processing.scheduling import Hours, hours_from
from processing.starting import start_batch

MAX_TOLD = 20


class Command(BaseCommand):
    help = "Submit photos: files, folders, a zip, a table (CSV, Excel) or a JSON manifest. With --wait, work until everything is judged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--recipe",
            default="packshot",
            help="a recipe (default: packshot), or one with choices: lifestyle,background=replicate,engine=studio",
        )
        parser.add_argument("--mode", default=None, help="output mode; the recipe's own by default")
        parser.add_argument("--category", default=Category.DEFAULT, choices=Category.values)
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="MEANING=TITLE",
            help=f"what the columns of the table mean, where their titles do not say it: {', '.join(HEADERS)}",
        )
        parser.add_argument("--pattern", default="", help="how file names say product and view: {sku}_*_{view}")
        parser.add_argument("--priority", default="standard", choices=[name.lower() for name in Priority.names])
        parser.add_argument("--hours", default="", help="run only then: off-peak, or times of day such as 22:00-06:00")
        parser.add_argument("--not-before", default="", metavar="TIME", help="2026-12-01T20:00")
        parser.add_argument("--name", default="")
        parser.add_argument("--user", default="", help="user name of the owner")
        parser.add_argument("--wait", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        call_command("migrate", verbosity=0, interactive=False)
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(f"{path} does not exist.")
        recipe = self._recipe(options["recipe"])
        not_before = moment_of(options["not_before"]) if options["not_before"] else None
        hours = self._hours(options["hours"])
        owner = self._owner(options["user"])
        intake = self._intake(owner, options)
        images = intakes.accepted_images(intake)
        if not images:
            self._explain(intake)
            raise CommandError("None of these files can be processed.")
        batch = self._start(
            owner=owner,
            images=images,
            recipe=recipe,
            name=options["name"] or intake.name,
            priority=Priority[options["priority"].upper()],
            source="cli",
            intake=intake,
            mode=options["mode"],
            not_before=not_before,
            hours=hours,
        )
        intakes.mark_submitted(intake)
        self._finish(batch, began, options)

    def _recipe(self, name: str) -> Any:
        recipes.ensure_presets()
        try:
            return makers.recipe_named(name)
        except recipes.RecipeError as error:
            raise CommandError(str(error)) from None

    def _start(self, **options: Any) -> Batch:
        try:
            return start_batch(**options)
        except Overloaded as error:
            raise CommandError(str(error)) from None

    def _hours(self, text: str) -> Hours | None:
        try:
            return hours_from(text)
        except ValueError as error:
            raise CommandError(str(error)) from None

    def _owner(self, name: str) -> User | None:
        if not name:
            return None
        try:
            found: User = User.objects.get(username=name)
        except User.DoesNotExist:
            raise CommandError(f"There is no user {name!r}.") from None
        return found

    def _intake(self, owner: User | None, options: dict[str, Any]) -> Intake:
        """One intake from everything named: folders with all in them, archives, tables, manifests, single files."""
        paths, columns = options["paths"], columns_of(options["column"])
        try:
            intake = intakes.open_intake(
                owner=owner,
                source="cli",
                name=options["name"] or paths[0].name,
                pattern=options["pattern"],
                default_category=options["category"],
            )
        except PatternError as error:
            raise CommandError(f"--pattern: {error}") from None
        take_paths(intake, paths=paths, columns=columns)
        fetch_all(intake)
        return intake

    def _explain(self, intake: Intake) -> None:
        """Why there is nothing to start, a line each."""
        for item in intake.items.all()[:MAX_TOLD]:
            self.stderr.write(f"{item.path}: {item.reason}")
            if item.reason_code == "columns":
                titles = ", ".join(item.fields["header"])
                self.stderr.write(f"  --column sku=TITLE --column image=TITLE; there are: {titles}")

    def _finish(self, batch: Batch, began: float, options: dict[str, Any]) -> None:
        if not options["wait"]:
            self._tell(batch, is_json=options["json"])
            return
        bar = ProgressBar()
        with workers_for_a_while() as tree:
            wait([batch], tree=tree, on_progress=bar)
        bar.close()
        summary = summarise([batch], seconds=time.monotonic() - began)
        self.stdout.write(json.dumps(summary) if options["json"] else "\n".join(report_lines(summary)))

    def _tell(self, batch: Batch, *, is_json: bool) -> None:
        """What was taken, what was not, and where to see what becomes of it."""
        photos, refused = batch.jobs.count(), rejected([batch])
        if is_json:
            self.stdout.write(json.dumps({"batch": batch.pk, "photos": photos, "rejected": refused}))
            return
        for row in refused:
            self.stdout.write(f"  not taken  {row['file']}: {row['reason']}")
        left_out = f", {len(refused)} not taken" if refused else ""
        noun = "photo" if photos == 1 else "photos"
        self.stdout.write(
            f"Batch {batch.pk}: {photos} {noun} queued{left_out}. {settings.SITE_URL}{batch.get_absolute_url()}"
        )
        if not site_is_up():
            self.stdout.write("Nothing works on it yet: start manage.py up, or submit with --wait.")


def columns_of(given: list[str]) -> dict[str, str]:
    """{meaning: title} as `--column` says them."""
    columns = {}
    for one in given:
        meaning, equals, title = one.partition("=")
        if meaning not in HEADERS or not equals or not title.strip():
            raise CommandError(f"--column is {one!r}; write MEANING=TITLE, the meaning one of {', '.join(HEADERS)}.")
        columns[meaning] = title.strip()
    return columns
