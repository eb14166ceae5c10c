"""The Dramatiq broker of this process, set before any actor is declared."""

from typing import Any

import dramatiq
from django.conf import settings
from django.db import close_old_connections
from dramatiq import Message
from dramatiq.broker import Broker, Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, Middleware, Retries, ShutdownNotifications, TimeLimit

QUEUES = ("interactive", "pixels", "providers", "delivery", "upkeep")
# How often an idle worker asks for messages of a queue at least. Asking costs both sides as much as a small query, and idle
# processes take it from those that make pictures: 0.1 s for every queue took 2.6 % of a core.
POLL_MS = {"interactive": 150, "pixels": 200, "providers": 300, "delivery": 500, "upkeep": 1000}

# Fetched beside what a worker is at: a photo takes seconds, and asking only then for the next would leave it idle for up to 0.2 s.
AHEAD = {"pixels": 1}


class RowsWait(RedisBroker):
    """Redis as a broker that delays no message: what is to happen later is a row with its time. So nobody asks for delayed ones,
    which took as much as asking for those that are due."""

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        if delay is not None:
            raise ValueError(
                f"{message.actor_name} is to be delayed: write a row with its time, and let the scheduler send it."
            )
        return super().enqueue(message)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        return super().consume(queue_name, prefetch + AHEAD.get(queue_name, 0), POLL_MS.get(queue_name, timeout))


class DatabaseConnections(Middleware):
    """Old or broken database connections are closed around each message, as Django does around each request."""

    def before_process_message(self, broker: Broker, message: object) -> None:
        close_old_connections()

    def after_process_message(
        self, broker: Broker, message: object, *, result: object = None, exception: object = None
    ) -> None:
        close_old_connections()


def _middleware() -> list[Middleware]:
    # Never by the broker's own count: a row's state decides what is tried again, where people can see and stop it.
    retries = Retries(max_retries=0)
    return [AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), retries, DatabaseConnections()]


def configure() -> Broker:
    if settings.MESSAGE_BROKER == "stub":
        broker: Broker = StubBroker(middleware=_middleware())
        broker.emit_after("process_boot")
    else:
        # A dead worker's messages come back within half a minute instead of by a rare chance; the sweep does not depend on it.
        broker = RowsWait(  # type: ignore[no-untyped-call]
            url=settings.REDIS_URL, middleware=_middleware(), heartbeat_timeout=30_000, maintenance_chance=100_000
        )
    dramatiq.set_broker(broker)
    return broker
