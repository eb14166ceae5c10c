"""Who carries a delivery: the engine's claim and heartbeat, on another row. One delivery at a time for each target."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from marketplaces.delivery_models import Delivery, DeliveryState, DeliveryTarget
from processing.errors import LeaseLost
from processing.leases import Claim, in_seconds


class DeliveryClaim(Claim):
    """The right to work on a delivery, as long as its row carries the token. `job_id` is the delivery's number."""

    def rows(self) -> Any:
        return Delivery.objects.filter(pk=self.job_id, lease_token=self.token, state=DeliveryState.RUNNING)

    def hold(self) -> bool:
        """Locks the delivery's row for this transaction. Nobody cancels a delivery: recalls are told by its files. LeaseLost."""
        if self.rows().select_for_update().first() is None:
            raise LeaseLost(f"delivery {self.job_id} was taken over or stopped")
        return False


def claim(delivery_id: int) -> DeliveryClaim | None:
    """Takes a delivery that may go on now, or None: gone, over, not due, taken, or its target busy with another one."""
    made = DeliveryClaim(delivery_id)
    may_run = Q(state=DeliveryState.QUEUED, available_at__lte=Now()) | Q(
        state=DeliveryState.RUNNING, lease_until__lt=Now()
    )
    with transaction.atomic():
        # Two workers with two deliveries of one target meet at the target's row: the second sees the first at work.
        target = DeliveryTarget.objects.select_for_update().filter(deliveries=delivery_id).first()
        if target is None or not target.is_active:
            return None
        busy = Delivery.objects.filter(target=target, state=DeliveryState.RUNNING, lease_until__gte=Now())
        if busy.exclude(pk=delivery_id).exists():
            return None
        taken = Delivery.objects.filter(may_run, pk=delivery_id).update(
            state=DeliveryState.RUNNING,
            lease_token=made.token,
            lease_until=in_seconds(settings.LEASE_S),
            started_at=Coalesce("started_at", Now()),
        )
    return made if taken else None


def release(claim: DeliveryClaim, **changes: Any) -> bool:
    """Writes how a turn ended and gives the delivery up. False when it had been taken over."""
    return bool(claim.rows().update(lease_token=None, lease_until=None, enqueued_at=None, **changes))
