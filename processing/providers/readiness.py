"""What hosted providers lack, said once when a worker starts. Nothing here stops a worker."""

import logging
from functools import cache

from processing.providers import MODULES, provider
from processing.providers.base import HostedProvider

logger = logging.getLogger(__name__)


@cache
def hosted_names() -> tuple[str, ...]:
    """Providers that are asked over the network."""
    return tuple(name for name in MODULES if isinstance(provider(name), HostedProvider))


def report() -> None:
    """Logs which providers are not configured, and asks the others whether key, model and inputs fit; free of charge."""
    for name in hosted_names():
        try:
            vendor = provider(name)
            if reason := vendor.unavailable_reason():
                logger.info("provider=%s is not configured: %s", name, reason)
                continue
            for fault in vendor.check():
                logger.warning("provider=%s does not fit: %s", name, fault)
        except Exception:
            # Whatever a vendor's page says today: work that needs none of them goes on.
            logger.exception("provider=%s could not be checked", name)
