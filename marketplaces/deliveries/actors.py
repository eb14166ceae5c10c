"""Deliveries sent to the delivery queue. Messages carry ids; the row says whether anything is left to do."""

import dramatiq


@dramatiq.actor(queue_name="delivery", time_limit=6 * 3600 * 1000)
def carry_delivery(delivery_id: int) -> None:
    """A turn of less than a minute; queued again behind the others when there is more to do at once."""
    # Comparing pictures needs scikit-image, which the web process does without.
    from marketplaces.deliveries.carry import carry

    if carry(delivery_id):
        carry_delivery.send(delivery_id)
