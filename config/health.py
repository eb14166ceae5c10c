from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from ninja import Router, Schema, Status

router = Router(tags=["health"])


class Health(Schema):
    status: str
    database: bool
    broker: bool


@router.get("/health", response={200: Health, 503: Health}, auth=None, summary="Whether the service can work")
def health(request: HttpRequest) -> Status[Health]:
    """503 while the database or the queue does not answer. Open to everybody, for load balancers."""
    answer = Health(status="ok", database=_database_answers(), broker=_broker_answers())
    if answer.database and answer.broker:
        return Status(200, answer)
    answer.status = "degraded"
    return Status(503, answer)


def _database_answers() -> bool:
    from django.db import Error

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except Error:
        return False


def _broker_answers() -> bool:
    import redis

    if settings.MESSAGE_BROKER == "stub":
        return True
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
