"""Background work of review."""

import dramatiq

from review import faults


@dramatiq.actor(queue_name="upkeep", time_limit=300_000)
def mix_in_faults(count: int) -> None:
    """Puts known faults into the queue. The number is asked for anew: a message that came twice must not double it."""
    faults.mix_in(min(count, faults.missing()))


def queue_faults() -> int:
    """For the scheduler: asks for the known faults that the queue lacks. Returns how many."""
    count = faults.missing()
    if count:
        mix_in_faults.send(count)
    return count
