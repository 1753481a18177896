r"""Mailboxes in one file: where each mail stands, and how its "From " lines were quoted (RFC 4155).

Four dialects are about. mboxo puts ">" before lines that begin "From ", mboxrd before those
that begin ">>From ", too; mboxcl and mboxcl2 say by Content-Length where a mail ends, and
mboxcl2 quotes nothing. A separator is a line "From " that looks like one, at the beginning
or below an empty line, with a field below it: what people write seldom does.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_FROM = b"From "
_DATED = re.compile(rb"From .{0,400}?(?:[0-9]{1,2}:[0-9]{2}|\b(?:19|20)[0-9]{2}\b)", re.DOTALL)
_PLAIN = re.compile(rb"From [^\s]{1,400}[ \t]*\r?\n?\Z")
_FIELD = re.compile(rb"(?:>?From |[!-9;-~]{1,200}[ \t]{0,5}:)")
_LENGTH = re.compile(rb"content-length[ \t]{0,5}:[ \t]{0,20}([0-9]{1,15})[ \t]{0,20}\r?\n?\Z", re.I)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_LINE_OCTETS = 1024


@dataclass(frozen=True, slots=True)
class Span:
    """Where a mail stands: the octets from `start` to `end`, below its "From " line.

    is_quoted: one ">" before each "From " line is the mailbox's, not the mail's.
    """

    start: int
    end: int
    is_quoted: bool = True


class NotMbox(ValueError):  # noqa: N818 (it says what the file is)
    """The file doesn't begin with a "From " line."""


def spans(lines: Iterable[bytes]) -> Iterator[Span]:
    """Yield the mails of a mailbox, as soon as each has ended.

    lines: of the file, in order, with their ends; one that is longer than the reader's limit
        may come in pieces, of which all but the last have no end.

    Raises NotMbox at the first line that is not empty, if it is no separator.
    """
    scan = _Scan()
    for line in lines:
        yield from scan.take(line)
    yield from scan.finish()


def original(octets: bytes, *, is_quoted: bool) -> bytes:
    """Return a mail as it was before it was put into the mailbox, CRLF line ends."""
    if is_quoted and b"From " in octets:
        octets = _QUOTED.sub(rb"\1", octets)
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return octets.replace(b"\n", b"\r\n")


@dataclass(slots=True)
class _Open:
    """The mail that is being read.

    goal: where Content-Length says that it ends, once its header is over; else None.
    doubted: separators below `goal`: (end of the mail above, start of the one below).
    """

    start: int
    length: int | None = None
    goal: int | None = None
    in_header: bool = True
    doubted: list[tuple[int, int]] = field(default_factory=list)


class _Scan:
    """Reads a mailbox line by line; holds no more of it than one line."""

    def __init__(self) -> None:
        self._at = 0
        self._open: _Open | None = None
        self._is_blank = True
        self._is_whole = True
        # A line that may be a separator, if the next one is a field: (its start, its end).
        self._maybe: tuple[int, int] | None = None
        self._blank_from = 0

    def take(self, line: bytes) -> Iterator[Span]:
        """Take the next line, or the next piece of one."""
        begins = self._is_whole
        start, self._at = self._at, self._at + len(line)
        self._is_whole = line.endswith(b"\n")
        if not begins:
            return
        if self._maybe is not None:
            (above, below), self._maybe = self._maybe, None
            if _FIELD.match(line):
                yield from self._separated(above, below)
        if self._is_blank and _is_separator(line):
            self._maybe = (self._blank_from, self._at)
        is_blank = not line.strip(b"\r\n")
        if self._open is None and self._maybe is None and not is_blank:
            raise NotMbox('it does not begin with a "From " line')
        if self._open is not None and self._open.in_header:
            self._read_header(self._open, line, is_blank=is_blank)
        if is_blank and not self._is_blank:
            self._blank_from = start if not self._is_header_end(start) else self._at
        elif not is_blank:
            self._blank_from = self._at
        self._is_blank = is_blank

    def finish(self) -> Iterator[Span]:
        """Take the end of the file."""
        end = self._blank_from if self._is_blank else self._at
        if self._open is not None:
            yield from self._ended(self._open, max(end, self._open.start), self._at)

    def _is_header_end(self, start: int) -> bool:
        return self._open is not None and self._open.goal is not None and start < self._open.start

    def _read_header(self, mail: _Open, line: bytes, *, is_blank: bool) -> None:
        found = _LENGTH.match(line[:_LINE_OCTETS])
        if found is not None:
            mail.length = int(found[1])
        if is_blank:
            mail.in_header = False
            if mail.length is not None:
                mail.goal = self._at + mail.length

    def _separated(self, above: int, below: int) -> Iterator[Span]:
        """Take a separator: `above` is where the text over it ends, `below` where it ends."""
        mail = self._open
        if mail is None:
            self._open = _Open(below)
        elif mail.goal is not None and below <= mail.goal:
            # It may stand in the mail's own text, if the length turns out to be true.
            mail.doubted.append((max(above, mail.start), below))
        else:
            yield from self._ended(mail, max(above, mail.start), above)
            self._open = _Open(below)

    def _ended(self, mail: _Open, end: int, at: int) -> Iterator[Span]:
        """Yield the mail, or those that it turns out to be."""
        is_true = mail.goal is not None and end <= mail.goal <= at + 2
        if mail.goal is not None and not is_true and mail.goal <= at:
            is_true = False
        if is_true or not mail.doubted:
            yield Span(mail.start, end, is_quoted=not mail.doubted)
            return
        start = mail.start
        for above, below in mail.doubted:
            yield Span(start, max(above, start))
            start = below
        yield Span(start, max(end, start))


def _is_separator(line: bytes) -> bool:
    if not line.startswith(_FROM):
        return False
    head = line[:_LINE_OCTETS]
    return _DATED.match(head) is not None or _PLAIN.match(head) is not None
