"""The talk with a mail server, line by line, for whoever has to find out what is wrong.

Nothing that signs in is kept: neither what follows the name of a method nor the answers to the
server's challenges (RFC 4954, section 4), nor the mail itself.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiosmtplib.protocol import SMTPProtocol

from gateway.ports.probe import TalkLine
from gateway.smtp.pipelining import PipeliningProtocol

MOST_LINES = 200
MOST_CHARS = 1000
HIDDEN = "[not shown]"


@dataclass(slots=True)
class Transcript:
    """What was said so far. Lines beyond `MOST_LINES` are left out."""

    lines: list[TalkLine] = field(default_factory=list)
    _rest: bytes = b""
    _signs_in: bool = False
    _sends: bool = False

    def note(self, text: str) -> None:
        """Note what was done besides talking."""
        self._add("note", text)

    def heard(self, data: bytes) -> None:
        """Note what the server said, however its lines were cut."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[: 2 * MOST_CHARS]
        for line in lines:
            self._add("server", _text(line))
            self._after(line)

    def said(self, data: bytes) -> None:
        """Note what the client said, whole lines or a mail."""
        if self._sends:
            self._add("client", f"[the mail, {len(data)} bytes]")
            self._sends = False
            return
        for line in data.removesuffix(b"\r\n").split(b"\r\n"):
            self._add("client", self._shown(line))

    def _shown(self, line: bytes) -> str:
        if self._signs_in:
            return HIDDEN
        words = line.split(b" ")
        if words[0].upper() == b"AUTH":
            self._signs_in = True
            hidden = [HIDDEN] if len(words) > 2 else []
            return " ".join([*map(_text, words[:2]), *hidden])
        return _text(line)

    def _after(self, line: bytes) -> None:
        """Follow where the talk is, by the last line of each reply."""
        if line[3:4] == b"-":
            return
        if not line.startswith(b"334"):
            self._signs_in = False
        self._sends = line.startswith(b"354")

    def _add(self, by: str, text: str) -> None:
        if len(self.lines) < MOST_LINES:
            self.lines.append(TalkLine(by, text))


class TalkingProtocol(PipeliningProtocol):
    """Keeps a transcript of what passes, inside TLS as well."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection_lost_callback: Callable[[SMTPProtocol], None],
        transcript: Transcript,
    ) -> None:
        """Take the library's own arguments, and where to write."""
        super().__init__(loop, connection_lost_callback)
        self._transcript = transcript

    def data_received(self, data: bytes) -> None:
        """Write it down, and go on."""
        self._transcript.heard(data)
        super().data_received(data)

    def write(self, data: bytes) -> None:
        """Write it down, and send it."""
        self._transcript.said(data)
        super().write(data)


def _text(line: bytes) -> str:
    words = line.rstrip(b"\r").decode("utf-8", "replace")[:MOST_CHARS]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in words)
