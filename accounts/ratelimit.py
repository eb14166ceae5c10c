"""How often something may be done in a while, counted in Redis for all web processes together: requests of a token, wrong passwords."""

import contextlib
import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import ngettext

logger = logging.getLogger(__name__)
WINDOW_S = 60
# Of passwords and codes.
GUESSES_WINDOW_S = 900
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


def spend(key: str, *, limit: int, window_s: int = WINDOW_S) -> Allowance:
    """Counts one request of `key` in the present window. Without Redis nobody is stopped: it is logged, and work goes on."""
    reset_s = max(1, math.ceil(window_s - time.time() % window_s))
    try:
        used = _count(_name(key, window_s), by=1, window_s=window_s)
    except _errors():
        logger.warning("requests are not counted: Redis does not answer")
        used = 0
    return Allowance(limit, max(0, limit - used), reset_s, is_over=used > limit)


def give_back(key: str, *, window_s: int = WINDOW_S) -> None:
    """Takes back one request of the present window: it was none of those that are limited."""
    with contextlib.suppress(_errors()):
        _count(_name(key, window_s), by=-1, window_s=window_s)


def too_many_guesses(wait_s: int) -> str:
    """For whoever has to wait until the window ends."""
    minutes = -(-wait_s // 60)
    return ngettext(
        "Too many wrong tries. Wait %(n)s minute, then try again.",
        "Too many wrong tries. Wait %(n)s minutes, then try again.",
        minutes,
    ) % {"n": minutes}


def _name(key: str, window_s: int) -> str:
    return f"firstpass:rate:{key}:{int(time.time() // window_s)}"


def _count(name: str, *, by: int, window_s: int) -> int:
    with _client().pipeline(transaction=True) as pipe:
        pipe.incrby(name, by)
        pipe.expire(name, 2 * window_s)
        used: int = pipe.execute()[0]
    return used


@cache
def _client() -> Any:
    import redis

    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWER_TIME_S, socket_connect_timeout=ANSWER_TIME_S)


def _errors() -> type[Exception]:
    import redis

    return redis.RedisError
