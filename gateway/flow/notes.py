"""Work that a transaction notes and a task does: once, by whichever process comes first.

A note is a small fact whose name begins with the prefix of its kind. Whoever does what it asks
for takes the note away in the transaction that stores the outcome.
"""

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import ClassVar, Final

import structlog

from gateway.flow.context import Context
from gateway.mail.errors import Fault
from gateway.ports.store import Work

log = structlog.get_logger()

_AT_ONCE: Final = 50
_LOOK_EVERY: Final = timedelta(minutes=1)


class NoteTask(ABC):
    """Does what notes of one kind ask for."""

    prefix: ClassVar[str]
    """How the names of its notes begin; what is behind it is the note's own name."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    @classmethod
    def order(cls, work: Work, name: str, value: str) -> None:
        """Leave a note in the caller's transaction."""
        work.facts.put(f"{cls.prefix}{name}", value)
        work.wake(cls.prefix)

    @classmethod
    def take(cls, work: Work, name: str) -> bool:
        """Take a note away in the caller's transaction; False if somebody else did."""
        return work.facts.remove(f"{cls.prefix}{name}")

    async def run(self) -> None:
        """Work until cancelled."""
        seen = 0
        while True:
            try:
                await self.work_off()
            except Fault as error:
                log.warning("notes.not_done", kind=self.prefix, why=str(error))
            seconds = _LOOK_EVERY.total_seconds()
            seen = await self._context.store.wait(self.prefix, seen, seconds)

    async def work_off(self) -> int:
        """Do all that is noted now; return how much of it came to something. Raises Fault."""
        done = 0
        while True:
            notes = await self._context.store.read(
                lambda work: work.facts.under(self.prefix, _AT_ONCE)
            )
            for name, value in notes.items():
                done += await self.do(name.removeprefix(self.prefix), value)
            if len(notes) < _AT_ONCE:
                return done
            await asyncio.sleep(0)

    @abstractmethod
    async def do(self, name: str, value: str) -> bool:
        """Do what a note asks for, and take it away. Raises Fault."""
