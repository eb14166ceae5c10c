"""Idempotency-Key: the first answer to a key is kept for a day and given again to repeats of the same request.

What a request does and the answer kept of it are one transaction. A process that dies in between leaves neither, so its
key is free at once, and a repeat can never do the same a second time.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError

from accounts.models import IdempotencyRecord, User

HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
Answer = tuple[int, dict[str, Any]]


def answer_once(request: HttpRequest, *, user: User, digest: str, make: Callable[[], Answer]) -> Answer:
    """What `make` answers, or what it answered before to the same key. Either way it happens wholly or not at all.

    digest: hash of the request's content. HttpError 422 when the key came with other content, 409 while the first
    request is still being answered. An answer that is an error is not kept: it may be tried again.
    """
    key = request.headers.get(HEADER, "")
    if len(key) > 255:
        raise HttpError(422, f"{HEADER} may have 255 characters.")
    with transaction.atomic():
        return _once(key, user=user, digest=digest, make=make) if key else make()


def digest_of(*parts: bytes) -> str:
    """Hash of a request's content."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _once(key: str, *, user: User, digest: str, make: Callable[[], Answer]) -> Answer:
    if not _take(user, key):
        raise HttpError(409, "The first request with this key is still being answered. Ask again in a moment.")
    rows = IdempotencyRecord.objects.filter(user=user, key=key)
    # One without an answer is of a version that wrote it before the answer was there.
    rows.exclude(created_at__gte=timezone.now() - KEPT, status__isnull=False).delete()
    if (record := rows.first()) is not None:
        return _repeated(record, digest)
    status, body = make()
    IdempotencyRecord.objects.create(user=user, key=key, request_hash=digest, status=status, body=body)
    return status, body


def _take(user: User, key: str) -> bool:
    """Takes the key until the transaction ends, also by the death of this process. False while another request has it."""
    number = int.from_bytes(hashlib.sha256(f"{HEADER} {user.pk} {key}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _repeated(record: IdempotencyRecord, digest: str) -> Answer:
    if record.request_hash != digest:
        raise HttpError(422, f"This {HEADER} was used with another request. Use a new key.")
    return record.status or 200, record.body or {}
