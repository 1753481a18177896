"""Where mail goes: the admin's routes and smarthost, else the MX of the domain (RFC 5321, 5)."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.ports.relay import (
    Credentials,
    DnsFault,
    Mx,
    NextHop,
    NoAnswer,
    NoSuchDomain,
    OwnServer,
    Resolver,
    Tls,
)
from gateway.ports.routing import Way
from gateway.ports.world import Chance
from gateway.rules.outcome import NextHopKind, Obstacle, Trouble
from gateway.rules.sandbox import SANDBOX_ADDRESS
from gateway.runtime.egress import Egress

SMTP_PORT = 25
MOST_HOSTS = 20
MOST_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class Smarthost:
    """A server from the configuration that takes mail for others."""

    host: str
    port: int = SMTP_PORT
    implicit_tls: bool = False
    credentials: Credentials | None = None

    def __str__(self) -> str:
        """Return "host:port", by which claims of the queue are fair."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RouteRule:
    """A way for some domains.

    domain: "example.org", "*.example.org" for those below it, or "*".
    smarthost: None for the MX of the recipient's domain.
    hold: mail by this route waits until it is released.
    """

    domain: str
    smarthost: Smarthost | None = None
    tls: Tls = Tls.OPPORTUNISTIC
    per_next_hop: int = 20
    source_address: str | None = None
    hold: bool = False

    def covers(self, domain: str) -> bool:
        """Return whether mail for this domain, in lower case, goes this way."""
        if self.domain == "*":
            return True
        if self.domain.startswith("*."):
            return domain.endswith(self.domain[1:].lower())
        return domain == self.domain.lower()


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """The admin's word: the first of `rules` that covers a domain, else `otherwise`.

    sandbox: domains in lower case whose mail never leaves the machine, whatever the rules say.
    """

    otherwise: RouteRule = field(default_factory=lambda: RouteRule("*"))
    rules: tuple[RouteRule, ...] = ()
    sandbox: frozenset[str] = frozenset()

    def rule_for(self, domain: str) -> RouteRule:
        """Return the rule for a domain."""
        name = _plain(domain)
        return next((rule for rule in self.rules if rule.covers(name)), self.otherwise)


class DnsRoutes:
    """Finds next hops by the plan and DNS: the Routes port, and the queue's Ways."""

    def __init__(
        self,
        plan: RoutePlan,
        resolver: Resolver,
        egress: Egress,
        chance: Chance,
        *,
        hostname: str,
        mx_port: int = SMTP_PORT,
    ) -> None:
        """Follow `plan`, which may be set anew on a reload.

        egress: judges every address that someone else's DNS names.
        hostname: our own name; mail isn't handed on to MXs of equal or less preference.
        """
        self.plan = plan
        self._resolver = resolver
        self._egress = egress
        self._chance = chance
        self._hostname = _plain(hostname)
        self._mx_port = mx_port

    def way(self, domain: str) -> Way:
        """Return the way to a domain, as the queue counts it."""
        if _plain(domain) in self.plan.sandbox:
            return Way(_plain(domain))
        rule = self.plan.rule_for(domain)
        name = _plain(domain) if rule.smarthost is None else str(rule.smarthost)
        return Way(name, held=rule.hold)

    async def to_domain(self, domain: str) -> Sequence[NextHop] | Trouble:
        """Return the next hops for a recipient's domain in the order to be tried, or why none."""
        if _plain(domain) in self.plan.sandbox:
            return [NextHop(_plain(domain), 0, SANDBOX_ADDRESS, NextHopKind.MX, Tls.NONE)]
        rule = self.plan.rule_for(domain)
        if rule.smarthost is not None:
            return await self._to_smarthost(rule, rule.smarthost)
        if domain.startswith("["):
            return Trouble(Obstacle.BAD_ADDRESS, f"{domain}: mail to bare addresses is not sent")
        mxs = await self._mxs(_plain(domain))
        return mxs if isinstance(mxs, Trouble) else await self._to_mxs(rule, domain, mxs)

    async def to_own_server(self, server: OwnServer) -> Sequence[NextHop] | Trouble:
        """Return the next hops of a company's own server, or why none; its addresses are judged."""
        try:
            addresses = await self._resolver.addresses(server.host)
        except (NoSuchDomain, NoAnswer, DnsFault) as error:
            return Trouble(Obstacle.DNS, str(error))
        permitted = self._egress.permitted(addresses)[:MOST_ADDRESSES]
        if not permitted:
            return Trouble(Obstacle.DNS, f"{server.host}: {self._why_denied(addresses)}")
        return [
            NextHop(
                host=server.host,
                port=server.port,
                address=address,
                kind=NextHopKind.OWN,
                tls=server.tls,
                implicit_tls=server.implicit_tls,
                credentials=server.credentials,
            )
            for address in permitted
        ]

    async def _to_smarthost(
        self, rule: RouteRule, smarthost: Smarthost
    ) -> Sequence[NextHop] | Trouble:
        # The admin's word is not judged, and that its name isn't found is no customer's fault.
        try:
            addresses = await self._resolver.configured_addresses(smarthost.host)
        except (NoSuchDomain, NoAnswer, DnsFault) as error:
            return Trouble(Obstacle.DNS, str(error))
        return [
            NextHop(
                host=smarthost.host,
                port=smarthost.port,
                address=address,
                kind=NextHopKind.SMARTHOST,
                tls=rule.tls,
                implicit_tls=smarthost.implicit_tls,
                credentials=smarthost.credentials,
                most_connections=rule.per_next_hop,
                source_address=rule.source_address,
            )
            for address in addresses[:MOST_ADDRESSES]
        ]

    async def _mxs(self, domain: str) -> Sequence[Mx] | Trouble:
        """Return the MXs by preference, equal ones in any order, or why mail can't go there."""
        try:
            found = await self._resolver.mx(domain)
        except NoSuchDomain as error:
            return Trouble(Obstacle.NO_SUCH_DOMAIN, str(error))
        except DnsFault as error:
            return Trouble(Obstacle.DNS, str(error))
        except NoAnswer:
            return [Mx(0, domain)]  # the implicit MX: only where there is no MX record at all
        named = [mx for mx in found if mx.host]
        if not named:
            return Trouble(Obstacle.NULL_MX, f"{domain} takes no mail (null MX)")
        ours = [mx.preference for mx in named if _plain(mx.host) == self._hostname]
        before_us = [mx for mx in named if not ours or mx.preference < min(ours)]
        if not before_us:
            return Trouble(Obstacle.NO_ROUTE, f"{domain}: this gateway is its best MX")
        before_us.sort(key=lambda mx: (mx.preference, self._chance.spread()))
        return before_us[:MOST_HOSTS]

    async def _to_mxs(
        self, rule: RouteRule, domain: str, mxs: Sequence[Mx]
    ) -> Sequence[NextHop] | Trouble:
        lookups = await asyncio.gather(*(self._addresses(mx.host) for mx in mxs))
        hops: list[NextHop] = []
        denied: list[str] = []
        faults: list[str] = []
        for mx, lookup in zip(mxs, lookups, strict=True):
            if isinstance(lookup, Exception):
                faults += [str(lookup)] if isinstance(lookup, DnsFault) else []
                continue
            permitted = self._egress.permitted(lookup)
            denied += [] if permitted else [f"{mx.host}: {self._why_denied(lookup)}"]
            hops += [self._mx_hop(rule, mx.host, address) for address in permitted]
        if hops:
            return hops[:MOST_ADDRESSES]
        if faults:
            return Trouble(Obstacle.DNS, faults[0])
        if denied:
            return Trouble(Obstacle.NO_ROUTE, denied[0])
        if mxs == [Mx(0, _plain(domain))]:
            return Trouble(Obstacle.NO_SUCH_DOMAIN, f"{domain} has neither MX nor address")
        # The domain wants mail, and its owner has to mend its DNS: the address isn't wrong.
        return Trouble(Obstacle.DNS, f"no MX of {domain} has an address")

    async def _addresses(self, host: str) -> Sequence[str] | Exception:
        try:
            return await self._resolver.addresses(host)
        except (NoSuchDomain, NoAnswer, DnsFault) as error:
            return error

    def _mx_hop(self, rule: RouteRule, host: str, address: str) -> NextHop:
        return NextHop(
            host=host,
            port=self._mx_port,
            address=address,
            kind=NextHopKind.MX,
            tls=rule.tls,
            most_connections=rule.per_next_hop,
            source_address=rule.source_address,
        )

    def _why_denied(self, addresses: Iterable[str]) -> str:
        said = [f"{address} ({self._egress.refusal(address)})" for address in addresses]
        return f"not connected to {', '.join(said[:3])}"


def _plain(domain: str) -> str:
    return domain.rstrip(".").lower()
