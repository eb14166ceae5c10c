"""A call to Replicate whose answer was lost, found again: by its photo's metadata, or else by its input and time."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from processing.errors import ProviderUnavailable, StepError
from processing.providers import replicate_line
from processing.providers.base import Orphan, Request
from processing.providers.replicate_input import input_of, is_same
from processing.providers.replicate_line import LABEL
from processing.providers.replicate_models import Model

# A listing may lag behind: only after this is a call that is not in it taken for not made.
SETTLE_S = 20.0
CLOCK_SKEW = timedelta(minutes=1)
MAX_PAGES = 10


def find(model: Model, name: str, request: Request, *, attempt_id: str) -> str | Orphan:
    """The prediction that a call without an answer made; `name` is the model as it was asked for, maybe with a version."""
    asked_at = request.asked_at or datetime.now(UTC)
    unreadable = False
    for row in _listed(since=asked_at - CLOCK_SKEW):
        if row is None:
            unreadable = True
            break
        if row.get("id") in request.taken or not _may_be_ours(row, name):
            continue
        inputs = row.get("input")
        if not isinstance(inputs, dict) or not inputs:
            unreadable = True
        elif _is_ours(model, inputs, request, attempt_id=attempt_id):
            return str(row["id"])
    if unreadable:
        return Orphan.UNKNOWN
    age_s = (datetime.now(UTC) - asked_at).total_seconds()
    if age_s < SETTLE_S:
        raise ProviderUnavailable(
            "looking-up", f"{LABEL} is asked again whether it accepted the call.", retry_after_s=SETTLE_S - age_s
        )
    return Orphan.NOT_MADE


def _listed(*, since: datetime) -> Iterator[dict[str, Any] | None]:
    """Predictions from newest to oldest; None when there are more than can be looked at."""
    base = f"{settings.REPLICATE_BASE_URL}/v1/predictions"
    url, query = base, {"created_after": since.isoformat()}
    for _ in range(MAX_PAGES):
        try:
            answer = replicate_line.ask("GET", url, params=query or None)
        except StepError as error:
            raise ProviderUnavailable("looking-up", str(error), retry_after_s=error.retry_after_s) from error
        yield from (row for row in answer.field("results") or [] if _is_since(row, since))
        following = answer.field("next")
        if not following:
            return
        if not str(following).startswith(f"{settings.REPLICATE_BASE_URL}/"):
            break
        url, query = str(following), {}
    yield None


def _may_be_ours(row: Mapping[str, Any], name: str) -> bool:
    bare, _, version = name.partition(":")
    return row.get("model") in (None, "", bare) or row.get("version") == version


def _is_ours(model: Model, inputs: Mapping[str, Any], request: Request, *, attempt_id: str) -> bool:
    if not request.all_files:
        return is_same(input_of(model, request), inputs)
    address = urlsplit(str(inputs.get(model.files[next(iter(request.all_files))], "")))
    base = urlsplit(settings.REPLICATE_BASE_URL)
    if address.netloc != base.netloc or not address.path.startswith("/v1/files/"):
        return False
    answer = replicate_line.ask("GET", f"{settings.REPLICATE_BASE_URL}{address.path}", or_missing=True)
    metadata = answer.field("metadata")
    return isinstance(metadata, dict) and metadata.get("attempt") == attempt_id


def _is_since(row: Any, since: datetime) -> bool:
    """False for a row that is surely older: not every server keeps to the filter."""
    try:
        return datetime.fromisoformat(str(row["created_at"])) >= since
    except (KeyError, TypeError, ValueError):
        return isinstance(row, dict)
