import os
import signal
import socket
import threading
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import site_address, supervisor
from config.management.commands.worker import require_files
from config.storage import collect


class Command(BaseCommand):
    help = (
        "Everything in one process tree: web server, workers by queue, scheduler, and the private PostgreSQL and Redis."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=site_address.DEFAULT_PORT)
        parser.add_argument(
            "--workers", type=int, default=settings.PIXEL_WORKERS, help="processes for pictures, one a core"
        )
        parser.add_argument(
            "--no-web", action="store_true", help="workers and scheduler alone: another machine of the same site"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        require_files()
        prepare(self)
        children = supervisor.workers(pixel_workers=options["workers"])
        if not options["no_web"]:
            check_port(options["host"], options["port"])
            # Links in answers, feeds and webhooks lead to where the site is, unless told otherwise.
            site_address.remember(settings.DATA_DIR, port=options["port"])
            os.environ.setdefault("SITE_URL", site_address.of_port(options["port"]))
            children.insert(0, supervisor.web(host=options["host"], port=options["port"]))
        tree = supervisor.Supervisor(children)
        tree.start()
        try:
            if not options["no_web"]:
                place = site_address.place(options["host"], options["port"])
                self.stdout.write(f"Firstpass is at http://{place} - Ctrl-C stops it.")
            tree.run(until=stop.is_set)
        finally:
            tree.stop()
        self.stdout.write("Stopped.")


def prepare(command: BaseCommand) -> None:
    """Tables and static files as this version of the code wants them."""
    call_command("migrate", verbosity=0, interactive=False)
    collect()


def check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Choose another: manage.py up --port {port + 1}"
            ) from None
