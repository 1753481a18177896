"""SPF: whether a client may send for a domain (RFC 7208, section 4)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeVar

from gateway.mail.errors import MailError
from gateway.mail.spf.macros import MOST_DOMAIN, MacroText, parse_explanation
from gateway.mail.spf.record import Directive, SpfRecord, SpfResult, choose_record, parse_record
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.ports.verifier import Lookups

MOST_LOOKUPS = 10
MOST_VOID = 2
MOST_HOSTS = 10
"""Names that one mx or ptr may lead to (4.6.4)."""
_LONGEST_LABEL = 63
_UNKNOWN = "unknown"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SpfCheck:
    """Who is to be checked.

    sender: the reverse-path, "" for none: then the name of HELO is checked (2.4).
    receiver: our host's name, for macros.
    """

    address: str
    helo: str
    sender: str
    receiver: str
    now: datetime


@dataclass(frozen=True, slots=True)
class SpfOutcome:
    """domain: the one that was checked. explanation: the domain's own words about a fail."""

    result: SpfResult
    domain: str
    explanation: str | None = None
    reason: str = ""


async def check_spf(lookups: Lookups, check: SpfCheck) -> SpfOutcome:
    """Return what the sender's domain says of the client; never raises for what DNS holds."""
    local, at, domain = check.sender.rpartition("@")
    if not check.sender:
        local, domain = "", check.helo
    elif not at:
        local, domain = "", check.sender
    local, domain = local or "postmaster", _ascii(domain)
    evaluation = _Evaluation(lookups, check, local, domain)
    try:
        result = await evaluation.judge(domain, explains=True)
    except _Stop as stop:
        return SpfOutcome(stop.result, domain, None, stop.reason)
    return SpfOutcome(result, domain, evaluation.explanation)


class _Stop(Exception):  # noqa: N818 (it ends an evaluation, which is nobody's error)
    """The result is known, whatever else the records say."""

    def __init__(self, result: SpfResult, reason: str) -> None:
        super().__init__(reason)
        self.result = result
        self.reason = reason


class _Evaluation:
    """One check_host() with everything that it includes or is redirected to."""

    def __init__(self, lookups: Lookups, check: SpfCheck, local: str, domain: str) -> None:
        self._lookups = lookups
        self._check = check
        self._local = local
        self._sender_domain = domain
        address = ip_address(check.address)
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        self._address: IPv4Address | IPv6Address = mapped or address
        self._used = 0
        self._void = 0
        self._is_void = False
        self._names: list[str] | None = None
        self.explanation: str | None = None

    async def judge(self, domain: str, *, explains: bool) -> SpfResult:
        """Return the result for a domain (4.3 to 4.7); raises _Stop for errors.

        explains: a fail is explained in the words of this domain.
        """
        record = await self._record(domain)
        if record is None:
            return SpfResult.NONE
        for directive in record.directives:
            if await self._matches(directive, domain):
                if directive.result is SpfResult.FAIL and explains and record.explanation:
                    self.explanation = await self._explain(record.explanation, domain)
                return directive.result
        if record.redirect is None:
            return SpfResult.NEUTRAL
        self._count()
        target = await self._target(record.redirect, domain)
        result = await self.judge(target, explains=explains)
        if result is SpfResult.NONE:
            raise _Stop(SpfResult.PERMERROR, "redirect= leads to no record")
        return result

    async def _record(self, domain: str) -> SpfRecord | None:
        if not _is_host(domain) or "." not in domain.removesuffix("."):
            return None
        try:
            text = choose_record(await self._lookups.txt(domain))
            return None if text is None else parse_record(text)
        except (NoSuchDomain, NoAnswer):
            return None
        except DnsFault as fault:
            raise _Stop(SpfResult.TEMPERROR, str(fault)) from fault
        except MailError as error:
            raise _Stop(SpfResult.PERMERROR, f"{domain}: {error}") from error

    async def _matches(self, directive: Directive, domain: str) -> bool:
        match directive.mechanism:
            case "all":
                return True
            case "ip4" | "ip6":
                return directive.network is not None and self._address in directive.network
        self._count()
        self._is_void = False
        target = domain
        if directive.domain is not None:
            target = await self._target(directive.domain, domain)
        found = await self._leads_to(directive, target)
        if self._is_void:
            self._void += 1
            if self._void > MOST_VOID:
                raise _Stop(SpfResult.PERMERROR, f"more than {MOST_VOID} look-ups were in vain")
        return found

    async def _leads_to(self, directive: Directive, target: str) -> bool:
        match directive.mechanism:
            case "include":
                return await self._included(target)
            case "a":
                return self._fits(directive, await self._addresses(target))
            case "mx":
                return await self._is_mx(directive, target)
            case "ptr":
                target = target.lower().removesuffix(".")
                return any(_is_within(name, target) for name in await self._validated())
            case _:  # exists, whose question is for A whatever the client's address is (5.7)
                return bool(await self._ask(target, self._lookups.ipv4))

    async def _included(self, target: str) -> bool:
        result = await self.judge(target, explains=False)
        self._is_void = False  # the terms over there were counted there
        if result is SpfResult.NONE:
            raise _Stop(SpfResult.PERMERROR, "include leads to no record")
        return result is SpfResult.PASS

    async def _is_mx(self, directive: Directive, target: str) -> bool:
        records = await self._ask(target, self._lookups.mx)
        hosts = [record.host for record in records if record.host]
        if len(hosts) > MOST_HOSTS:
            raise _Stop(SpfResult.PERMERROR, f"more than {MOST_HOSTS} MX records")
        for host in hosts:
            if self._fits(directive, await self._addresses(host)):
                return True
        return False

    def _fits(self, directive: Directive, addresses: Sequence[str]) -> bool:
        is_ipv4 = isinstance(self._address, IPv4Address)
        bits = directive.bits4 if is_ipv4 else directive.bits6
        network = ip_network((str(self._address), bits), strict=False)
        return any(ip_address(address) in network for address in addresses)

    async def _addresses(self, host: str) -> Sequence[str]:
        if isinstance(self._address, IPv4Address):
            return await self._ask(host, self._lookups.ipv4)
        return await self._ask(host, self._lookups.ipv6)

    async def _ask(
        self, name: str, question: Callable[[str], Awaitable[Sequence[_T]]]
    ) -> Sequence[_T]:
        """Return the answer, empty where there is none; raises _Stop if DNS is away."""
        try:
            # A name that DNS could not hold does not exist (4.8).
            answer = await question(name) if _is_host(name) else ()
        except (NoSuchDomain, NoAnswer):
            answer = ()
        except DnsFault as fault:
            raise _Stop(SpfResult.TEMPERROR, str(fault)) from fault
        self._is_void = self._is_void or not answer
        return answer

    async def _validated(self) -> Sequence[str]:
        """Return the client's names that lead back to its address (5.5)."""
        if self._names is not None:
            return self._names
        self._names = []
        try:
            names = await self._lookups.ptr(str(self._address))
        except (NoSuchDomain, NoAnswer):
            self._is_void = True
            return ()
        except DnsFault:
            return ()
        wanted = self._address
        for name in names[:MOST_HOSTS]:
            try:
                addresses = await self._addresses(name)
            except _Stop:
                continue  # this name doesn't count, others may (5.5)
            if any(ip_address(address) == wanted for address in addresses):
                self._names.append(name.lower())
        return self._names

    async def _target(self, text: MacroText, domain: str) -> str:
        try:
            return _ascii(text.expand_domain(await self._values(text, domain)))
        except MailError as error:
            raise _Stop(SpfResult.PERMERROR, str(error)) from error

    async def _explain(self, text: MacroText, domain: str) -> str | None:
        """Return the domain's words, or None where anything is wrong with them (6.2)."""
        try:
            name = await self._target(text, domain)
            records = await self._lookups.txt(name) if _is_host(name) else ()
            if len(records) != 1:
                return None
            explanation = parse_explanation(records[0])
            return explanation.expand(await self._values(explanation, domain))
        except (_Stop, NoSuchDomain, NoAnswer, DnsFault, MailError):
            return None

    async def _values(self, text: MacroText, domain: str) -> Mapping[str, str]:
        """Return the values of the macro letters (7.2)."""
        check, address = self._check, self._address
        dotted = str(address)
        if isinstance(address, IPv6Address):
            dotted = ".".join(address.exploded.replace(":", "").upper())
        return {
            "s": f"{self._local}@{self._sender_domain}",
            "l": self._local,
            "o": self._sender_domain,
            "d": domain,
            "i": dotted,
            "p": await self._name_for(domain) if "p" in text.letters else _UNKNOWN,
            "h": check.helo,
            "v": "in-addr" if isinstance(address, IPv4Address) else "ip6",
            "c": str(address),
            "r": check.receiver or _UNKNOWN,
            "t": str(int(check.now.timestamp())),
        }

    async def _name_for(self, domain: str) -> str:
        """Return %{p}: the domain itself, else a name in it, else any name (7.3)."""
        names = await self._validated()
        domain = domain.lower().removesuffix(".")
        inside = [name for name in names if _is_within(name, domain)]
        return domain if domain in inside else next(iter([*inside, *names]), _UNKNOWN)

    def _count(self) -> None:
        """Count a term that asks DNS; the eleventh is one too many (4.6.4)."""
        self._used += 1
        if self._used > MOST_LOOKUPS:
            raise _Stop(SpfResult.PERMERROR, f"more than {MOST_LOOKUPS} terms ask DNS")


def _is_within(name: str, domain: str) -> bool:
    return f".{name.removesuffix('.')}".endswith(f".{domain}")


def _is_host(name: str) -> bool:
    """Return whether DNS could hold the name (RFC 1035, section 2.3.4)."""
    name = name.removesuffix(".")
    labels = name.split(".")
    return len(name) <= MOST_DOMAIN and all(
        0 < len(label.encode("utf-8", "replace")) <= _LONGEST_LABEL for label in labels
    )


def _ascii(domain: str) -> str:
    """Return the domain in A-labels, or as it stands where that can't be done (4.3)."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
