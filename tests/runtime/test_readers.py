"""Real reader processes; hostile mail and hostile admins end one, never the gateway."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from gateway.mail.errors import Fault, MailError
from gateway.mail.reading import Reading
from gateway.ports.parser import ReaderDied
from gateway.runtime.reader import ReaderSettings
from gateway.runtime.readers import Readers

PLAIN = b"From: jana@example.org\r\nSubject: Hello\r\n\r\nThank you, paid today.\r\n"
# About three seconds of honest work: a parser's worst acceptable paragraph after paragraph.
COSTLY = b"From: x@example.org\r\nContent-Type: text/html\r\n\r\n" + b"<p>x" * 250_000


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(bounded())


@asynccontextmanager
async def readers(tmp_path: Path, *, size: int = 1, **settings: object) -> AsyncIterator[Readers]:
    pool = Readers(ReaderSettings(scratch=tmp_path / "scratch", **settings), size=size)
    pool.start()
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def unfinished(
    tmp_path: Path, pool: Readers
) -> AsyncIterator[tuple[asyncio.Future[Reading], BinaryIO]]:
    """Give a mail whose reader is at it and waits for its end, and where its end may be written."""
    pipe = tmp_path / "mail.pipe"
    os.mkfifo(pipe)
    reading = asyncio.ensure_future(pool.read(pipe))
    with await asyncio.to_thread(open, pipe, "wb", 0) as rest:  # returns once the reader opens it
        yield reading, rest


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def octets(path: str | None) -> bytes:
    return Path(path or "").read_bytes()


async def ended(pid: int) -> None:
    """Wait until a process has ended, whoever its parent is."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        await asyncio.to_thread(select.select, [descriptor], [], [], 30)
    finally:
        os.close(descriptor)


def test_a_mail_is_read_in_another_process(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path) as pool:
            reading = await pool.read(PLAIN)
            assert (reading.subject, reading.text) == ("Hello", "Thank you, paid today.")

    run(test)


def test_readers_carry_their_title_in_the_command_line(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path) as pool:
            await pool.read(PLAIN)
            assert all(b"postroom: reader" in command_line(pid) for pid in pool.pids)

    run(test)


def test_a_large_mail_comes_by_file_and_its_attachment_leaves_by_file(tmp_path: Path) -> None:
    pdf = bytes(range(256)) * 1024
    mail = tmp_path / "mail.eml"
    mail.write_bytes(
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\n"
        b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        + pdf
        + b"\r\n--b\r\nContent-Type: image/png\r\n\r\nsmall\r\n--b--\r\n"
    )

    async def test() -> None:
        async with readers(tmp_path) as pool:
            large, small = (await pool.read(mail)).attachments
            assert (octets(large.path), large.content) == (pdf, None)
            assert (small.content, small.path) == (b"small", None)

    run(test)


def test_what_is_no_mail_is_the_peers_fault(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path) as pool:
            with pytest.raises(MailError):
                await pool.read(b"\r\n")
            assert (await pool.read(PLAIN)).subject == "Hello"

    run(test)


def test_a_file_that_is_missing_is_our_fault(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path) as pool:
            with pytest.raises(Fault) as caught:
                await pool.read(tmp_path / "gone.eml")
            assert not isinstance(caught.value, ReaderDied)

    run(test)


def test_a_mail_that_takes_too_long_costs_its_reader_alone(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path, parse_seconds=0.3) as pool:
            await pool.read(PLAIN)
            before = pool.pids
            with pytest.raises(ReaderDied):
                await pool.read(COSTLY)
            assert (await pool.read(PLAIN)).subject == "Hello"
            assert set(before).isdisjoint(pool.pids)

    run(test)


def test_a_mail_that_eats_memory_costs_its_reader_alone(tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    with mail.open("wb") as file:
        file.write(b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n")
        file.truncate(200 * 1024 * 1024)

    async def test() -> None:
        async with readers(tmp_path, memory_octets=128 * 1024 * 1024) as pool:
            with pytest.raises(ReaderDied):
                await pool.read(mail)
            assert (await pool.read(PLAIN)).subject == "Hello"
            assert pool.counts.died == 1

    run(test)


def test_a_dead_reader_leaves_no_files(tmp_path: Path) -> None:
    part = b'--b\r\nContent-Type: image/png; name="p.png"\r\n\r\n' + b"x" * 100_000 + b"\r\n"
    mail = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        + b"<p>x" * 250_000
        + b"\r\n"
        + part * 90
    )

    async def test() -> None:
        async with readers(tmp_path, parse_seconds=0.3) as pool:
            with pytest.raises(ReaderDied):
                await pool.read(mail)
            assert list((tmp_path / "scratch").iterdir()) == []

    run(test)


def test_a_killed_reader_is_replaced_and_its_waiting_mail_is_read(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path) as pool:
            await pool.read(PLAIN)
            (victim,) = pool.pids
            os.kill(victim, signal.SIGKILL)
            await ended(victim)
            assert (await pool.read(PLAIN)).subject == "Hello"
            assert victim not in pool.pids

    run(test)


def test_a_reader_killed_over_a_mail_is_counted_against_the_mail(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path) as pool:
            await pool.read(PLAIN)
            (victim,) = pool.pids
            async with unfinished(tmp_path, pool) as (reading, _):
                os.kill(victim, signal.SIGKILL)
                with pytest.raises(ReaderDied):
                    await reading

    run(test)


def test_a_mail_over_which_its_reader_hangs_is_given_up(tmp_path: Path) -> None:
    async def test() -> None:
        async with (
            readers(tmp_path, parse_seconds=0.5) as pool,
            unfinished(tmp_path, pool) as (reading, _),
        ):
            with pytest.raises(ReaderDied):
                await reading
            assert (await pool.read(PLAIN)).subject == "Hello"

    run(test)


def test_a_reader_that_hangs_while_it_waits_is_replaced(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path, watch_seconds=0.5) as pool:
            await pool.read(PLAIN)
            (victim,) = pool.pids
            os.kill(victim, signal.SIGSTOP)
            await ended(victim)
            assert (await pool.read(PLAIN)).subject == "Hello"

    run(test)


def test_slow_mail_holds_up_no_other(tmp_path: Path) -> None:
    async def test() -> None:
        async with (
            readers(tmp_path, parse_seconds=30) as pool,
            unfinished(tmp_path, pool) as (slow, rest),
        ):
            assert (await pool.read(PLAIN)).subject == "Hello"
            rest.write(PLAIN)
            rest.close()
            assert (await slow).subject == "Hello"

    run(test)


def test_reading_that_is_cancelled_ends_its_reader(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path) as pool:
            await pool.read(PLAIN)
            (victim,) = pool.pids
            async with unfinished(tmp_path, pool) as (reading, _):
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            await ended(victim)
            assert (await pool.read(PLAIN)).subject == "Hello"

    run(test)


def test_many_mails_at_once_come_back_to_whoever_asked(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path, size=2) as pool:
            mails = [b"Subject: %d\r\n\r\nx" % number for number in range(200)]
            readings = await asyncio.gather(*(pool.read(mail) for mail in mails))
            assert [int(one.subject) for one in readings] == list(range(200))

    run(test)


def test_closing_leaves_no_process_behind(tmp_path: Path) -> None:
    async def test() -> None:
        async with readers(tmp_path, size=2) as pool:
            await asyncio.gather(pool.read(PLAIN), pool.read(PLAIN))
            pids = pool.pids
        assert not any(is_running(pid) for pid in pids)

    run(test)


_GATEWAY = """
import asyncio, sys
from pathlib import Path
from gateway.runtime.reader import ReaderSettings
from gateway.runtime.readers import Readers

async def main():
    pool = Readers(ReaderSettings(scratch=Path(sys.argv[1])))
    pool.start()
    await pool.read(b"Subject: x\\r\\n\\r\\ny")
    print(*pool.pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_readers_end_when_the_gateway_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _GATEWAY, str(tmp_path / "scratch")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent.parent,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        descriptor = os.pidfd_open(pid)
        process.kill()
        ready, _, _ = select.select([descriptor], [], [], 30)
        os.close(descriptor)
        assert ready


def test_a_reader_imports_nothing_but_what_reading_needs() -> None:
    asked = (
        "import sys, gateway.runtime.reader_process; "
        "print([name for name in ('asyncio', 'sqlalchemy', 'starlette', 'pydantic', 'mailparser',"
        " 'charset_normalizer', 'ssl') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    assert done.stdout.strip() == "[]"
