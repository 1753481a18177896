"""The receiving half of a connection."""

import asyncio

import pytest

from gateway.smtp.wire import HIGH_WATER, Hangup, LineTooLong, TooLate, Wire
from tests.smtp.kit import Run

LATER = 1e9


class FakeTransport(asyncio.Transport):
    """Remembers whether it may read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


def wire() -> tuple[Wire, FakeTransport]:
    found, transport = Wire(asyncio.get_running_loop()), FakeTransport()
    found.set_transport(transport)
    return found, transport


def test_lines_come_whole_however_they_are_cut(run: Run):
    async def read():
        found, _ = wire()
        waiting = asyncio.ensure_future(found.line(100, LATER))
        for piece in (b"NO", b"OP\r", b"\nRS", b"ET\r\nX"):
            await asyncio.sleep(0)
            found.feed_data(piece)
        assert await waiting == b"NOOP\r\n"
        assert found.has_line
        assert await found.line(100, LATER) == b"RSET\r\n"
        assert not found.has_line
        assert not found.is_empty

    run(read())


@pytest.mark.parametrize("octets", [9, 1000, 1_000_000])
def test_a_line_too_long_is_dropped_to_its_end(octets, run: Run):
    async def read():
        found, _ = wire()
        waiting = asyncio.ensure_future(found.line(10, LATER))
        for _ in range(2):
            await asyncio.sleep(0)
            found.feed_data(b"x" * octets)
        await asyncio.sleep(0)
        found.feed_data(b"\r\nNOOP\r\n")
        with pytest.raises(LineTooLong):
            await waiting
        assert await found.line(10, LATER) == b"NOOP\r\n"

    run(read())


def test_what_is_put_back_is_read_first(run: Run):
    async def read():
        found, _ = wire()
        found.feed_data(b"CD\r\n")
        found.put_back(b"AB")
        assert await found.line(10, LATER) == b"ABCD\r\n"

    run(read())


def test_a_block_is_what_has_come_and_not_more_than_asked_for(run: Run):
    async def read():
        found, _ = wire()
        found.feed_data(b"abcdef")
        assert bytes(await found.block(LATER, 2)) == b"ab"
        assert bytes(await found.block(LATER)) == b"cdef"

    run(read())


def test_the_end_comes_after_what_was_sent(run: Run):
    async def read():
        found, _ = wire()
        found.feed_data(b"last")
        found.feed_eof()
        assert bytes(await found.block(LATER)) == b"last"
        with pytest.raises(Hangup):
            await found.block(LATER)
        with pytest.raises(Hangup):
            await found.line(10, LATER)

    run(read())


def test_a_broken_connection_is_an_end(run: Run):
    async def read():
        found, _ = wire()
        waiting = asyncio.ensure_future(found.line(10, LATER))
        await asyncio.sleep(0)
        found.set_exception(ConnectionResetError())
        with pytest.raises(Hangup):
            await waiting

    run(read())


def test_each_wait_has_its_own_deadline(run: Run):
    async def read():
        loop = asyncio.get_running_loop()
        found, _ = wire()
        started = loop.time()
        early = asyncio.ensure_future(found.line(10, started + 0.05))
        await asyncio.sleep(0)
        found.feed_data(b"x\r\n")
        await early
        with pytest.raises(TooLate):
            await found.line(10, started + 0.1)
        assert loop.time() - started >= 0.09
        with pytest.raises(TooLate):
            await found.line(10, loop.time() + 0.01)
        found.stop()

    run(read())


def test_a_client_that_sends_ahead_is_held_back_until_it_is_read(run: Run):
    async def read():
        found, transport = wire()
        found.feed_data(b"x" * HIGH_WATER)
        assert transport.reads
        found.feed_data(b"x")
        assert not transport.reads
        await found.block(LATER)
        waiting = asyncio.ensure_future(found.block(LATER))
        await asyncio.sleep(0)
        assert transport.reads
        found.feed_data(b"y")
        assert bytes(await waiting) == b"y"

    run(read())


@pytest.mark.parametrize("cut", range(1, 9))
def test_content_is_gathered_until_it_is_enough_or_data_ends(cut, run: Run):
    async def read():
        found, _ = wire()
        waiting = asyncio.ensure_future(found.gather(LATER, 100, behind=b"\r\n"))
        for number in range(9):
            found.feed_data(b"12345678\r\n")
            await asyncio.sleep(0)
            assert not waiting.done(), number
        found.feed_data(b"12345678\r\n")
        assert len(await waiting) == 100
        end = b"ab\r\n.\r\nQUIT"
        waiting = asyncio.ensure_future(found.gather(LATER, 100, behind=b"\r\n"))
        found.feed_data(end[:cut])
        await asyncio.sleep(0)
        assert waiting.done() == (cut >= 7)
        found.feed_data(end[cut:])
        assert bytes(await waiting) in {end, end[:cut]}

    run(read())


def test_an_end_that_begins_in_the_block_before_is_seen(run: Run):
    async def read():
        found, _ = wire()
        waiting = asyncio.ensure_future(found.gather(LATER, 100, behind=b"\r\n."))
        found.feed_data(b"\r")
        await asyncio.sleep(0)
        assert not waiting.done()
        found.feed_data(b"\n")
        assert bytes(await waiting) == b"\r\n"

    run(read())


def test_what_was_gathered_by_the_deadline_or_the_hangup_is_given(run: Run):
    async def read():
        found, _ = wire()
        found.feed_data(b"slow")
        soon = asyncio.get_running_loop().time() + 0.01
        assert bytes(await found.gather(soon, 100)) == b"slow"
        with pytest.raises(TooLate):
            await found.gather(soon, 100)
        found.feed_data(b"more")
        found.feed_eof()
        assert bytes(await found.gather(LATER, 100)) == b"more"
        with pytest.raises(Hangup):
            await found.gather(LATER, 100)

    run(read())


def test_a_new_transport_lets_the_old_one_go_on(run: Run):
    async def read():
        found, old = wire()
        found.feed_data(b"x" * (HIGH_WATER + 1))
        found.drop()
        found.set_transport(FakeTransport())
        assert old.reads
        assert found.is_empty

    run(read())


def test_interrupt_raises_only_where_the_session_waits(run: Run):
    class OddError(Exception):
        pass

    async def read():
        found, _ = wire()
        found.interrupt(OddError())
        waiting = asyncio.ensure_future(found.line(10, LATER))
        await asyncio.sleep(0)
        found.interrupt(OddError())
        with pytest.raises(OddError):
            await waiting
        found.stop()

    run(read())
