"""Where the trace fields on top of a message end (RFC 5321, section 4.4).

Each server that hands a message on puts its own trace fields above the rest, so the
same mail that comes twice, by two ways, differs in them alone.
"""

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
