"""Archives of mail on disk: mailboxes in one file, and maildirs; read piece by piece."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from gateway.mail.errors import MailError
from gateway.mail.mbox import NotMbox, original, spans

_PIECE = 64 * 1024
_FOLDERS = ("cur", "new")


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a mail lies. is_quoted: see `mail.mbox.Span`."""

    path: Path
    start: int
    end: int
    is_quoted: bool = False

    @property
    def size(self) -> int:
        """How many octets it has there."""
        return self.end - self.start

    def octets(self) -> bytes:
        """Return the mail, CRLF line ends; raises OSError if it is gone."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            return original(file.read(self.size), is_quoted=self.is_quoted)


class Archive(Protocol):
    """Mails, one after the other."""

    @property
    def size(self) -> int:
        """How many octets it has in all, for showing how far a reading is."""

    def entries(self) -> Iterator[Entry]:
        """Yield its mails. Raises MailError if it is no archive, OSError."""


class Mbox:
    """A mailbox in one file, of any size: a line at most is held in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def size(self) -> int:
        """How many octets the file has."""
        return self._path.stat().st_size

    def entries(self) -> Iterator[Entry]:
        """Yield its mails in their order. Raises MailError if it is no mailbox, OSError."""
        with self._path.open("rb", buffering=16 * _PIECE) as file:
            try:
                for span in spans(iter(partial(file.readline, _PIECE), b"")):
                    yield Entry(self._path, span.start, span.end, span.is_quoted)
            except NotMbox as error:
                raise MailError(f"{self._path} is no mbox: {error}") from error


class Maildir:
    """A maildir, and the folders within it (Maildir++)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def size(self) -> int:
        """How many octets its mails have."""
        return sum(entry.size for entry in self.entries())

    def entries(self) -> Iterator[Entry]:
        """Yield its mails by their names. Raises MailError if it is no maildir, OSError."""
        folders = [self._path, *sorted(self._path.glob(".*/"))]
        places = [folder / name for folder in folders for name in _FOLDERS]
        found = [place for place in places if place.is_dir()]
        if not found:
            raise MailError(f"{self._path} is no maildir: it has neither cur/ nor new/")
        for place in found:
            with os.scandir(place) as listed:
                files = sorted(entry.path for entry in listed if entry.is_file())
            for path in map(Path, files):
                yield Entry(path, 0, path.stat().st_size)
