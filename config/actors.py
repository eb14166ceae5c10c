"""Long periodic work, kept out of the scheduler's way."""

import dramatiq

TIME_LIMIT_MS = 6 * 3_600_000


def queue_retention() -> None:
    """For the scheduler, daily."""
    remove_what_has_expired.send()


@dramatiq.actor(queue_name="upkeep", time_limit=TIME_LIMIT_MS)
def remove_what_has_expired() -> None:
    """Files and rows whose time is over."""
    from config import retention

    retention.run()
