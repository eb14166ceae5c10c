"""Exports sent to the delivery queue. Messages carry ids; the row says whether anything is left to do."""

import dramatiq

from marketplaces import exports
from marketplaces.models import Export


@dramatiq.actor(queue_name="delivery", time_limit=6 * 3600 * 1000)
def carry_out_export(export_id: int) -> None:
    export = Export.objects.select_related("channel", "owner").filter(pk=export_id).first()
    if export is not None:
        exports.carry_out(export)
