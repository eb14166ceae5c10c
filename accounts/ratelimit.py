"""How many requests a token may make in a minute, counted in Redis for all web processes together."""

import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)
WINDOW_S = 60
ANSWER_TIME_S = 0.5


@dataclass(frozen=True)
class Allowance:
    """What is left of a window after a request. `is_over`: this request was one too many."""

    limit: int
    remaining: int
    reset_s: int
    is_over: bool = False

    def headers(self) -> dict[str, str]:
        """Header fields of the IETF's draft "RateLimit header fields for HTTP", in its present form and in the one before."""
        return {
            "RateLimit-Policy": f'"token";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"token";r={self.remaining};t={self.reset_s}',
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


def spend(key: str, *, limit: int) -> Allowance:
    """Counts one request of `key` in the present minute. Without Redis nobody is stopped: it is logged, and work goes on."""
    now = time.time()
    reset_s = max(1, math.ceil(WINDOW_S - now % WINDOW_S))
    try:
        used = _count(f"firstpass:rate:{key}:{int(now // WINDOW_S)}")
    except _errors():
        logger.warning("requests are not counted: Redis does not answer")
        used = 0
    return Allowance(limit, max(0, limit - used), reset_s, is_over=used > limit)


def _count(name: str) -> int:
    with _client().pipeline(transaction=True) as pipe:
        pipe.incr(name)
        pipe.expire(name, 2 * WINDOW_S)
        used: int = pipe.execute()[0]
    return used


@cache
def _client() -> Any:
    import redis

    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWER_TIME_S, socket_connect_timeout=ANSWER_TIME_S)


def _errors() -> type[Exception]:
    import redis

    return redis.RedisError
