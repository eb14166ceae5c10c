"""Work sent to the delivery queue for endpoints. Messages carry ids; the rows say whether anything is left to do."""

import dramatiq

from accounts import webhooks


@dramatiq.actor(queue_name="delivery", time_limit=180_000)
def deliver_webhooks(endpoint_id: int) -> None:
    """Sends what is due for one endpoint; queues again behind the others when there is more."""
    if webhooks.deliver_for(endpoint_id):
        deliver_webhooks.send(endpoint_id)


def send_due_webhooks() -> int:
    """For the scheduler, every two seconds: a message for each endpoint that waits for one. Returns how many."""
    ids = webhooks.reserve_due()
    for endpoint_id in ids:
        deliver_webhooks.send(endpoint_id)
    return len(ids)
