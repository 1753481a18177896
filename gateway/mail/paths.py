"""Paths in MAIL and RCPT: whom the envelope names (RFC 5321, 4.1.2; RFC 6531, 3.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from gateway.mail.envelope import NULL_REVERSE_PATH
from gateway.mail.errors import MailError
from gateway.mail.replies import Reply

LOCAL_OCTETS = 64
DOMAIN_OCTETS = 255
PATH_OCTETS = 256  # with its angle brackets
POSTMASTER = "postmaster"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Possessive quantifiers: what a piece has taken it never gives back, so matching is linear.
_ATOMS = r"[^\x00-\x20\"(),:;<>@\[\\\]\x7f]++"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*+"'
_DOMAIN = rf"\[[^\[\]\\\s]++\]|{_ATOMS}"
_ROUTE = rf"@(?:{_DOMAIN})(?:,@(?:{_DOMAIN}))*+:"
_BRACKETED = re.compile(
    rf"<(?:(?P<route>{_ROUTE})?(?P<local>{_ATOMS}|{_QUOTED})(?:@(?P<domain>{_DOMAIN}))?)?>"
)
_NAKED = re.compile(rf"(?P<local>{_ATOMS})@(?P<domain>{_DOMAIN})(?= |\Z)")
# What nearly every path looks like; all others take the long way, to the same end.
_PLAIN = re.compile(
    r"<([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}+"
    r"@(?:[A-Za-z0-9][A-Za-z0-9_-]{0,62}+(?<!-)\.)*+[A-Za-z0-9]{1,63}+)>(?= |\Z)"
)
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*+")
_LDH = re.compile(r"[A-Za-z0-9_-]++")
_ATOM_TEXT = re.compile(_ATOMS)
_JOINERS = str.maketrans("", "", "\u200c\u200d")


class PathError(MailError):
    """A path or its parameters break the grammar; `reply` is the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Path:
    """An address and the parameters behind it.

    address: without brackets and source route, quotes only where they are needed;
        `NULL_REVERSE_PATH` for `<>`.
    parameters: keyword in capitals to value as it came, None where there is no "=".
    """

    address: str
    parameters: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Kind:
    keyword: str
    malformed: Reply
    syntax: Reply


_REVERSE = _Kind(
    "FROM:",
    Reply(553, "5.1.7", "The sender's address is not valid"),
    Reply(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]"),
)
_FORWARD = _Kind(
    "TO:",
    Reply(553, "5.1.3", "The recipient's address is not valid"),
    Reply(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]"),
)
_NEEDS_UTF8 = Reply(553, "5.6.7", "The address needs SMTPUTF8")


def reverse_path(argument: str) -> Path:
    """Return the path and parameters of MAIL, given what stands behind the verb.

    argument: decoded from UTF-8 with surrogateescape; what was not UTF-8 is refused.
    Dots may stand anywhere in a local part: a few large providers once gave out such names.

    Raises PathError: 501 for a broken command, 553 for a broken address.
    RFC 5321, section 4.1.1.2.
    """
    plain = _plain(argument, _REVERSE)
    if plain is not None:
        return plain
    found, parameters = _split(argument, _REVERSE)
    if found["local"] is None:
        return Path(NULL_REVERSE_PATH, parameters)
    if found["domain"] is None:
        raise PathError(_REVERSE.malformed)
    address = _address(found["local"], found["domain"], _REVERSE, forbidden="<>")
    if not address.isascii() and "SMTPUTF8" not in parameters:
        raise PathError(_NEEDS_UTF8)
    return Path(address, parameters)


def forward_path(argument: str, *, smtputf8: bool) -> Path:
    """Return the path and parameters of RCPT; `<Postmaster>` gives "postmaster".

    A source route is dropped. Quoted local parts in which a careless reader could see
    another address or a parameter are refused.

    Raises PathError: 501 for a broken command, 553 for a broken address.
    RFC 5321, sections 4.1.1.3 and 4.5.1, and appendix C.
    """
    plain = _plain(argument, _FORWARD)
    if plain is not None:
        return plain
    found, parameters = _split(argument, _FORWARD)
    local, domain = found["local"], found["domain"]
    if local is not None and domain is None and local.lower() == POSTMASTER:
        return Path(POSTMASTER, parameters)
    if local is None or domain is None:
        raise PathError(_FORWARD.malformed)
    address = _address(local, domain, _FORWARD, forbidden="<>@ ")
    if not address.isascii() and not smtputf8:
        raise PathError(_NEEDS_UTF8)
    return Path(address, parameters)


def _plain(argument: str, kind: _Kind) -> Path | None:
    start = len(kind.keyword)
    found = _PLAIN.match(argument, start)
    if found is None or argument[:start].upper() != kind.keyword or len(found[0]) > PATH_OCTETS:
        return None
    return Path(found[1], _parameters(argument[found.end() :], kind))


def _split(argument: str, kind: _Kind) -> tuple[re.Match[str], Mapping[str, str | None]]:
    start = len(kind.keyword)
    if argument[:start].upper() != kind.keyword or _CONTROL.search(argument):
        raise PathError(kind.syntax)
    while argument[start : start + 1] == " ":  # forbidden, and sent by many
        start += 1
    bracketed = argument.startswith("<", start)
    found = _BRACKETED.match(argument, start)
    if found is None and not bracketed:
        found = _NAKED.match(argument, start)
    if found is None:
        raise PathError(kind.malformed if start < len(argument) else kind.syntax)
    rest = argument[found.end() :]
    if rest and not rest.startswith(" "):
        raise PathError(kind.malformed)
    return found, _parameters(rest, kind)


def _parameters(rest: str, kind: _Kind) -> Mapping[str, str | None]:
    parameters: dict[str, str | None] = {}
    if not rest:
        return parameters
    for word in filter(None, rest.split(" ")):
        keyword, equals, value = word.partition("=")
        if not _KEYWORD.fullmatch(keyword) or (equals and not value) or not _is_text(value):
            raise PathError(kind.syntax)
        keyword = keyword.upper()
        if keyword in parameters:
            raise PathError(kind.syntax)
        parameters[keyword] = value if equals else None
    return parameters


def _address(local: str, domain: str, kind: _Kind, *, forbidden: str) -> str:
    octets = len(local.encode(errors="surrogatepass")), len(domain.encode(errors="surrogatepass"))
    if (
        octets[0] > LOCAL_OCTETS
        or octets[1] > DOMAIN_OCTETS
        or sum(octets) + len("<@>") > PATH_OCTETS
        or not _is_text(local)
        or not _is_domain(domain)
    ):
        raise PathError(kind.malformed)
    if local.startswith('"'):
        local = _canonical(local)
        if local == '""' or any(character in local for character in forbidden):
            raise PathError(kind.malformed)
    return f"{local}@{domain}"


def _canonical(quoted: str) -> str:
    """Return a quoted local part with the fewest escapes, bare where it may be."""
    plain = re.sub(r"\\(.)", r"\1", quoted[1:-1])
    if _ATOM_TEXT.fullmatch(plain):
        return plain
    return '"' + re.sub(r'(["\\])', r"\\\1", plain) + '"'


def _is_text(text: str) -> bool:
    """Return False where something unseen hides: controls, surrogates, odd spaces, marks of order.

    The two joiners stay: Persian and Indic names are spelt with them.
    """
    return text.isprintable() or text.translate(_JOINERS).isprintable()


def _is_domain(domain: str) -> bool:
    if domain.startswith("["):
        return _is_literal(domain[1:-1])
    return _is_text(domain) and all(
        _LABEL.fullmatch(label) if label.isascii() else _is_u_label(label)
        for label in domain.split(".")
    )


def _is_u_label(label: str) -> bool:
    ascii_part = "".join(character for character in label if character < "\x80")
    return len(label) <= 63 and (not ascii_part or _LDH.fullmatch(ascii_part) is not None)


def _is_literal(text: str) -> bool:
    """Return True for an address literal that we know (RFC 5321, section 4.1.3)."""
    try:
        if text[:5].lower() == "ipv6:":
            return IPv6Address(text[5:]).scope_id is None
        IPv4Address(text)
    except ValueError:
        return False
    return True
