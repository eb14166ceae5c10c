"""What a page of the sync API costs as the shop grows: 100 listings out of a thousand pictures, and out of a million.

In a database of its own, dropped afterwards; over the whole stack of a request but the socket. The two sizes take turns, so that
what else the machine does falls on both.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from config.embedded import running_services

SMALL, LARGE = 1_000, 1_000_000
PICTURES_A_LISTING = 3
PAGE = 100
ROUNDS = 200
AIM = 1.3
_FILL_LISTINGS = """
    INSERT INTO marketplaces_listing (channel_id, sku, external_ids, set_version, content_hash, is_withdrawn, updated_at)
    SELECT %s, 'SKU-' || n, '{}', 1, md5(n::text), false, now() FROM generate_series(1, %s) AS n
"""
_FILL_CHANGES = """
    INSERT INTO marketplaces_listingchange (channel_id, listing_id, kind, created_at, payload)
    SELECT channel_id, id, 'upsert', now(), jsonb_build_object(
        'sku', sku, 'set_version', 1, 'title', 'Blue mug ' || id, 'asin', '', 'gtin', '09520001002045',
        'rule_pack', '{"name": "google", "version": 1}'::jsonb,
        'images', (SELECT jsonb_agg(jsonb_build_object(
            'id', listing.id * 10 + p, 'role', 'extra', 'position', p, 'name', sku || '-' || p || '.jpg',
            'path', '/m/' || left(md5(sku || p), 16) || '/' || sku || '-' || p || '.jpg', 'sha256', md5(sku || p) || md5(p || sku),
            'bytes', 184220, 'width', 1500, 'height', 1500, 'mime', 'image/jpeg', 'alt_text', 'Blue mug',
            'digital_source_type', '')) FROM generate_series(1, %s) AS p))
    FROM marketplaces_listing AS listing WHERE channel_id = %s ORDER BY id
"""


@dataclass(frozen=True)
class SyncReport:
    """Milliseconds for a page of 100 listings; `ratio` compares the 95th percentiles of turns taken one after the other, and
    `quick_ratio` the 10th: what a page costs when nothing else gets in its way."""

    pictures: tuple[int, int]
    alone_p95_ms: float
    small_p95_ms: float
    large_p95_ms: float
    ratio: float
    quick_ms: tuple[float, float]
    quick_ratio: float
    polls_ratio: float


def run(
    folders: Sequence[Path],
    say: Callable[[str], None],
    *,
    sizes: tuple[int, int] = (SMALL, LARGE),
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    with running_services(), own_database():
        report = measure(say, sizes=sizes, rounds=rounds)
    say(
        f"p95 of a page at {sizes[0]:,} pictures {report.small_p95_ms:.1f} ms, at {sizes[1]:,} {report.large_p95_ms:.1f} ms"
    )
    say(f"ratio {report.ratio:.2f} (aim {AIM}); asking when there is nothing new {report.polls_ratio:.2f}")
    say(
        f"undisturbed (10th percentile) {report.quick_ms[0]:.1f} and {report.quick_ms[1]:.1f} ms, ratio {report.quick_ratio:.2f}"
    )
    return asdict(report)


@contextmanager
def own_database() -> Iterator[None]:
    """An empty database with all tables, in place of the installation's own while this lasts."""
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(say: Callable[[str], None], *, sizes: tuple[int, int], rounds: int) -> SyncReport:
    pages = _Pages()
    small = pages.fill("small", sizes[0])
    alone = _nth([small() for _ in range(rounds)], 95)
    say(f"filling {sizes[1]:,} pictures")
    large = pages.fill("large", sizes[1])
    turns = [(small(), large()) for _ in range(rounds)]
    polls = [(pages.poll("small"), pages.poll("large")) for _ in range(rounds)]
    first, second = (_nth([turn[side] for turn in turns], 95) for side in (0, 1))
    quick = _nth([turn[0] for turn in turns], 10), _nth([turn[1] for turn in turns], 10)
    idle = [_nth([poll[side] for poll in polls], 95) for side in (0, 1)]
    return SyncReport(sizes, alone, first, second, second / first, quick, quick[1] / quick[0], idle[1] / idle[0])


class _Pages:
    """Asks for pages at random places of channels filled by SQL."""

    def __init__(self) -> None:
        from accounts.models import ApiToken, Role, Scope, User

        settings.API_RATE_PER_MINUTE = 10_000_000
        settings.ALLOWED_HOSTS = ["testserver"]
        owner = User.objects.create(username="bench", role=Role.INTEGRATOR)
        _, secret = ApiToken.issue(user=owner, name="bench", scopes=[Scope.EXPORT])
        self._client = Client(headers={"Authorization": f"Bearer {secret}"})
        self._chance = random.Random(1)
        self._ends: dict[str, str] = {}

    def fill(self, name: str, pictures: int) -> Callable[[], float]:
        """A function that asks for one page and returns what it took, in milliseconds."""
        from marketplaces.listings import cursor_of
        from marketplaces.models import Channel, ListingChange

        channel = Channel.objects.create(name=name, pack="google", label=name.title())
        with connection.cursor() as cursor:
            cursor.execute(_FILL_LISTINGS, [channel.pk, -(-pictures // PICTURES_A_LISTING)])
            cursor.execute(_FILL_CHANGES, [PICTURES_A_LISTING, channel.pk])
            cursor.execute("ANALYZE marketplaces_listingchange")
        changes = ListingChange.objects.filter(channel=channel).order_by("pk")
        first, last = changes.values_list("pk", flat=True)[0], changes.last()
        assert last is not None
        self._ends[name] = cursor_of(last)
        places = range(first, max(first + 1, last.pk - PAGE))

        def ask() -> float:
            return self._ask(name, cursor_of(ListingChange(pk=self._chance.choice(places))), items=PAGE)

        for _ in range(5):
            ask()
        return ask

    def poll(self, name: str) -> float:
        return self._ask(name, self._ends[name], items=0)

    def _ask(self, name: str, cursor: str, *, items: int) -> float:
        begun = time.perf_counter()
        answer = self._client.get(f"/api/v1/channels/{name}/listings", {"cursor": cursor, "limit": str(PAGE)})
        took = 1000 * (time.perf_counter() - begun)
        if answer.status_code != 200 or len(answer.json()["items"]) != items:
            raise RuntimeError(f"the page answered {answer.status_code}: {answer.content[:200]!r}")
        return took


def _nth(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
