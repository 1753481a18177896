"""DATA on the wire: where it ends, and its dots (RFC 5321, sections 4.1.1.4 and 4.5.2)."""

END = b"\r\n.\r\n"
_DOT = END[:3]
# What may be the beginning of END at the end of a block, longest first.
_BEGINNINGS = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")
_ALL_BUT_LINE_ENDS = bytes(octet for octet in range(256) if octet not in b"\r\n")


class Unstuffer:
    """Turn blocks of DATA, cut anywhere, into the bytes of the message.

    Only CR LF dot CR LF ends the data, whatever else looks like a line to others. The work
    is a few searches a block; no object is made for a line.
    """

    __slots__ = ("_virtual", "has_bare", "held", "is_ended", "rest")

    def __init__(self) -> None:
        """Start behind DATA's own line end, so that a dot at once ends an empty message."""
        self.held = b"\r\n"  # what may be the beginning of END
        self._virtual = len(self.held)
        self.has_bare = False  # a CR or LF stood alone so far
        self.is_ended = False
        self.rest = b""  # what came behind the end: the next commands

    def feed(self, block: bytes | bytearray) -> bytes:
        """Return the message's bytes that are certain now; the last ones may be held back."""
        data = self.held + block
        dot = data.find(_DOT)
        end = data.find(END, dot) if dot >= 0 else -1
        if end >= 0:
            self.is_ended = True
            self.rest = data[end + len(END) :]
            self.held = b""
            data = data[: end + 2]
        else:
            self.held = next((held for held in _BEGINNINGS if data.endswith(held)), b"")
            if self.held:
                data = data[: -len(self.held)]
        if not self.has_bare:
            # All CR and LF are in pairs if there are twice as many as pairs: the fastest look.
            line_ends = len(data.translate(None, _ALL_BUT_LINE_ENDS))
            self.has_bare = line_ends != 2 * data.count(b"\r\n")
        if 0 <= dot < len(data) - 2:
            data = data.replace(_DOT, b"\r\n")
        if self._virtual and data:
            data, self._virtual = data[self._virtual :], 0
        return data
