"""Providers' webhooks: a finished call is asked about at once instead of at the next poll.

What a webhook says is not believed beyond that: it is signed, it names a call, and the call is then asked about as always.
So it may come twice, late, or not at all.
"""

import logging
from functools import cache

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from standardwebhooks import Webhook, WebhookVerificationError

from processing import actors
from processing.errors import StepError
from processing.models import Attempt, Job, JobState, Outcome, Step
from processing.providers import provider

logger = logging.getLogger(__name__)
MAX_BODY_BYTES = 2**20


class Forged(Exception):
    """Not signed by the provider, or too old."""


class SecretUnknown(Exception):
    """The provider's secret is not known now: it may send again later."""


def verify(name: str, *, body: bytes, headers: dict[str, str]) -> dict[str, object]:
    """The webhook's JSON object. Forged when its signature or its time is wrong; SecretUnknown when that cannot be told."""
    try:
        found = Webhook(_secret(name)).verify(body, headers)
    except WebhookVerificationError as error:
        raise Forged(str(error)) from error
    except (ValueError, TypeError) as error:
        raise Forged("the body is not JSON, or the secret is none") from error
    if not isinstance(found, dict):
        raise Forged("the body is not an object")
    return found


def _secret(name: str) -> str:
    if settings.REPLICATE_WEBHOOK_SECRET:
        return str(settings.REPLICATE_WEBHOOK_SECRET)
    try:
        return _asked_secret(name)
    except StepError as error:
        raise SecretUnknown(str(error)) from error


@cache
def _asked_secret(name: str) -> str:
    secret: str = provider(name).webhook_secret()
    return secret


def heard(name: str, *, reference: str, attempt_token: str) -> bool:
    """Has the call's job looked at now. False when there is no open call of this kind: late, doubled, or not ours.

    A call whose answer we lost gets its reference here: the address that we gave carries the attempt.
    """
    open_calls = Attempt.objects.filter(outcome=Outcome.RUNNING, submitted_at__isnull=False, provider__startswith=name)
    attempt = open_calls.filter(provider_ref=reference).first()
    if attempt is None:
        attempt = open_calls.filter(token=attempt_token, provider_ref="").first() if attempt_token else None
    if attempt is None:
        return False
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk, provider_ref="").update(provider_ref=reference)
        Step.objects.filter(pk=attempt.step_id, provider_ref="").update(provider_ref=reference)
        due = Job.objects.filter(steps=attempt.step_id, state=JobState.WAITING)
        due.update(available_at=Now(), enqueued_at=None)
        transaction.on_commit(actors.send_waiting, robust=True)
    logger.info("webhook provider=%s attempt=%s", name, attempt.pk)
    return True
