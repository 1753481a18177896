"""DNS by dnspython: the Resolver port, and the Lookups of verification."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.reversename

from gateway.mail.dane import Tlsa
from gateway.ports.relay import DnsFault, Mx, NoAnswer, NoSuchDomain

MOST_CACHED = 10_000
LONGEST_KEPT = 24 * 3600.0
LONGEST_KEPT_NEGATIVE = 15 * 60.0
LONGEST_TRY = 2.0
_LOCALHOST = ("127.0.0.1", "::1")


class DnsResolver:
    """Asks the given name servers, or the system's."""

    def __init__(
        self,
        servers: Sequence[tuple[str, int]] = (),
        *,
        timeout: float = 5.0,
        is_trusted: bool = False,
    ) -> None:
        """Ask `servers` (address and port), or those of /etc/resolv.conf where there are none.

        timeout: seconds for one question, all tries together.
        is_trusted: nobody can alter what the servers say on its way, so that their word for
            DNSSEC counts (the flag AD); on this machine it does anyway.
        """
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration:
            # A machine without DNS still hands mail to a smarthost given by its address.
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        if servers:
            self._resolver.nameservers = [
                dns.nameserver.Do53Nameserver(address, port) for address, port in servers
            ]
        self._resolver.lifetime = timeout
        self._resolver.timeout = min(timeout / 2, LONGEST_TRY)
        self._resolver.cache = _Cache(MOST_CACHED)
        self._resolver.flags = dns.flags.RD | dns.flags.AD  # RFC 6840, 5.7: asks for the flag
        self.trusts_dnssec = is_trusted or all(
            _is_loopback(str(server)) for server in self._resolver.nameservers
        )

    async def mx(self, domain: str) -> Sequence[Mx]:
        """Return the MX records, in no order; raises as the port says."""
        answer = await self._ask(domain, "MX")
        is_secure = self._is_secure(answer)
        return [Mx(record.preference, _host(record.exchange), is_secure) for record in answer]

    async def txt(self, name: str) -> Sequence[str]:
        """Return the TXT records, the strings of each joined; raises as the port says."""
        answer = await self._ask(name, "TXT")
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]

    async def tlsa(self, host: str, port: int) -> Sequence[Tlsa]:
        """Return the TLSA records that DNSSEC vouches for; raises DnsFault.

        They are asked for only where the address is vouched for as well: servers of unsigned
        zones fail at the question (RFC 7672, 2.2.2). Where the host is an alias, those of the
        name that it stands for come first.
        """
        if not self.trusts_dnssec or _literal(host) is not None:
            return ()
        for name in await self._secure_names(host):
            try:
                answer = await self._ask(f"_{port}._tcp.{name}", "TLSA")
            except (NoSuchDomain, NoAnswer):
                continue
            if self._is_secure(answer):
                return [Tlsa(one.usage, one.selector, one.mtype, one.cert) for one in answer]
        return ()

    async def _secure_names(self, host: str) -> Sequence[str]:
        """Return the name that a host's addresses stand at, and its own; () if not secure."""
        for kind in ("A", "AAAA"):
            try:
                answer = await self._ask(host, kind)
            except (NoSuchDomain, NoAnswer):
                continue
            if not self._is_secure(answer):
                break
            return list(dict.fromkeys([_host(answer.canonical_name), host.lower()]))
        return ()

    def _is_secure(self, answer: dns.resolver.Answer) -> bool:
        return self.trusts_dnssec and bool(answer.response.flags & dns.flags.AD)

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses, IPv4 first; a literal stands for itself. Raises as the port says.

        One kind of record does where the question for the other fails.
        """
        literal = _literal(host)
        if literal is not None:
            return [literal]
        answers = await asyncio.gather(
            self._ask(host, "A"), self._ask(host, "AAAA"), return_exceptions=True
        )
        found: list[str] = []
        failures: list[BaseException] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                failures.append(answer)
            else:
                found += [record.address for record in answer]
        if found:
            return found
        # That there is no AAAA says nothing while the question for A failed.
        raise next((failure for failure in failures if isinstance(failure, DnsFault)), failures[0])

    async def ipv4(self, host: str) -> Sequence[str]:
        """Return the addresses of the A records; raises as the port says."""
        return [record.address for record in await self._ask(host, "A")]

    async def ipv6(self, host: str) -> Sequence[str]:
        """Return the addresses of the AAAA records; raises as the port says."""
        return [record.address for record in await self._ask(host, "AAAA")]

    async def ptr(self, address: str) -> Sequence[str]:
        """Return the names of an address; raises as the port says."""
        answer = await self._ask(dns.reversename.from_address(address).to_text(), "PTR")
        return [_host(record.target) for record in answer]

    async def texts(self, name: str, kind: str) -> Sequence[str]:
        """Return the records of any kind as text; raises as the port says.

        Those of TXT are joined, names have no final dot.
        """
        if kind == "TXT":
            return await self.txt(name)
        return [record.to_text().rstrip(".") for record in await self._ask(name, kind)]

    async def configured_addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host that the admin named; raises as the port says.

        DNS first, then whatever else the system knows (/etc/hosts, containers' names).
        """
        name = host.lower().rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            return _LOCALHOST  # RFC 6761, section 6.3
        try:
            return await self.addresses(host)
        except (NoSuchDomain, NoAnswer, DnsFault):
            with suppress(OSError, UnicodeError):
                return await _system_addresses(host)
            raise

    async def _ask(self, name: str, kind: str) -> dns.resolver.Answer:
        try:
            absolute = dns.name.from_text(name, dns.name.root)
        except (dns.exception.DNSException, UnicodeError) as error:
            raise NoSuchDomain(f"{name}: not a name that DNS could hold") from error
        try:
            return await self._resolver.resolve(absolute, kind, search=False)
        except dns.resolver.NXDOMAIN as error:
            raise NoSuchDomain(f"{name}: no such domain") from error
        except dns.resolver.NoAnswer as error:
            raise NoAnswer(f"{name}: no {kind} record") from error
        except dns.resolver.LifetimeTimeout as error:
            raise DnsFault(f"{name}: DNS did not answer about {kind} in time") from error
        except dns.resolver.NoNameservers as error:
            raise DnsFault(f"{name}: {_rcodes(error)} from DNS about {kind}") from error
        except (dns.exception.DNSException, OSError) as error:
            raise DnsFault(f"{name}: {str(error) or type(error).__name__}") from error


class _Cache(dns.resolver.LRUCache):
    """Keeps answers as long as they permit, within bounds.

    dnspython keeps a negative answer without SOA for 68 years, where RFC 2308 (section 5)
    wants it not to be kept.
    """

    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        """Keep an answer, unless it is a negative one that doesn't say how long it is good."""
        now = value.expiration - value.chaining_result.minimum_ttl
        longest = LONGEST_KEPT
        if value.rrset is None:
            authority = value.response.authority
            if not any(rrset.rdtype == dns.rdatatype.SOA for rrset in authority):
                return
            longest = LONGEST_KEPT_NEGATIVE
        value.expiration = min(value.expiration, now + longest)
        super().put(key, value)


def _host(name: dns.name.Name) -> str:
    """Return the name of an MX record, "" for the root that a null MX holds."""
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""


def _is_loopback(server: str) -> bool:
    """Return whether a name server, as dnspython writes it, is on this machine."""
    address = server.removeprefix("Do53:").rpartition("@")[0] or server
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


async def _system_addresses(host: str) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return sorted(addresses, key=lambda address: ":" in address)


def _rcodes(error: dns.resolver.NoNameservers) -> str:
    """Return what the servers said, such as "SERVFAIL"."""
    said = {str(entry[3]) or type(entry[3]).__name__ for entry in error.kwargs.get("errors", ())}
    return ", ".join(sorted(said)) or "no answer"
