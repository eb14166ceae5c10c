import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from config import schedule


class Command(BaseCommand):
    help = "Run periodic work: the gate, decisions that take effect, lost messages, webhooks, retention."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        schedule.run_forever(stop)
