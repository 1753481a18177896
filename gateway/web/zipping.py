"""Many documents as one zip, made while it is sent: never whole in memory or on disk."""

import zipfile
from collections.abc import AsyncIterator, Sequence

from gateway.mail.filenames import safe_name
from gateway.rules.model import Attachment

Piece = AsyncIterator[bytes]


class _Drain:
    """A file that can only be written to; what was written is taken out again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


async def zipped(documents: Sequence[tuple[Attachment, Piece]]) -> AsyncIterator[bytes]:
    """Give the zip in pieces, the documents stored as they are; equal names are numbered."""
    drain = _Drain()
    names: set[str] = set()
    with zipfile.ZipFile(drain, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for attachment, pieces in documents:
            name = _unused(attachment.filename, attachment.content_type, names)
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                async for piece in pieces:
                    entry.write(piece)
                    yield drain.take()
    yield drain.take()


def _unused(filename: str, content_type: str, names: set[str]) -> str:
    name = safe_name(filename, content_type)
    stem, dot, ending = name.rpartition(".")
    candidate, number = name, 1
    while candidate.lower() in names:
        number += 1
        candidate = f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"
    names.add(candidate.lower())
    return candidate
