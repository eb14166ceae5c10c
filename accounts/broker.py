"""The Dramatiq broker of this process, set before any actor is declared."""

import dramatiq
from django.conf import settings
from django.db import close_old_connections
from dramatiq.broker import Broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, Middleware, Retries, ShutdownNotifications, TimeLimit

QUEUES = ("interactive", "pixels", "providers", "delivery", "upkeep")


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
        broker = RedisBroker(  # type: ignore[no-untyped-call]
            url=settings.REDIS_URL, middleware=_middleware(), heartbeat_timeout=30_000, maintenance_chance=100_000
        )
    dramatiq.set_broker(broker)
    return broker
