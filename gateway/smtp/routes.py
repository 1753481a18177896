"""Where mail goes: the admin's routes and smarthost, else the MX of the domain (RFC 5321, 5)."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address

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
from gateway.ports.routing import NoStsPolicies, Rate, StsPolicies, Way
from gateway.ports.world import Chance
from gateway.rules.outcome import NextHopKind, Obstacle, Trouble
from gateway.rules.sandbox import SANDBOX_ADDRESS
from gateway.runtime.egress import Egress
from gateway.smtp.assurance import Assurances, Assured

SMTP_PORT = 25
MOST_HOSTS = 20
MOST_ADDRESSES = 20
OWN_CONNECTIONS = 3


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
    source_address: an address of this machine to connect from; only next hops with an address
        of its kind, IPv4 or IPv6, can be reached then.
    rate: how many mails in a time, all domains of the rule together.
    hold: mail by this route waits until it is released.
    """

    domain: str
    smarthost: Smarthost | None = None
    tls: Tls = Tls.OPPORTUNISTIC
    per_next_hop: int = 20
    source_address: str | None = None
    rate: Rate | None = None
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
        policies: StsPolicies | None = None,
        mx_port: int = SMTP_PORT,
        patience: timedelta = timedelta(seconds=3),
    ) -> None:
        """Follow `plan`, which may be set anew on a reload.

        egress: judges every address that someone else's DNS names.
        hostname: our own name; mail isn't handed on to MXs of equal or less preference.
        policies: of recipients' domains, by MTA-STS.
        patience: how long people wait for DNS to tell our own addresses.
        """
        self._patience = patience
        self.plan = plan
        self._resolver = resolver
        self._egress = egress
        self._chance = chance
        self._hostname = _plain(hostname)
        self._mx_port = mx_port
        self._assurances = Assurances(resolver, policies or NoStsPolicies(), mx_port)

    def way(self, domain: str) -> Way:
        """Return the way to a domain, as the queue counts it."""
        if _plain(domain) in self.plan.sandbox:
            return Way(_plain(domain))
        rule = self.plan.rule_for(domain)
        name = _plain(domain) if rule.smarthost is None else str(rule.smarthost)
        return Way(name, held=rule.hold, most=rule.per_next_hop, rate=rule.rate)

    def is_sandbox(self, domain: str) -> bool:
        """Say whether mail to a domain never leaves the machine."""
        return _plain(domain) in self.plan.sandbox

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

    async def own_addresses(self) -> Sequence[str]:
        """Return the addresses that we connect from: of our name, and those of the plan.

        People wait for a page that shows them; a DNS that is silent is waited for shortly.
        """
        found: Sequence[str] | Exception = ()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.total_seconds()):
                found = await self._addresses(self._hostname)
        ours = [] if isinstance(found, Exception) else list(found)
        rules = (*self.plan.rules, self.plan.otherwise)
        named = [rule.source_address for rule in rules if rule.source_address]
        return list(dict.fromkeys([*ours, *named]))

    async def to_own_server(self, server: OwnServer) -> Sequence[NextHop] | Trouble:
        """Return the next hops of a company's own server, or why none; its addresses are judged."""
        try:
            addresses = await self._resolver.configured_addresses(server.host)
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
                most_connections=OWN_CONNECTIONS,
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
            for address in _reachable(rule, addresses)[:MOST_ADDRESSES]
        ] or Trouble(Obstacle.DNS, _out_of_reach(rule, smarthost.host))

    async def _mxs(self, domain: str) -> Sequence[Mx] | Trouble:
        """Return the MXs by preference, equal ones in any order, or why mail can't go there."""
        try:
            found = await self._resolver.mx(domain)
        except NoSuchDomain as error:
            return Trouble(Obstacle.NO_SUCH_DOMAIN, str(error))
        except DnsFault as error:
            return Trouble(Obstacle.DNS, str(error))
        except NoAnswer:
            # The implicit MX, only where there is no MX record at all. If DNSSEC vouches for its
            # address, then it does for the zone, and for that it has none.
            return [Mx(0, domain, is_secure=True)]
        named = [mx for mx in found if mx.host]
        if not named:
            return Trouble(Obstacle.NULL_MX, f"{domain} takes no mail (null MX)")
        ours = [mx.preference for mx in named if _plain(mx.host) == self._hostname]
        before_us = [mx for mx in named if not ours or mx.preference < min(ours)]
        if not before_us:
            return Trouble(Obstacle.IS_US, f"{domain}: this gateway is its best MX")
        before_us.sort(key=lambda mx: (mx.preference, self._chance.spread()))
        return before_us[:MOST_HOSTS]

    async def _to_mxs(
        self, rule: RouteRule, domain: str, mxs: Sequence[Mx]
    ) -> Sequence[NextHop] | Trouble:
        found, why = await self._reachable_mxs(rule, mxs)
        if isinstance(why, Trouble):
            return why
        assured = await self._assurances.of(_plain(domain), [mx for mx, _ in found], rule.tls)
        hops: list[NextHop] = []
        for (mx, addresses), one in zip(found, assured, strict=True):
            if not isinstance(one, str):
                hops += [self._mx_hop(rule, mx.host, address, one) for address in addresses]
        if hops:
            return hops[:MOST_ADDRESSES]
        if found:
            reasons = [one for one in assured if isinstance(one, str)]
            return Trouble(Obstacle.TLS, "; ".join(reasons[:3]))
        if mxs[0].host == _plain(domain) and len(mxs) == 1 and why is None:
            return Trouble(Obstacle.NO_SUCH_DOMAIN, f"{domain} has neither MX nor address")
        # The domain wants mail, and its owner has to mend its DNS: the address isn't wrong.
        return Trouble(Obstacle.DNS, why or f"no MX of {domain} has an address")

    async def _reachable_mxs(
        self, rule: RouteRule, mxs: Sequence[Mx]
    ) -> tuple[Sequence[tuple[Mx, Sequence[str]]], Trouble | str | None]:
        """Return MXs with the addresses that may be connected to; or why there is none.

        The reason is a Trouble where it is about us, the words of DNS where it failed, None
        where no host has an address.
        """
        ours, *lookups = await asyncio.gather(
            self._addresses(self._hostname), *(self._addresses(mx.host) for mx in mxs)
        )
        own = frozenset(ours if not isinstance(ours, Exception) else ())
        reachable: list[tuple[Mx, Sequence[str]]] = []
        denied: list[Trouble] = []
        faults: list[str] = []
        for mx, lookup in zip(mxs, lookups, strict=True):
            if isinstance(lookup, Exception):
                faults += [str(lookup)] if isinstance(lookup, DnsFault) else []
                continue
            if own.intersection(lookup):
                # It is us by another name: those behind it would send the mail here.
                us = f"{mx.host}: not connected to this gateway itself"
                denied.insert(0, Trouble(Obstacle.IS_US, us))
                reachable = [one for one in reachable if one[0].preference < mx.preference]
                break
            permitted = self._egress.permitted(lookup)
            if not permitted:
                why = f"{mx.host}: {self._why_denied(lookup)}"
                denied.append(Trouble(Obstacle.NO_ROUTE, why))
            if within := _reachable(rule, permitted):
                reachable.append((mx, within))
            elif permitted:
                faults.append(_out_of_reach(rule, mx.host))
        if reachable:
            return reachable, None
        if faults:
            return (), faults[0]
        return (), denied[0] if denied else None

    async def _addresses(self, host: str) -> Sequence[str] | Exception:
        try:
            return await self._resolver.addresses(host)
        except (NoSuchDomain, NoAnswer, DnsFault) as error:
            return error

    def _mx_hop(self, rule: RouteRule, host: str, address: str, assured: Assured) -> NextHop:
        tls, assurance = assured
        return NextHop(
            host=host,
            port=self._mx_port,
            address=address,
            kind=NextHopKind.MX,
            tls=tls,
            most_connections=rule.per_next_hop,
            source_address=rule.source_address,
            assurance=assurance,
        )

    def _why_denied(self, addresses: Iterable[str]) -> str:
        said = [f"{address} ({self._egress.refusal(address)})" for address in addresses]
        return f"not connected to {', '.join(said[:3])}"


def _reachable(rule: RouteRule, addresses: Sequence[str]) -> Sequence[str]:
    """Return the addresses that can be connected to from the rule's source address."""
    if rule.source_address is None:
        return addresses
    version = ip_address(rule.source_address).version
    return [address for address in addresses if ip_address(address).version == version]


def _out_of_reach(rule: RouteRule, host: str) -> str:
    return f"{host} has no address that can be reached from {rule.source_address}"


def _plain(domain: str) -> str:
    return domain.rstrip(".").lower()
