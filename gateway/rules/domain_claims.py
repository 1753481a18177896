"""Which addresses a company may ask to send from: of a domain that can be its own. Pure.

Only DNS proves whose a domain is; here is refused what could never be proven, or should not be
tried. What other companies of the gateway claim has no say in it.
"""

import ipaddress
from collections.abc import Callable
from typing import Final

import idna

from gateway.mail.address import is_mailbox
from gateway.mail.look_alikes import skeleton
from gateway.rules.misspelt import KNOWN
from gateway.rules.names import RESERVED_SLUGS, Names

NAME_OCTETS: Final = 253
_ROOM: Final = NAME_OCTETS - len("pr1-0123456789abcdef._domainkey.")
_NOWHERE: Final = frozenset(
    {"localhost", "invalid", "local", "localdomain", "internal", "intranet", "lan", "home", "corp"}
    | {"private", "onion", "alt", "arpa"}
)
"""Last labels that the public DNS never answers for (RFC 6761, 6762, 7686, 9476, 8375)."""


class BadClaim(Exception):  # noqa: N818 (it is an answer to whoever asks)
    """An address that no company can send from. code: a stable word. hint: what would be right."""

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        """Keep the parts."""
        super().__init__(detail)
        self.code, self.detail, self.hint = code, detail, hint


_EXAMPLE: Final = "Write an address of your own domain, such as invoices@acme.example."


def claimed_address(
    text: str,
    names: Names,
    *,
    is_public_suffix: Callable[[str], bool],
) -> str:
    """Return the address in lower case, its domain in A-labels. Raises BadClaim.

    is_public_suffix: says whether everybody may register names below a domain.
    """
    address = text.strip().rstrip(".")
    local, at, domain = address.rpartition("@")
    if not at or domain.startswith("[") or not is_mailbox(address):
        raise BadClaim("invalid_address", "This is not an email address.", _EXAMPLE)
    if not local.isascii() or local.startswith('"'):
        detail = "The part before the @ has to be letters and digits without accents."
        raise BadClaim("invalid_address", detail, _EXAMPLE)
    local = local.lower()
    if local in RESERVED_SLUGS:
        detail = f"{local}@ means something else at every domain: customers can't answer there."
        raise BadClaim("reserved_address", detail, _EXAMPLE)
    domain = _a_labels(domain)
    _refuse_unprovable(domain, is_public_suffix)
    _refuse_ours(domain, names)
    return f"{local}@{domain}"


def shown_domain(domain: str) -> str:
    """Return a domain as people read it: in their own letters, where it has some."""
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def _a_labels(domain: str) -> str:
    plain = domain.rstrip(".")
    try:
        ascii_domain = idna.encode(plain, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        detail = f"{plain} is not a domain that can be registered."
        raise BadClaim("invalid_domain", detail, _EXAMPLE) from error
    if len(ascii_domain) > _ROOM:
        detail = f"The domain is too long: its records need names of {NAME_OCTETS} octets at most."
        raise BadClaim("invalid_domain", detail, _EXAMPLE)
    return ascii_domain


def _refuse_unprovable(domain: str, is_public_suffix: Callable[[str], bool]) -> None:
    if _is_number(domain):
        raise BadClaim("invalid_domain", f"{domain} is an IP address, not a domain.", _EXAMPLE)
    if "." not in domain or domain.rpartition(".")[2] in _NOWHERE:
        detail = f"{domain} does not exist in the public DNS, so nothing can be proven there."
        raise BadClaim("reserved_domain", detail, _EXAMPLE)
    if domain in KNOWN:
        detail = f"{domain} belongs to a mail provider, in whose DNS you can't publish anything."
        hint = "To send from that mailbox, choose your own mail server (SMTP) as the way."
        raise BadClaim("mail_provider", detail, hint)
    if is_public_suffix(domain):
        detail = f"Everybody may register names below {domain}: it is nobody's own domain."
        raise BadClaim("public_suffix", detail, _EXAMPLE)


def _refuse_ours(domain: str, names: Names) -> None:
    ours = {names.sender, names.reply, names.bounce, names.hostname}
    if any(f".{domain}".endswith(f".{one}") for one in ours):
        detail = f"{domain} is a domain of the mail gateway itself."
        raise BadClaim("own_domain", detail, _EXAMPLE)
    seen = _seen(domain)
    if any(f".{seen}".endswith(f".{_seen(one)}") for one in ours):
        detail = f"{domain} looks like a domain of the mail gateway."
        raise BadClaim("look_alike", detail, _EXAMPLE)


def _seen(domain: str) -> str:
    """Return what a domain looks like, label by label."""
    return ".".join(skeleton(label) for label in shown_domain(domain).split("."))


def _is_number(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return domain.rpartition(".")[2].isdigit()
    return True
