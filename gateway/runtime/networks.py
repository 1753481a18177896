"""Addresses of peers, and networks they belong to."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def plain_address(text: str) -> str:
    """Return an address as written in logs: no zone, IPv4 where IPv6 only carries it."""
    if ":" not in text:
        return text
    parsed = ip_address(text.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def network_of(address: str) -> str:
    """Return what counts as one peer: an IPv4 address, or the /64 of an IPv6 address.

    address: as `plain_address` gives it.
    """
    if ":" not in address:
        return address
    return f"{IPv6Address(int(IPv6Address(address)) >> 64 << 64)}/64"


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Return True if one of `networks` holds `address`."""
    parsed: IPv4Address | IPv6Address = ip_address(address)
    return any(parsed in network for network in networks)
