"""Large files out of a JSON text before it is parsed.

A PDF of 25 MiB is a string of 33 MiB in a small document. Parsing that at once would hold
the event loop for a tenth of a second and the memory for much longer. So the values of
`"content"` are decoded to files first, and a short word stands in their place.

A literal `"content"` followed by a colon is always a key of valid JSON, since a quote
inside a string is escaped.
"""

import re
from mmap import ACCESS_READ, mmap
from pathlib import Path

from gateway.api.base64text import pieces
from gateway.ports.reception import Content
from gateway.runtime.http.intake import Intake

CONTENT = b"content"
_COLON = re.compile(rb'[ \t\r\n]{0,64}:[ \t\r\n]{0,64}"')
_SHORT = 16 * 1024
MOST_FILES = 110
"""How many files a request may hold, if it is for one document."""
_MARK = "\x01lifted "


class TooMuch(ValueError):  # noqa: N818 (it names the mistake)
    """Too many files, or too much besides them."""


class Lifted:
    """The files that were lifted out, by the word in their place; each is taken once."""

    def __init__(self) -> None:
        """Hold none."""
        self._count = 0
        self._intakes: list[Intake] = []
        self._contents: dict[str, Content] = {}

    def add(self, intake: Intake) -> str:
        """Keep a file under a new word, which stands for it in JSON."""
        self._intakes.append(intake)
        return self.hold(intake.finish_now())

    def hold(self, content: Content) -> str:
        """Keep a file that somebody else discards, under a new word."""
        word = f"{_MARK}{self._count}"
        self._count += 1
        self._contents[word] = content
        return word

    def take(self, word: str) -> Content | None:
        """Return the file behind a word, or None if there is none or it was taken."""
        return self._contents.pop(word, None)

    def discard(self) -> None:
        """Remove the files that nobody moved away."""
        for intake in self._intakes:
            intake.discard()


def lift(
    source: Content,
    directory: Path,
    lifted: Lifted,
    *,
    most: int,
    files: int = MOST_FILES,
    name: bytes = CONTENT,
) -> bytes:
    """Return the JSON without its large files, which are in `lifted` afterwards.

    most: how many bytes may remain; files: how many there may be. name: of the fields that
    hold files. Runs in a thread of its own.

    Raises TooMuch, BadBase64, Fault.
    """
    if source.path is None:
        return source.data or b""
    with Path(source.path).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        quoted = b'"%b"' % name
        return _lift(text, directory, lifted, most=most, files=files, quoted=quoted)


def _lift(
    text: mmap, directory: Path, lifted: Lifted, *, most: int, files: int, quoted: bytes
) -> bytes:
    kept: list[bytes] = []
    room = most
    position = 0
    names = 0
    while (name := text.find(quoted, position, position + room)) >= 0:
        key = _COLON.match(text, name + len(quoted))
        start = key.end() if key else name + len(quoted)
        end = text.find(b'"', start) if key else start
        if end < 0:
            break
        names += 1
        if names > files:
            raise TooMuch("There are too many files.")
        stays = end - start <= _SHORT
        upto = end if stays else start
        room -= upto - position
        kept.append(text[position:upto])
        if not stays:
            word = lifted.add(_file(text, start, end, directory))
            kept.append(word.replace(_MARK, "\\u0001lifted ").encode("ascii"))
        position = end
    if len(text) - position > room:
        raise TooMuch("There is too much text besides the files.")
    kept.append(text[position:])
    return b"".join(kept)


def _file(text: mmap, start: int, end: int, directory: Path) -> Intake:
    intake = Intake(directory)
    try:
        for piece in pieces(text, start, end):
            intake.add_now(piece)
    except BaseException:
        intake.discard()
        raise
    return intake
