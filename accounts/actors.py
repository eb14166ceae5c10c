import dramatiq

from accounts import webhooks


@dramatiq.actor(queue_name="delivery", time_limit=180_000)
def deliver_webhooks(endpoint_id: int) -> None:
    """Sends what is due for one endpoint; queues again behind the others when there is more."""
    if webhooks.deliver_for(endpoint_id):
        deliver_webhooks.send(endpoint_id)
