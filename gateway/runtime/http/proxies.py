"""Who the peer really is: what listed proxies say of it is believed, and nobody else."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
_MOST_HOPS = 20


class TrustedProxies:
    """Replaces peer and scheme by what a trusted proxy tells (X-Forwarded-For, -Proto).

    Loopback earns no trust by itself: it has to be listed like any other network.
    """

    def __init__(self, app: ASGIApp, trusted: Callable[[], Sequence[Network]]) -> None:
        """Stand before `app`; trusted: the networks of our own proxies, asked each time."""
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        networks = self._trusted()
        client = scope.get("client")
        if networks and client and scope["type"] == "http" and lies_in(client[0], networks):
            headers = Headers(scope=scope)
            scope = dict(scope)
            peer = _peer(headers.getlist("x-forwarded-for"), networks)
            if peer is not None:
                scope["client"] = (peer, 0)
            schemes = ",".join(headers.getlist("x-forwarded-proto")).lower().split(",")
            if schemes[-1].strip() in {"http", "https"}:
                scope["scheme"] = schemes[-1].strip()
        await self._app(scope, receive, send)


def _peer(values: Sequence[str], networks: Sequence[Network]) -> str | None:
    """Return the last address that is none of our proxies, or None where there is none.

    Each proxy appends the peer that it saw, so what stands left of an unknown one is hearsay.
    """
    hops = [hop.strip() for hop in ",".join(values).rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]]
    peer: str | None = None
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            break
        peer = str(address)
        if not lies_in(peer, networks):
            break
    return peer


def lies_in(host: str, networks: Sequence[Network]) -> bool:
    """Say whether an address lies in one of the networks."""
    address = _address(host)
    return address is not None and any(
        address.version == network.version and address in network for network in networks
    )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address, with a port or without; IPv4 inside IPv6 as IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
