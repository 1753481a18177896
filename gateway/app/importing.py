"""An archive on its way in: read and grouped here, then handed to the gateway in batches.

Reading it twice is on purpose. The first time is here, by reader processes of this
command's own, and leaves about a KiB a mail in memory: what grouping needs. The second
time is the gateway's, and is skipped for mail that it has already: so an import that was
cut short goes on by being begun again.
"""

import asyncio
import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.app.offline import Commander, commander
from gateway.app.plain import read_limits
from gateway.mail.errors import Fault, MailError
from gateway.mail.reading import Reading
from gateway.ports.parser import Parser, ReaderDied
from gateway.rules.archive import Grouped, group
from gateway.rules.archive_mail import Archived, archived
from gateway.runtime.archives import Archive, Entry
from gateway.runtime.reader import ReaderSettings
from gateway.runtime.readers import Readers
from gateway.settings import Settings

LARGEST_OCTETS = 128 * 1024 * 1024
"""A mail beyond it is left out, and counted."""

_READERS = 2
_WORKERS = 4
_BATCH_MAILS = 64
_BATCH_OCTETS = 1024 * 1024
_PIECE_OCTETS = 768 * 1024
_MOST_NAMES = 500

Progress = Callable[[str, int, int], None]
"""Told how far a step is: its words, what is done, of how much."""


@dataclass(slots=True)
class Summary:
    """What became of an archive's mails, and of its conversations.

    skipped: they were here already. unreadable: kept all the same. too_large: left out.
    conversations: new ones; threads: those that the archive has.
    """

    mails: int = 0
    imported: int = 0
    skipped: int = 0
    unreadable: int = 0
    too_large: int = 0
    conversations: int = 0
    threads: int = 0


@dataclass(slots=True)
class _Read:
    """Mails of the archive as they were read; the two lists go together."""

    entries: list[Entry] = field(default_factory=list)
    mails: list[Archived] = field(default_factory=list)
    too_large: int = 0


async def import_archive(
    settings: Settings, archive: Archive, *, tenant: str, own: Sequence[str], progress: Progress
) -> Summary:
    """Bring an archive in. Raises CommandError, ConfigError, Fault, MailError, OSError."""
    whose: Mapping[str, Any] = {"tenant": tenant, "own": list(own)}
    async with commander(settings) as do:
        await do("import.check", whose)
        read = await _read_all(settings, archive, progress)
        grouped = group(read.mails)
        summary = Summary(
            mails=len(read.mails) + read.too_large,
            too_large=read.too_large,
            threads=len(grouped.threads),
        )
        await _hand_over(do, whose, read, grouped, summary=summary, progress=progress)
    return summary


async def _read_all(settings: Settings, archive: Archive, progress: Progress) -> _Read:
    size, read, done = archive.size, _Read(), 0
    entries = archive.entries()

    with TemporaryDirectory(prefix="postroom-import-") as scratch:
        readers = Readers(
            ReaderSettings(
                scratch=Path(scratch) / "readers",
                limits=read_limits(settings),
                parse_seconds=settings.limits.parse_seconds,
            ),
            size=_READERS,
        )
        readers.start()

        async def work() -> None:
            nonlocal done
            for entry in entries:
                if entry.size > LARGEST_OCTETS:
                    read.too_large += 1
                else:
                    mail = await _read_one(readers, entry)
                    read.entries.append(entry)
                    read.mails.append(mail)
                done += entry.size
                progress("Reading", min(done, size), size)

        try:
            async with asyncio.TaskGroup() as group_of_tasks:
                for _ in range(_WORKERS):
                    group_of_tasks.create_task(work())
        except* (MailError, Fault, OSError) as failed:
            raise failed.exceptions[0] from None
        finally:
            await readers.close()
    progress("Reading", size, size)
    return read


async def _read_one(parser: Parser, entry: Entry) -> Archived:
    """Return what grouping needs to know; of what can't be read, nothing."""
    try:
        reading = await parser.read(entry.octets())
    except (MailError, ReaderDied):
        reading = Reading(readable=False)
    for attachment in reading.attachments:
        if attachment.path is not None:
            await asyncio.to_thread(Path(attachment.path).unlink, missing_ok=True)
    return archived(reading)


@dataclass(slots=True)
class _Batch:
    """Threads, or parts of them, that are handed over at once. numbers: which threads."""

    numbers: list[int] = field(default_factory=list)
    threads: list[dict[str, Any]] = field(default_factory=list)
    mails: int = 0
    octets: int = 0

    @property
    def is_full(self) -> bool:
        return self.mails >= _BATCH_MAILS or self.octets >= _BATCH_OCTETS


async def _hand_over(
    do: Commander,
    whose: Mapping[str, Any],
    read: _Read,
    grouped: Grouped,
    *,
    summary: Summary,
    progress: Progress,
) -> None:
    threads_of = _threads_of(read.mails, grouped)
    homes: dict[int, str] = {}
    batch, done = _Batch(), 0

    async def send() -> None:
        nonlocal batch, done
        told = await do("import.mails", {**whose, "threads": batch.threads})
        for number, thread in zip(batch.numbers, told, strict=True):
            homes[number] = thread["conversation_id"]
            for mail in thread["mails"]:
                setattr(summary, mail["state"], getattr(summary, mail["state"]) + 1)
                summary.conversations += mail["is_new"]
        done += batch.mails
        progress("Storing", done, len(read.mails))
        batch = _Batch()

    for number, members in enumerate(grouped.threads):
        names = _names(read.mails, members)
        names = [name for name in names if threads_of[name] == number]
        for member in members:
            if not batch.numbers or batch.numbers[-1] != number:
                home = homes.get(number)
                batch.numbers.append(number)
                batch.threads.append({"names": names, "conversation_id": home, "mails": []})
            octets = read.entries[member].octets()
            mail = {"tie": grouped.ties[member], **await _handed(do, octets)}
            batch.threads[-1]["mails"].append(mail)
            batch.mails += 1
            batch.octets += min(len(octets), _PIECE_OCTETS)
            if batch.is_full:
                await send()
    if batch.mails:
        await send()


def _threads_of(mails: Sequence[Archived], grouped: Grouped) -> Mapping[str, int]:
    """Return which thread a Message-ID belongs to; -1 for one that unrelated mails share."""
    found: dict[str, int] = {}
    for number, members in enumerate(grouped.threads):
        for member in members:
            for name in _named(mails[member]):
                if found.setdefault(name, number) != number:
                    found[name] = -1
    return found


def _names(mails: Sequence[Archived], members: Sequence[int]) -> list[str]:
    """Return the Message-IDs by which a thread may be known already, a bounded number."""
    found = dict.fromkeys(name for member in members for name in _named(mails[member]))
    return list(found)[:_MOST_NAMES]


def _named(mail: Archived) -> Sequence[str]:
    return [name for name in (mail.message_id, *mail.in_reply_to, *mail.references) if name]


async def _handed(do: Commander, octets: bytes) -> Mapping[str, str]:
    """Return how a batch names the bytes: themselves, or what was handed over before."""
    if len(octets) <= _PIECE_OCTETS:
        return {"raw": _encoded(octets)}
    upload = os.urandom(16).hex()
    for at in range(0, len(octets), _PIECE_OCTETS):
        part = octets[at : at + _PIECE_OCTETS]
        await do("import.piece", {"upload": upload, "at": at, "octets": _encoded(part)})
    return {"upload": upload}


def _encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
