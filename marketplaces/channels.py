"""The channels every installation starts with, and finding one by name."""

from marketplaces.models import Channel
from marketplaces.packfile import all_packs

# The export that belongs to no channel: everything that was made, as a plain tree.
TREE = "seed"
SANDBOX = "sandbox"


class UnknownChannel(ValueError):
    """There is no such channel; the message lists those there are."""


def ensure_channels() -> None:
    """One channel for each rule pack, and a sandbox for trying an integration. Channels that exist are left alone."""
    wanted = [Channel(name=pack.name, pack=pack.name, label=pack.label) for pack in all_packs()]
    wanted.append(Channel(name=SANDBOX, pack="site", label="Sandbox", is_sandbox=True))
    known = set(Channel.objects.values_list("name", flat=True))
    if missing := [channel for channel in wanted if channel.name not in known]:
        # Another process may do the same at this moment.
        Channel.objects.bulk_create(missing, ignore_conflicts=True)


def channel_named(name: str) -> Channel:
    """UnknownChannel when there is none, or when it is switched off."""
    if not Channel.objects.filter(name=name).exists():
        ensure_channels()
    channel = Channel.objects.filter(name=name).first()
    if channel is None:
        known = ", ".join([*Channel.objects.active().values_list("name", flat=True), TREE])
        raise UnknownChannel(f"There is no channel {name!r}. Choose one of {known}.")
    if not channel.is_active:
        raise UnknownChannel(
            f"The channel {channel.label} is switched off. A manager can switch it on in its settings."
        )
    return channel
