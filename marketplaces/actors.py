"""Work sent to the delivery queue. Messages carry ids; the row says whether anything is left to do."""

import dramatiq

from marketplaces import exports
from marketplaces.models import Export

TIME_LIMIT_MS = 6 * 3600 * 1000


@dramatiq.actor(queue_name="delivery", time_limit=TIME_LIMIT_MS)
def carry_out_export(export_id: int) -> None:
    export = Export.objects.select_related("channel", "owner").filter(pk=export_id).first()
    if export is not None:
        exports.carry_out(export)


@dramatiq.actor(queue_name="delivery", time_limit=TIME_LIMIT_MS)
def carry_delivery(delivery_id: int) -> None:
    """A turn of less than a minute; queued again behind the others when there is more to do at once."""
    # Looking at pictures needs numpy, which the web process does without.
    from marketplaces.deliveries.carry import carry

    if carry(delivery_id):
        carry_delivery.send(delivery_id)
