import json
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Role, User
from catalog import intake as intakes
from catalog.models import Category, Intake, SourceImage
from config.management.commands.up import check_port, prepare
from config.running import wait, workers_for_a_while
from config.summary import summarise
from config.terminal import ProgressBar, report_lines
from processing import recipes
from processing.models import Batch
from processing.starting import start_batch

DEMO_NAME, DEMO_PASSWORD = "demo", "firstpass"
EXPORT_CHANNEL = "amazon"


class Command(BaseCommand):
    help = "Process the sample catalogue, print what shipped and what waits for a person, write an Amazon export, serve the site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop after the report")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        if not options["no_serve"]:
            check_port(options["host"], options["port"])
        prepare(self)
        recipes.ensure_presets()
        owner = demo_user()
        intake = self._intake(owner)
        batches = start_batches(intakes.accepted_images(intake), owner=owner, intake=intake)
        intakes.mark_submitted(intake)
        bar = ProgressBar()
        with workers_for_a_while() as tree:
            wait(batches, tree=tree, on_progress=bar)
        bar.close()
        summary = summarise(batches, seconds=time.monotonic() - began, exports=[write_export()])
        self.stdout.write(json.dumps(summary) if options["json"] else "\n".join(report_lines(summary)))
        if options["no_serve"]:
            return
        if not options["json"]:
            self.stdout.write(f"\nSign in as {DEMO_NAME} with the password {DEMO_PASSWORD}.")
        call_command("up", host=options["host"], port=options["port"])

    def _intake(self, owner: User) -> Intake:
        folder = settings.BASE_DIR / "samples"
        table = folder / "catalogue.csv"
        if not table.exists():
            raise CommandError(f"{table} is missing: the samples come with the project; check the checkout.")
        intake = intakes.open_intake(owner=owner, source="csv", name="Sample catalogue")
        with table.open("rb") as source:
            intakes.take_table(intake, source=source, name=table.name, base=folder)
        return intake


def demo_user() -> User:
    """A manager for trying things out on this machine; only this command makes it."""
    user, made = User.objects.get_or_create(
        username=DEMO_NAME,
        defaults={"role": Role.MANAGER, "is_staff": True, "is_superuser": True, "first_name": "Demo"},
    )
    if made:
        user.set_password(DEMO_PASSWORD)
        user.save(update_fields=["password"])
    return user


def start_batches(images: list[SourceImage], *, owner: User, intake: Intake) -> list[Batch]:
    """The whole set of each product's first view, packshots of the other views; ERP files of glasses; a campaign; videos of one product."""
    first = {image.variant_id: image for image in sorted(images, key=lambda image: (-image.view, image.pk))}
    leads = sorted(first.values(), key=lambda image: image.variant.sku)
    others = [image for image in images if image not in leads]
    eyewear = [image for image in images if image.variant.product.category == Category.EYEWEAR]
    plan = [
        ("catalogue", leads),
        ("packshot", others),
        ("eyewear", eyewear),
        ("campaign", leads[-3:]),
        ("video", leads[-1:]),
    ]
    return [
        start_batch(
            owner=owner,
            images=chosen,
            recipe=recipes.current(name),
            name=f"Samples: {name}",
            source="cli",
            intake=intake,
        )
        for name, chosen in plan
        if chosen
    ]


def write_export() -> dict[str, Any]:
    from marketplaces.exports import run_export

    out = settings.DATA_DIR / "exports" / f"demo-{EXPORT_CHANNEL}"
    report = run_export(EXPORT_CHANNEL, out=out)
    return {"channel": EXPORT_CHANNEL, "path": str(out), "files": len(report.files)}
