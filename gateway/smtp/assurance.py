"""How much TLS the servers of a domain must have: what it published, and the admin's word."""

import asyncio
from collections.abc import Sequence

from gateway.mail.dane import usable
from gateway.mail.mta_sts import Mode, Policy
from gateway.ports.relay import Assurance, DnsFault, Mx, Resolver, Tls, TlsPolicy
from gateway.ports.routing import StsPolicies

Assured = tuple[Tls, Assurance]
_LEAST = (Tls.NONE, Tls.OPPORTUNISTIC, Tls.REQUIRED, Tls.VERIFIED, Tls.DANE)


class Assurances:
    """Looks up DANE (RFC 7672) and MTA-STS (RFC 8461). DANE goes first where both are there."""

    def __init__(self, resolver: Resolver, policies: StsPolicies, port: int) -> None:
        """Ask for TLSA records of `port`."""
        self._resolver = resolver
        self._policies = policies
        self._port = port

    async def of(self, domain: str, mxs: Sequence[Mx], least: Tls) -> Sequence[Assured | str]:
        """Return for each MX how much TLS it must have, or why no mail may go there now.

        least: what the admin wants; NONE asks for nothing, whatever was published.
        """
        if least is Tls.NONE:
            return [(least, Assurance()) for _ in mxs]
        policy, tlsa = await asyncio.gather(
            self._policies.of(domain),
            asyncio.gather(*(self._by_dane(mx, domain, least) for mx in mxs)),
        )
        return [
            _by_sts(policy, mx, domain, least) if found is None else found
            for mx, found in zip(mxs, tlsa, strict=True)
        ]

    async def _by_dane(self, mx: Mx, domain: str, least: Tls) -> Assured | str | None:
        """Return what the TLSA records of an MX ask for; None where they ask for nothing."""
        if not mx.is_secure:
            return None
        try:
            records = await self._resolver.tlsa(mx.host, self._port)
        except DnsFault as error:
            # Whether it must have verified TLS is not known (RFC 7672, 2.1.2).
            return str(error)
        if not records:
            return None
        fit = usable(records)
        assurance = Assurance(
            TlsPolicy.DANE,
            tlsa=fit,
            names=(mx.host, domain),
            domain=domain,
            lines=tuple(str(record) for record in records),
        )
        if fit:
            return Tls.DANE, assurance
        # Nothing to check it by, but it has promised TLS (RFC 7672, 2.2).
        return _stronger(least, Tls.REQUIRED), assurance


def _by_sts(policy: Policy | None, mx: Mx, domain: str, least: Tls) -> Assured | str:
    if policy is None or policy.mode is Mode.NONE:
        return least, Assurance(domain=domain)
    is_testing = policy.mode is Mode.TESTING
    if not policy.covers(mx.host) and not is_testing:
        return f"{mx.host} is no MX of the MTA-STS policy of {domain}"
    assurance = Assurance(TlsPolicy.MTA_STS, testing=is_testing, domain=domain, lines=policy.lines)
    return least if is_testing else _stronger(least, Tls.VERIFIED), assurance


def _stronger(one: Tls, other: Tls) -> Tls:
    return max(one, other, key=_LEAST.index)
