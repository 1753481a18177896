"""The hashes that a stored message is known by, made while it comes."""

import hashlib
from dataclasses import dataclass

from gateway.mail.trace import below_trace


@dataclass(frozen=True, slots=True)
class Digests:
    """SHA-256 in hexadecimal.

    whole: of all bytes; where they are kept is named by it.
    below_trace: of all but the trace fields on top. It is equal for the same mail that comes
        again by another way; its Message-ID is among those bytes.
    """

    whole: str
    below_trace: str


class Digesting:
    """Takes a message piece by piece; the time is linear, and large pieces free the interpreter."""

    def __init__(self, head_octets: int) -> None:
        """Start empty. head_octets: how much from the beginning may be searched for trace."""
        self._head_octets = head_octets
        self._whole = hashlib.sha256()
        self._below = hashlib.sha256()
        self._head: bytearray | None = bytearray()

    def add(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next octets."""
        self._whole.update(piece)
        if self._head is None:
            self._below.update(piece)
            return
        self._head += piece
        if len(self._head) >= self._head_octets:
            self._pass_trace()

    def finish(self) -> Digests:
        """Return the hashes of all that was added; nothing may be added after this."""
        self._pass_trace()
        return Digests(self._whole.hexdigest(), self._below.hexdigest())

    def _pass_trace(self) -> None:
        if self._head is not None:
            start = below_trace(bytes(self._head[: self._head_octets]))
            self._below.update(memoryview(self._head)[start:])
            self._head = None
