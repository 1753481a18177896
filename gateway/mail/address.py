"""Addresses, strictly: what mail can be sent to, and who wrote without a doubt.

The envelope's commands are read by `paths`; header fields full of mailboxes, leniently, by
`address_list`.
"""

import ipaddress
import re
from collections.abc import Sequence

from gateway.mail.errors import MailError

LOCAL_OCTETS = 64
DOMAIN_OCTETS = 255
PATH_OCTETS = 256

# Doubled and outer dots break RFC 5321, but mailboxes with them exist and write to us.
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]+")
_QUOTED_LOCAL = re.compile(r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*+"')
_LABEL = re.compile(
    r"[A-Za-z0-9_\u0080-\U0010ffff](?:[A-Za-z0-9_\-\u0080-\U0010ffff]*"
    r"[A-Za-z0-9_\u0080-\U0010ffff])?+"
)
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_AUTHOR = re.compile(
    rb"""[ \t]*+ (?:
        (?P<bare> [^\x00- "(),:;<>@\[\\\]\x7f]++ @ [^\x00- "(),:;<>@\[\\\]\x7f]++ )
            [ \t]*+ (?: \( [^()\\\x00-\x08\x0a-\x1f\x7f]*+ \) )?+
      | (?: (?: " (?: [^"\\\x00-\x08\x0a-\x1f\x7f] | \\[\x20-\x7e] )*+ "
              | [^\x00-\x08\x0a-\x1f "(),:;<>@\[\\\]\x7f]++ ) [ \t]*+ )*+
        < (?P<angled> [^\x00- "(),:;<>@\[\\\]\x7f]++ @ [^\x00- "(),:;<>@\[\\\]\x7f]++ ) >
    ) [ \t]*+""",
    re.VERBOSE,
)


def check_mailbox(mailbox: str, *, smtputf8: bool = False) -> None:
    """Raise MailError unless mail can be sent to it.

    smtputf8: whether characters beyond ASCII are permitted (RFC 6531, section 3.3).
    RFC 5321, section 4.1.2; underscores in domains are let through, as every MTA does.
    """
    if _UNFIT.search(mailbox):
        raise MailError("the address holds a control character")
    if not mailbox.isascii() and not smtputf8:
        raise MailError("the address needs SMTPUTF8")
    local, at, domain = mailbox.rpartition("@")
    if not at or not local:
        raise MailError("the address has no local part or no domain")
    if len(local.encode()) > LOCAL_OCTETS:
        raise MailError(f"the local part is longer than {LOCAL_OCTETS} octets")
    if len(domain.encode()) > DOMAIN_OCTETS or len(mailbox.encode()) > PATH_OCTETS - 2:
        raise MailError(f"the domain is longer than {DOMAIN_OCTETS} octets")
    if _DOT_ATOM.fullmatch(local) is None and _QUOTED_LOCAL.fullmatch(local) is None:
        raise MailError("the local part is malformed")
    if not _is_domain(domain):
        raise MailError("the domain is malformed")


def is_mailbox(mailbox: str) -> bool:
    """Say whether mail can be sent to it, with SMTPUTF8 if need be."""
    try:
        check_mailbox(mailbox, smtputf8=True)
    except MailError:
        return False
    return True


def sole_author(froms: Sequence[bytes]) -> str | None:
    """Return the address of the one author, or None where the fields leave any doubt.

    froms: the values of all From fields. For decisions on who wrote: what two readers
    might understand differently (two fields, two mailboxes, a route, a group, comments
    around the address) names nobody (CVE-2023-27043 and its kin).
    """
    if len(froms) != 1:
        return None
    found = _AUTHOR.fullmatch(froms[0])
    if found is None:
        return None
    octets = found["angled"] or found["bare"]
    try:
        address = octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return address if is_mailbox(address) else None


def _is_domain(domain: str) -> bool:
    if domain.startswith("["):
        return domain.endswith("]") and _is_literal(domain[1:-1])
    return all(
        len(label.encode()) <= 63 and _LABEL.fullmatch(label) is not None
        for label in domain.split(".")
    )


def _is_literal(literal: str) -> bool:
    """Say whether it is an address literal (RFC 5321, section 4.1.3)."""
    try:
        if literal[:5].lower() == "ipv6:":
            ipaddress.IPv6Address(literal[5:])
        else:
            ipaddress.IPv4Address(literal)
    except ValueError:
        return False
    return "%" not in literal
