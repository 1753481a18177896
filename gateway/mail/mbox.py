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
_LENGTH = re.compile(
    rb"content-length[ \t]{0,5}:[ \t]{0,20}([0-9]{1,15})[ \t]{0,20}\r?\n?\Z", re.IGNORECASE
)
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


@dataclass(frozen=True, slots=True)
class _Separator:
    """A "From " line: where it begins and ends, and where the text above it ends."""

    start: int
    end: int
    above: int


@dataclass(slots=True)
class _Open:
    """The mail that is being read.

    length: as Content-Length says; goal: where it ends by that, once its header is over.
    doubted: separators before `goal`, which stand in its text if that is true.
    """

    start: int
    length: int | None = None
    goal: int | None = None
    in_header: bool = True
    doubted: list[_Separator] = field(default_factory=list)


class _Scan:
    """Reads a mailbox line by line; holds no more of it than a line."""

    def __init__(self) -> None:
        self._at = 0
        self._line_start = 0
        self._open: _Open | None = None
        self._is_blank = True
        self._is_whole = True
        self._maybe: _Separator | None = None

    def take(self, line: bytes) -> Iterator[Span]:
        """Take the next line, or the next piece of one."""
        is_begun, start = not self._is_whole, self._at
        self._at += len(line)
        self._is_whole = line.endswith(b"\n")
        if is_begun:
            return
        if self._maybe is not None:
            separator, self._maybe = self._maybe, None
            if _FIELD.match(line):
                yield from self._separate(separator)
        if self._is_blank and _is_separator(line):
            self._maybe = _Separator(start, self._at, self._line_start)
        is_blank = not line.strip(b"\r\n")
        if self._open is None and self._maybe is None and not is_blank:
            raise NotMbox('it does not begin with a "From " line and a mail\'s header')
        if self._open is not None and self._open.in_header:
            self._read_header(self._open, line, is_blank=is_blank)
        self._is_blank, self._line_start = is_blank, start

    def finish(self) -> Iterator[Span]:
        """Take the end of the file."""
        if self._open is not None:
            end = self._line_start if self._is_blank else self._at
            yield from self._end(self._open, self._at, end)

    def _read_header(self, mail: _Open, line: bytes, *, is_blank: bool) -> None:
        found = _LENGTH.match(line[:_LINE_OCTETS])
        if found is not None:
            mail.length = int(found[1])
        if is_blank:
            mail.in_header = False
            if mail.length is not None:
                mail.goal = self._at + mail.length

    def _separate(self, separator: _Separator) -> Iterator[Span]:
        mail = self._open
        if mail is not None and mail.goal is not None and separator.start < mail.goal:
            mail.doubted.append(separator)
            return
        if mail is not None:
            yield from self._end(mail, separator.start, separator.above)
        self._open = _Open(separator.end)

    def _end(self, mail: _Open, at: int, above: int) -> Iterator[Span]:
        """Yield the mail, or those that it turns out to be.

        at: where the next separator or the end of the file is; above: where the text ends.
        """
        # An empty line, of one octet or two, stands between the text and the separator.
        if mail.goal is not None and at - 2 <= mail.goal <= at:
            yield Span(mail.start, max(above, mail.start), is_quoted=not mail.doubted)
            return
        start = mail.start
        for separator in mail.doubted:
            yield Span(start, max(separator.above, start))
            start = separator.end
        yield Span(start, max(above, start))


def _is_separator(line: bytes) -> bool:
    if not line.startswith(_FROM):
        return False
    head = line[:_LINE_OCTETS]
    return _DATED.match(head) is not None or _PLAIN.match(head) is not None
