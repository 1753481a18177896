"""A reader process that lies, as one that a mail has taken over would."""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Attachment, Reading
from gateway.mail.report import Report, ReportedRecipient
from gateway.ports.parser import ReaderDied
from gateway.runtime.reader import NotTaken, Reader, ReaderSettings
from gateway.runtime.reader_frames import PREFIX, frame, plain

ANSWERING = """
import sys, struct
prefix = sys.stdin.buffer.read(12)
first, second = struct.unpack(">IQ", prefix)
sys.stdin.buffer.read(first + second)
sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))
sys.stdout.buffer.flush()
sys.stdin.buffer.read()
"""


@dataclass(frozen=True, slots=True)
class Lying(ReaderSettings):
    """Settings of a process that answers with given octets, whatever it is asked."""

    says: bytes = b""

    def command(self) -> list[str]:
        return [sys.executable, "-c", ANSWERING, self.says.hex()]


def answered(tmp_path: Path, says: bytes, *, seconds: float = 20) -> Reading:
    async def ask() -> Reading:
        settings = Lying(scratch=tmp_path, parse_seconds=seconds, says=says)
        reader = await Reader.start(settings)
        try:
            return await reader.read(7, b"mail", null_sender=False)
        finally:
            reader.kill()
            await reader.gone()

    return asyncio.run(ask())


def with_attachment(one: Attachment, octets: bytes = b"") -> bytes:
    answer = {"reading": plain(Reading(attachments=(one,)))}
    return b"+" + frame(answer, octets) + octets


def file(name: str, size: int = 4) -> Attachment:
    return Attachment("a.pdf", "application/pdf", size, "0" * 64, path=name)


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(b"-", id="not taken"),
        pytest.param(b"+" + PREFIX.pack(2**32 - 1, 0), id="endless JSON"),
        pytest.param(b"+" + PREFIX.pack(2, 2**63) + b"{}", id="endless octets"),
        pytest.param(b"+" + PREFIX.pack(4, 0) + b"\xff\xff\xff\xff", id="no JSON"),
        pytest.param(b"+" + PREFIX.pack(2, 0) + b"[]", id="another shape"),
        pytest.param(b"+" + frame({"reading": {"subject": 5}}), id="another type"),
        pytest.param(b"+" + frame({}), id="no answer"),
        pytest.param(b"+" + frame({"died": "a bug"}), id="a bug of ours"),
        pytest.param(
            with_attachment(Attachment("a", "b/c", 10**9, "0" * 64)), id="octets that don't come"
        ),
        pytest.param(with_attachment(Attachment("a", "b/c", -5, "0" * 64)), id="negative size"),
        pytest.param(with_attachment(file("../../etc/passwd")), id="path"),
        pytest.param(with_attachment(file("/etc/passwd")), id="absolute path"),
        pytest.param(with_attachment(file("7-0")), id="file that is not there"),
        pytest.param(with_attachment(file("8-0")), id="another mail's file"),
        pytest.param(with_attachment(file("7-1", size=99)), id="another size"),
        pytest.param(with_attachment(file("7-2")), id="link"),
    ],
)
def test_a_reader_that_lies_is_not_believed(tmp_path: Path, says: bytes) -> None:
    for name in ("7-1", "8-0", "secret"):
        (tmp_path / name).write_bytes(b"%PDF")
    (tmp_path / "7-2").symlink_to(tmp_path / "secret")
    with pytest.raises(ReaderDied):
        answered(tmp_path, says)


def test_a_reader_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(ReaderDied):
        answered(tmp_path, b"+", seconds=0.2)


def test_a_mail_that_was_never_taken_is_not_to_blame(tmp_path: Path) -> None:
    async def ask() -> None:
        reader = await Reader.start(Lying(scratch=tmp_path))
        reader.kill()
        await reader.gone()
        with pytest.raises(NotTaken):
            await reader.read(1, b"mail", null_sender=False)

    asyncio.run(ask())


def test_everything_that_a_reading_says_comes_through(tmp_path: Path) -> None:
    said = Reading(
        subject="Faktúra",
        from_=(Mailbox("Jana", "jana@example.org"),),
        date=datetime(2026, 4, 7, 10, tzinfo=UTC),
        headers=(("list-id", "x"),),
        attachments=(Attachment("a", "b/c", 2, "0" * 64, True, "cid", b"hi"),),
        report=Report("bounce", (ReportedRecipient("a@b.example", "failed", "5.1.1"),)),
    )
    says = b"+" + frame({"reading": json.loads(json.dumps(plain(said)))}, b"hi") + b"hi"
    assert answered(tmp_path, says) == said
