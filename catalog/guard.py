"""The address guard under the name the apps above know; it lives at the bottom so that webhooks can use it too."""

from accounts.guard import AddressRefused, Fetched, FetchError, check_url, explained, fetch, guarded_client, is_public

__all__ = ["AddressRefused", "FetchError", "Fetched", "check_url", "explained", "fetch", "guarded_client", "is_public"]
