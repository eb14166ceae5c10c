"""Idempotency-Key: the first answer to a key is kept for a day and given again to repeats of the same request."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError

from accounts.models import IdempotencyRecord, User

HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
# A first request that has not answered after this died: its key may be used again.
ANSWER_TIME = timedelta(minutes=5)
Answer = tuple[int, dict[str, Any]]


def answer_once(request: HttpRequest, *, user: User, digest: str, make: Callable[[], Answer]) -> Answer:
    """What `make` answers, or what it answered before to the same key. Without the header it is simply made.

    digest: hash of the request's content. HttpError 422 when the key came with other content, 409 while the first
    request is still being answered. An answer that is an error is not kept: it may be tried again.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return make()
    if len(key) > 255:
        raise HttpError(422, f"{HEADER} may have 255 characters.")
    record, is_first = _begin(user, key, digest)
    if not is_first:
        return _repeated(record, digest)
    try:
        status, body = make()
    except BaseException:
        record.delete()
        raise
    IdempotencyRecord.objects.filter(pk=record.pk).update(status=status, body=body)
    return status, body


def digest_of(*parts: bytes) -> str:
    """Hash of a request's content."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _begin(user: User, key: str, digest: str) -> tuple[IdempotencyRecord, bool]:
    now = timezone.now()
    rows = IdempotencyRecord.objects.filter(user=user, key=key)
    rows.filter(created_at__lt=now - KEPT).delete()
    rows.filter(status=None, created_at__lt=now - ANSWER_TIME).delete()
    with transaction.atomic():
        return IdempotencyRecord.objects.get_or_create(user=user, key=key, defaults={"request_hash": digest})


def _repeated(record: IdempotencyRecord, digest: str) -> Answer:
    if record.request_hash != digest:
        raise HttpError(422, f"This {HEADER} was used with another request. Use a new key.")
    if record.status is None or record.body is None:
        raise HttpError(409, "The first request with this key is still being answered. Ask again in a moment.")
    return record.status, record.body
