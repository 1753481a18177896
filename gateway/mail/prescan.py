"""A linear look at a message's header block before anything reads it (RFC 5322, section 2)."""

import re
from dataclasses import dataclass

MESSAGE_ID_OCTETS = 998

# Each pattern begins with a literal that the engine can leap to, and is possessive: no byte
# is tried twice.
_FIELD = re.compile(rb"[ \t]|[!-9;-~]++[ \t]*+:")
_BODY = re.compile(rb"\n(?:\r?\n|(?![ \t]|[!-9;-~]++[ \t]*+:))")
_CUT_NAME = re.compile(rb"[!-9;-~]{0,998}+[ \t]*+")
_EMPTY_LINE = re.compile(rb"\r?\n")
_RECEIVED = re.compile(rb"\nreceived[ \t]*+:")
_MESSAGE_ID = re.compile(rb"\nmessage-id[ \t]*+:((?:[^\n]|\n[ \t])*+)")
_MBOX_LINES = (b"From ", b">From ")


@dataclass(frozen=True, slots=True)
class Prescan:
    """What the header block shows at a glance.

    header_octets: its length with the empty line that ends it, or up to the first line
        that cannot be a field, where readers end it too.
    received: Received fields, one a hop (RFC 5321, section 6.3).
    message_id: the first Message-ID as it stands, unfolded, or None.
    is_too_long: the block is longer than the limit; the counts cover what was looked at.
    has_nul: a NUL stands among the bytes looked at.
    has_mbox_line: a `From ` line of an mbox stands before the fields.
    """

    header_octets: int
    received: int
    message_id: str | None
    is_too_long: bool
    has_nul: bool
    has_mbox_line: bool


def prescan(head: bytes, *, size: int, limit: int) -> Prescan:
    """Look at the header block of a message of `size` octets that begins with `head`.

    head: the whole message, or its first octets, more of them than `limit`.
    limit: octets that the header block may have.
    """
    block = head[: limit + 1]
    has_mbox_line = block.startswith(_MBOX_LINES)
    start = block.find(b"\n") + 1 if has_mbox_line else 0
    octets = _end_of_fields(block, start, is_whole=len(block) >= size)
    fields = b"\n" + block[start:octets]
    lowered = fields.lower()
    return Prescan(
        header_octets=octets,
        received=len(_RECEIVED.findall(lowered)),
        message_id=_message_id(fields, lowered),
        is_too_long=octets > limit,
        has_nul=b"\0" in block,
        has_mbox_line=has_mbox_line,
    )


def _end_of_fields(block: bytes, start: int, *, is_whole: bool) -> int:
    """Return where the header block ends in `block`; its whole length if nothing ends it."""
    empty = _EMPTY_LINE.match(block, start)
    if empty:
        return empty.end()
    line = start
    if _FIELD.match(block, start):
        found = _BODY.search(block, start)
        if found is None:
            return len(block)
        line = found.end()
        if len(found[0]) > 1:
            return line
    # A line that is no field: the body has begun, unless only the cut makes it look so.
    if not is_whole and _CUT_NAME.fullmatch(block, line):
        return len(block)
    return line


def _message_id(fields: bytes, lowered: bytes) -> str | None:
    found = _MESSAGE_ID.search(lowered)
    if found is None:
        return None
    value = fields[found.start(1) : found.end(1)][:MESSAGE_ID_OCTETS]
    return " ".join(value.decode(errors="replace").split()) or None
