"""SPF records, read (RFC 7208, sections 4.5, 4.6, 5, 6, 12)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from gateway.mail.errors import MailError
from gateway.mail.spf.macros import MacroText, parse_domain_spec, parse_macros

VERSION = "v=spf1"
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=")
_NAME = re.compile(r"[A-Za-z0-9]+")
_IPV4_BITS = 32
_IPV6_BITS = 128


class SpfResult(StrEnum):
    """What a check says of a client (RFC 7208, section 2.6)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 (the word of RFC 7208)
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_QUALIFIERS = {
    "+": SpfResult.PASS,
    "-": SpfResult.FAIL,
    "~": SpfResult.SOFTFAIL,
    "?": SpfResult.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism and what it makes of a client that it matches.

    mechanism: in small letters. domain: None for the domain that is being checked.
    network: of ip4 and ip6. bits4, bits6: how much of an address has to fit (a, mx).
    """

    result: SpfResult
    mechanism: str
    domain: MacroText | None = None
    network: IPv4Network | IPv6Network | None = None
    bits4: int = _IPV4_BITS
    bits6: int = _IPV6_BITS


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """A record, read to its end."""

    directives: tuple[Directive, ...]
    redirect: MacroText | None = None
    explanation: MacroText | None = None


def choose_record(texts: Sequence[str]) -> str | None:
    """Return the SPF record among a domain's TXT records, or None (4.5).

    Raises MailError if there are several.
    """
    found = [text for text in texts if f"{text} ".lower().startswith(f"{VERSION} ")]
    if len(found) > 1:
        raise MailError("there are several SPF records")
    return found[0] if found else None


def parse_record(text: str) -> SpfRecord:
    """Return the record, read whole: a mistake anywhere counts (4.6). Raises MailError."""
    if not text.isascii():
        raise MailError("the record holds a character beyond ASCII")
    directives: list[Directive] = []
    known: dict[str, MacroText] = {}
    for term in text[len(VERSION) :].split(" "):
        if not term:
            continue
        modifier = _MODIFIER.match(term)
        if modifier is None:
            directives.append(_directive(term))
            continue
        name, value = modifier[1].lower(), term[modifier.end() :]
        if name not in {"redirect", "exp"}:
            parse_macros(value)
            continue
        if name in known:
            raise MailError(f"{name}= stands twice")
        known[name] = parse_domain_spec(value)
    return SpfRecord(tuple(directives), known.get("redirect"), known.get("exp"))


def _directive(term: str) -> Directive:
    result = _QUALIFIERS.get(term[0])
    rest = term if result is None else term[1:]
    result = result or SpfResult.PASS
    found = _NAME.match(rest)
    name = found[0].lower() if found else ""
    rest = rest[len(name) :]
    match name:
        case "all":
            _demand(not rest, term)
            return Directive(result, name)
        case "include" | "exists":
            _demand(rest[:1] == ":", term)
            return Directive(result, name, parse_domain_spec(rest[1:]))
        case "ptr":
            return Directive(result, name, _maybe_domain(rest, term))
        case "a" | "mx":
            rest, bits6 = _cut_bits(rest, "//", _IPV6_BITS)
            rest, bits4 = _cut_bits(rest, "/", _IPV4_BITS)
            domain = _maybe_domain(rest, term)
            return Directive(result, name, domain, bits4=bits4, bits6=bits6)
        case "ip4" | "ip6":
            _demand(rest[:1] == ":", term)
            return Directive(result, name, network=_network(name, rest[1:], term))
    raise MailError(f"unknown mechanism {term[:40]!r}")


def _demand(fits: bool, term: str) -> None:
    if not fits:
        raise MailError(f"broken term {term[:40]!r}")


def _maybe_domain(rest: str, term: str) -> MacroText | None:
    if not rest:
        return None
    _demand(rest[0] == ":", term)
    return parse_domain_spec(rest[1:])


def _cut_bits(rest: str, separator: str, most: int) -> tuple[str, int]:
    """Return the rest without a length of prefix at its end, and that length."""
    head, found, digits = rest.rpartition(separator)
    if not found or not digits.isdecimal():
        return rest, most
    return head, _bits(digits, most)


def _bits(digits: str, most: int) -> int:
    if not digits.isdecimal() or len(digits) > len(str(most)) or digits != str(int(digits)):
        raise MailError(f"{digits[:10]!r} is not a length of prefix")
    if int(digits) > most:
        raise MailError(f"a prefix of {digits} bits is too long")
    return int(digits)


def _network(name: str, text: str, term: str) -> IPv4Network | IPv6Network:
    address, slash, digits = text.partition("/")
    most = _IPV4_BITS if name == "ip4" else _IPV6_BITS
    bits = _bits(digits, most) if slash else most
    _demand("%" not in address, term)
    try:
        if name == "ip4":
            return IPv4Network((IPv4Address(address), bits), strict=False)
        return IPv6Network((IPv6Address(address), bits), strict=False)
    except ValueError as error:
        raise MailError(f"broken term {term[:40]!r}") from error
