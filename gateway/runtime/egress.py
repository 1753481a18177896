"""The one gate for connections to hosts that a company or a stranger named.

It judges addresses, never names: whoever connects resolves a name once, lets the answers be
judged, and connects to an address that passed. Python's own `is_global` doesn't do: it takes
NAT64, 6to4 and multicast addresses for public.
"""

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network

# IANA's special-purpose registries (RFC 6890 and after), multicast, and what was reserved.
_DENIED = {
    "this network": ("0.0.0.0/8", "::/128"),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
        "fec0::/10",  # site-local, RFC 3879
    ),
    "shared by a carrier's customers": ("100.64.0.0/10",),
    "link-local": ("169.254.0.0/16", "fe80::/10"),  # clouds answer there about the machine
    "for protocols": ("192.0.0.0/24", "2001::/23"),  # with Teredo, ORCHID, benchmarks
    "for documentation": (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "3fff::/20",
    ),
    "for benchmarks": ("198.18.0.0/15",),
    "a relay of 6to4": ("192.88.99.0/24",),
    "6to4": ("2002::/16",),
    "NAT64": ("64:ff9b::/96", "64:ff9b:1::/48"),
    "an embedded IPv4 address": ("::/96", "::ffff:0:0:0/96"),
    "to be discarded": ("100::/64", "100:0:0:1::/64"),
    "for segment routing": ("5f00::/16",),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "reserved": ("240.0.0.0/4",),
}
_RULES = tuple(
    (ip_network(network), reason) for reason, networks in _DENIED.items() for network in networks
)
_PUBLIC_IPV6 = IPv6Network("2000::/3")


class Egress:
    """Says where connections may lead."""

    def __init__(self, allow: Iterable[Network] = (), own: Iterable[str] = ()) -> None:
        """Allow what is public, and the networks in `allow`.

        own: addresses of this gateway; mail to them would come back.
        """
        self._allow = tuple(allow)
        self._own = frozenset(ip_address(address) for address in own)

    def allow(self, networks: Iterable[Network]) -> None:
        """Allow these networks besides public ones from now on."""
        self._allow = tuple(networks)

    def refusal(self, address: str) -> str | None:
        """Return why nobody may be connected with this address, or None if it may be used."""
        try:
            judged: IPv4Address | IPv6Address = ip_address(address)
        except ValueError:
            return "not an address"
        if isinstance(judged, IPv6Address):
            if judged.scope_id is not None:
                return "link-local"
            judged = judged.ipv4_mapped or judged  # the system connects by IPv4
        if any(judged in network for network in self._allow):
            return None
        if judged in self._own:
            return "this gateway itself"
        for network, reason in _RULES:
            if judged in network:
                return reason
        if isinstance(judged, IPv6Address) and judged not in _PUBLIC_IPV6:
            return "reserved"
        return None

    def is_allowed_by_name(self, address: str) -> bool:
        """Say whether the admin's list covers this address, public or not."""
        try:
            judged = ip_address(address)
        except ValueError:
            return False
        if isinstance(judged, IPv6Address):
            judged = judged.ipv4_mapped or judged
        return any(judged in network for network in self._allow)

    def permitted(self, addresses: Iterable[str]) -> Sequence[str]:
        """Return the addresses that may be used, in their order."""
        return [address for address in addresses if self.refusal(address) is None]
