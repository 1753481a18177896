"""The commands of a transaction, and what a next hop must offer for them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.ports.relay import Outgoing
from gateway.rules.outcome import Obstacle, Trouble

# No quoting, no brackets, no white space: whoever reads these characters otherwise than we
# do would see another address or a parameter.
_LOCAL = re.compile(r"[^\x00-\x20\x7f\"(),:;<>@\[\\\]]+")
_QUOTED = re.compile(r'"[^\x00-\x20\x7f"<>@\\]+"')
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_LITERAL = re.compile(r"\[[A-Za-z0-9:.]+\]")
_PLAIN_XTEXT = frozenset(range(33, 127)) - frozenset(b"+=")
_LONGEST_PATH = 254
_LONGEST_ORCPT = 500  # RFC 3461, 4.2
_LONGEST_ENVID = 100  # RFC 3461, 4.4


@dataclass(frozen=True, slots=True)
class Offer:
    """What a next hop's EHLO offers. size: the limit of SIZE, 0 if it names none."""

    size: int = 0
    has_size: bool = False
    pipelining: bool = False
    dsn: bool = False
    smtputf8: bool = False
    eight_bit: bool = False


def read_offer(extensions: Mapping[str, str]) -> Offer:
    """Return the offer of an EHLO reply: keywords in small letters, with their parameters."""
    size = extensions.get("size", "").strip()
    return Offer(
        size=int(size) if size.isascii() and size.isdecimal() and len(size) < 20 else 0,
        has_size="size" in extensions,
        pipelining="pipelining" in extensions,
        dsn="dsn" in extensions,
        smtputf8="smtputf8" in extensions,
        eight_bit="8bitmime" in extensions,
    )


def envelope_commands(copy: Outgoing, offer: Offer) -> tuple[bytes, bytes] | Trouble:
    """Return MAIL and RCPT for a copy, or why this next hop can't be given it.

    RFC 5321, 4.1.1.2 and 3; RFC 1870 (SIZE), 3461 (DSN), 6152 (8BITMIME), 6531 (SMTPUTF8).
    """
    sender = _path(copy.sender) if copy.sender else ""
    recipient = _path(copy.recipient.address)
    if sender is None or recipient is None:
        wrong = copy.sender if sender is None else copy.recipient.address
        return Trouble(Obstacle.BAD_ADDRESS, f"{wrong!r} can't stand in an SMTP command")
    if 0 < offer.size < copy.size:
        text = f"the mail has {copy.size} bytes, their server takes {offer.size}"
        return Trouble(Obstacle.TOO_LARGE, text, limit_bytes=offer.size)
    is_eight_bit = not all(piece.isascii() for piece in copy.content)
    needs_utf8 = copy.smtputf8 or not (sender + recipient).isascii()
    if needs_utf8 and not offer.smtputf8:
        text = "their server takes no addresses or headers beyond ASCII (SMTPUTF8)"
        return Trouble(Obstacle.NO_SMTPUTF8, text)
    if is_eight_bit and not offer.eight_bit:
        return Trouble(Obstacle.NOT_SEVEN_BIT, "their server takes 7 bits only (8BITMIME)")
    mail = [f"MAIL FROM:<{sender}>"]
    rcpt = [f"RCPT TO:<{recipient}>"]
    if offer.has_size:
        mail.append(f"SIZE={copy.size}")
    if is_eight_bit:
        mail.append("BODY=8BITMIME")
    if needs_utf8:
        mail.append("SMTPUTF8")
    if offer.dsn:
        mail += _mail_dsn(copy)
        rcpt += _rcpt_dsn(copy)
    return " ".join(mail).encode(), " ".join(rcpt).encode()


def _path(address: str) -> str | None:
    """Return the address as it may stand between angle brackets, or None if it must not.

    An international domain turns into A-labels, so that it needs no SMTPUTF8 by itself.
    """
    local, at, domain = address.rpartition("@")
    if len(address) > _LONGEST_PATH:
        return None
    try:
        local.encode()
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if not at or len(local.encode()) + 1 + len(domain) > _LONGEST_PATH:
        return None
    if not (_LOCAL.fullmatch(local) or _QUOTED.fullmatch(local)):
        return None
    if not (_DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain)):
        return None
    return f"{local}@{domain}"


def _mail_dsn(copy: Outgoing) -> list[str]:
    parameters: list[str] = []
    if copy.ret in {"FULL", "HDRS"}:
        parameters.append(f"RET={copy.ret}")
    if copy.envid and copy.envid.isascii() and len(_xtext(copy.envid)) <= _LONGEST_ENVID:
        parameters.append(f"ENVID={_xtext(copy.envid)}")
    return parameters


def _rcpt_dsn(copy: Outgoing) -> list[str]:
    parameters: list[str] = []
    known = {"NEVER", "SUCCESS", "FAILURE", "DELAY"}
    notify = [word for word in copy.recipient.notify if word in known]
    if notify:
        # NEVER stands alone (RFC 3461, 4.1).
        parameters.append("NOTIFY=NEVER" if "NEVER" in notify else f"NOTIFY={','.join(notify)}")
    kind, semicolon, original = (copy.recipient.orcpt or "").partition(";")
    if semicolon and original.isascii() and kind.isascii() and kind.replace("-", "").isalnum():
        orcpt = f"ORCPT={kind};{_xtext(original)}"
        if len(orcpt) <= _LONGEST_ORCPT:
            parameters.append(orcpt)
    return parameters


def _xtext(text: str) -> str:
    """Return ASCII text as xtext (RFC 3461, section 4)."""
    return "".join(
        chr(octet) if octet in _PLAIN_XTEXT else f"+{octet:02X}" for octet in text.encode("ascii")
    )
