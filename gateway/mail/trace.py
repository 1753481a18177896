"""The trace fields on top of a message (RFC 5321, section 4.4): where they end, and our own.

Each server that hands a message on puts its own trace fields above the rest, so the
same mail that comes twice, by two ways, differs in them alone.
"""

import re
from datetime import datetime
from email.utils import format_datetime

OTHERS = frozenset(
    {
        "arc-authentication-results",
        "arc-message-signature",
        "arc-seal",
        "authentication-results",
        "delivered-to",
        "dkim-signature",
        "domainkey-signature",
        "envelope-to",
        "received",
        "received-spf",
        "return-path",
        "x-original-to",
        "x-received",
    }
)
"""Fields that servers write about a mail that came to them, in lower case: in mail that begins
here they are forged, or tell of the inside of somebody's network."""

_TRACE = (
    b"received:",
    b"return-path:",
    b"delivered-to:",
    b"x-original-to:",
    b"envelope-to:",
    b"x-received:",
)


def below_trace(head: bytes) -> int:
    """Return the offset of the first field that is no trace field; 0 if none is on top.

    head: the beginning of the message with CRLF line ends. If nothing but trace fields
    stands in it, the offset is behind the last whole one.
    """
    at = 0
    while True:
        line = head[at : at + 16].lower()
        if not line.startswith(_TRACE):
            return at
        end = head.find(b"\r\n", at)
        while end != -1 and head[end + 2 : end + 3] in {b" ", b"\t"}:
            end = head.find(b"\r\n", end + 2)
        if end == -1:
            return at
        at = end + 2


def written(
    *,
    sender: str,
    peer: tuple[str, str],
    protocol: str,
    by: str,
    queue_id: str,
    at: datetime,
) -> tuple[bytes, bytes]:
    """Return our Return-Path and our Received, each with its line end.

    peer: the name that the client gave itself, and its address.
    protocol: "ESMTPS" and the like (RFC 3848). by: our host name.
    """
    helo, address = peer
    name = helo if _HOST.fullmatch(helo) else "unknown"
    number = f"IPv6:{address}" if ":" in address else address
    origin = f"{name} ([{number}])" if _HOST.fullmatch(address) else name
    received = (
        f"Received: from {origin}\r\n\tby {by} with {protocol} id {queue_id};"
        f"\r\n\t{format_datetime(at)}\r\n"
    )
    path = sender.encode("utf-8", "surrogateescape").translate(None, b"\r\n")
    return b"Return-Path: <" + path + b">\r\n", received.encode("ascii")


_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}", re.ASCII)
