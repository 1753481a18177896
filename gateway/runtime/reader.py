"""One reader process, seen from the gateway."""

import asyncio
import json
import os
import re
import stat
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

import gateway
from gateway.mail.errors import Fault, MailError
from gateway.mail.reading import Attachment, Reading, ReadLimits
from gateway.ports.parser import ReaderDied
from gateway.runtime.reader_frames import JSON_OCTETS, OCTETS, PREFIX, TAKEN, frame

TITLE: Final = "postroom: reader"
_FILE_NAME: Final = re.compile(r"[0-9]{1,20}-[0-9]{1,4}")
_LARGE_JSON: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer as it must be: one of the first four."""

    reading: Reading | None = None
    mail_error: str | None = None
    fault: str | None = None
    died: str | None = None
    resident_octets: int = 0


_ANSWER: Final = TypeAdapter(_Answer)


class NotTaken(Exception):  # noqa: N818 (it is no error of anybody's)
    """The reader was gone before it had the mail: another one may have it."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """How readers run.

    scratch: a directory of these readers alone, for large attachments on their way.
    parse_seconds: of work for one mail; in all it may take 1.8 times as long, so that a
        reader that hangs is replaced within twice that time.
    memory_octets: of address space.
    watch_seconds: between two looks after readers that wait for mail.
    """

    scratch: Path
    limits: ReadLimits = field(default_factory=ReadLimits)
    parse_seconds: float = 5.0
    memory_octets: int = 512 * 1024 * 1024
    watch_seconds: float = 2.0

    @property
    def patience_seconds(self) -> float:
        """How long one mail may take, waiting for the processor included."""
        return 1.8 * self.parse_seconds

    def command(self) -> list[str]:
        """Return the command line of a reader."""
        facts = {
            "scratch": str(self.scratch.absolute()),
            "limits": asdict(self.limits),
            "cpu_seconds": self.parse_seconds,
            "memory_octets": self.memory_octets,
            "file_octets": OCTETS,
        }
        return [
            *(sys.executable, "-P", "-m", "gateway.runtime.reader_process"),
            *(TITLE, json.dumps(facts)),
        ]

    def environment(self) -> dict[str, str]:
        """Return what a reader's environment holds: none of the gateway's secrets."""
        return {
            "PATH": os.defpath,
            "PYTHONPATH": str(Path(gateway.__file__).parent.parent),
            "LC_ALL": "C.UTF-8",
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024),  # see `memory.give_back_large_blocks`
        }


class Reader:
    """A running process; one request at a time."""

    def __init__(self, process: asyncio.subprocess.Process, settings: ReaderSettings) -> None:
        """Take over a process that was started with `settings.command`."""
        self._process = process
        self._settings = settings
        self._wrote = process.stdin
        self._answers = process.stdout
        self._is_killed = False
        self.mails = 0
        self.resident_octets = 0

    @classmethod
    async def start(cls, settings: ReaderSettings) -> "Reader":
        """Start a process. Raises Fault if the system has no room for one."""
        try:
            process = await asyncio.create_subprocess_exec(
                *settings.command(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=settings.environment(),
                start_new_session=True,  # Ctrl-C is for the gateway, which then closes its readers
            )
        except OSError as error:
            raise Fault(f"no reader could be started: {error}") from error
        return cls(process, settings)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_gone(self) -> bool:
        """True once the process has ended, or has been told to."""
        return self._is_killed or self._process.returncode is not None

    def kill(self) -> None:
        """End the process at once."""
        if not self.is_gone:
            self._is_killed = True
            self._process.kill()

    def retire(self) -> None:
        """Let the process end by itself: there are no more requests."""
        assert self._wrote is not None
        self._is_killed = True
        self._wrote.close()

    async def gone(self) -> None:
        """Wait until the process has ended."""
        await self._process.wait()

    async def ping(self, seconds: float) -> None:
        """Kill the process unless it answers within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._request({"ping": True}, b"")
        except (NotTaken, TimeoutError):
            self.kill()
        except asyncio.CancelledError:
            self.kill()
            raise

    async def read(self, number: int, content: bytes | Path, *, null_sender: bool) -> Reading:
        """Return what a mail says; `number` names the files that the reader makes.

        Raises NotTaken, MailError, ReaderDied, Fault. Cancelling kills the process, since
        nobody would take its answer.
        """
        path = None if isinstance(content, bytes) else str(content.absolute())  # noqa: ASYNC240 (touches no disk)
        facts = {"id": number, "path": path, "null_sender": null_sender}
        self.mails += 1
        try:
            async with asyncio.timeout(self._settings.patience_seconds):
                await self._request(facts, content if isinstance(content, bytes) else b"")
                answer, octets = await self._answer()
        except TimeoutError:
            self.kill()
            raise ReaderDied(
                f"reading took longer than {self._settings.patience_seconds:g} s"
            ) from None
        except asyncio.CancelledError:
            self.kill()
            raise
        return await self._understood(number, answer, octets)

    async def _request(self, facts: dict[str, Any], octets: bytes) -> None:
        """Hand over a request and wait until it is taken. Raises NotTaken."""
        assert self._wrote is not None
        assert self._answers is not None
        try:
            self._wrote.write(frame(facts, octets))
            self._wrote.write(octets)
            await self._wrote.drain()
            taken = await self._answers.readexactly(len(TAKEN))
        except (asyncio.IncompleteReadError, ConnectionError, RuntimeError):
            self.kill()
            raise NotTaken from None
        if taken != TAKEN:
            self.kill()
            raise ReaderDied("the reader spoke nonsense")

    async def _answer(self) -> tuple[bytes, bytes]:
        """Return the JSON and the octets of an answer. Raises ReaderDied."""
        assert self._answers is not None
        try:
            prefix = await self._answers.readexactly(PREFIX.size)
            json_length, length = PREFIX.unpack(prefix)
            if json_length > JSON_OCTETS or length > OCTETS:
                raise self._nonsense()
            answer = await self._answers.readexactly(json_length)
            octets = await self._answers.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.kill()
            code = await self._process.wait()
            raise ReaderDied(f"the reader ended ({code}) while it read") from None
        return answer, octets

    async def _understood(self, number: int, answer: bytes, octets: bytes) -> Reading:
        """Return the reading in an answer whose shape is checked first."""
        try:
            if len(answer) > _LARGE_JSON:
                said = await asyncio.to_thread(_ANSWER.validate_json, answer)
            else:
                said = _ANSWER.validate_json(answer)
        except ValidationError:
            raise self._nonsense() from None
        self.resident_octets = said.resident_octets
        if said.mail_error is not None:
            raise MailError(said.mail_error)
        if said.fault is not None:
            raise Fault(f"the reader could not get at the mail: {said.fault}")
        if said.died is not None:
            raise ReaderDied(f"reading failed: {said.died}")
        if said.reading is None:
            raise self._nonsense()
        attachments = self._filled(number, said.reading.attachments, octets)
        return replace(said.reading, attachments=attachments)

    def _filled(
        self, number: int, attachments: tuple[Attachment, ...], octets: bytes
    ) -> tuple[Attachment, ...]:
        """Return the attachments with their content, or with the files that hold it."""
        filled = []
        position = 0
        for one in attachments:
            if one.path is not None:
                filled.append(replace(one, content=None, path=self._file(number, one)))
                continue
            content = octets[position : position + one.size]
            position += one.size
            if one.size < 0 or len(content) != one.size:
                raise self._nonsense()
            filled.append(replace(one, content=content))
        return tuple(filled)

    def _file(self, number: int, one: Attachment) -> str:
        """Return the path of an attachment's file, if it is one that the reader may have made."""
        name = one.path or ""
        if _FILE_NAME.fullmatch(name) is None or not name.startswith(f"{number}-"):
            raise self._nonsense()
        path = self._settings.scratch / name
        try:
            found = path.lstat()
        except OSError:
            raise self._nonsense() from None
        if not stat.S_ISREG(found.st_mode) or found.st_size != one.size:
            raise self._nonsense()
        return str(path)

    def _nonsense(self) -> ReaderDied:
        """Kill a reader that doesn't keep to the protocol, and return what to raise."""
        self.kill()
        return ReaderDied("the reader spoke nonsense")
