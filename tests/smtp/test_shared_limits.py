"""What all sessions together may use: connections, memory, turns, the disk."""

import asyncio
from datetime import timedelta

from gateway.smtp.limits import SessionLimits
from gateway.smtp.quotas import Quotas
from tests.smtp.kit import MAIL, FakeReception, Run, serving

MOMENT = timedelta(milliseconds=100)
NEVER_MIND = timedelta(hours=9)


def test_a81_connections_of_one_address_are_limited_and_given_back(run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(connections_per_address=1)
        async with serving(tmp_path, limits=limits) as server:
            async with server.client() as first, server.client("127.0.0.2") as elsewhere:
                await first.hello()
                async with server.client() as second:
                    assert (await second.reply()).startswith("421 4.7.0 Too many connections")
                    assert await second.rest() == b""
                assert (await elsewhere.reply()).startswith("220 ")
            await server.quiet()
            async with server.client() as again:
                assert (await again.reply()).startswith("220 ")
        assert server.meter.reasons == ["connections"]

    run(talk())


def test_listeners_share_their_quotas(run: Run, tmp_path):
    limits = SessionLimits(connections=1)
    quotas = Quotas(limits)

    async def talk():
        async with (
            serving(tmp_path, limits=limits, quotas=quotas) as one,
            serving(tmp_path, limits=limits, quotas=quotas) as other,
            one.client() as client,
        ):
            await client.hello()
            async with other.client() as second:
                assert (await second.reply()).startswith("421 ")

    run(talk())


def test_a81_content_in_memory_is_limited_in_all(run: Run, tmp_path):
    data = MAIL + b"x" * 5000 + b"\r\n"

    async def talk():
        limits = SessionLimits(spool_memory=6000)
        reception = FakeReception(gate=asyncio.Event())
        async with (
            serving(tmp_path, reception=reception, limits=limits) as server,
            server.client() as one,
            server.client() as two,
            server.client() as three,
        ):
            for client in (one, two):
                await client.hello()
                await client.envelope()
                await client.say(b"DATA")
                await client.send(data + b".\r\n")
                await reception.reached.wait()
                reception.reached.clear()
            reception.gate.set()
            await one.reply()
            await two.reply()
            await three.hello()
            await three.mail(data)
        assert [taken.data for taken in reception.taken] == [data] * 3
        assert [taken.content.path is None for taken in reception.taken] == [True, False, True]

    run(talk())


def test_a_client_that_never_reads_its_replies_is_cut(run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(idle=MOMENT, idle_commands=10**9)
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            client.reader._limit = 1  # reads nothing more
            client.writer.write(b"HELP\r\n" * 300_000)
            await server.quiet()

    run(talk())


def test_a82_a_flood_of_commands_leaves_other_sessions_their_turn(run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(idle_commands=10**9)
        async with (
            serving(tmp_path, limits=limits) as server,
            server.client() as flood,
            server.client() as other,
        ):
            loop = asyncio.get_running_loop()
            await flood.hello()
            await other.hello()
            flood.writer.write(b"NOOP\r\n" * 20_000)
            waits = []
            for _ in range(20):
                started = loop.time()
                await other.say(b"NOOP")
                waits.append(loop.time() - started)
            flood.writer.transport.abort()
        assert sorted(waits)[10] < 0.05

    run(talk())


def test_a_full_disk_puts_mail_off(run: Run, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()

    async def talk():
        async with serving(gone) as server, server.client() as client:
            await client.hello()
            gone.rmdir()
            reply = await client.mail(MAIL + b"x" * 300_000 + b"\r\n")
            assert reply == "452 4.3.1 We have no room at the moment, please try again later"
            gone.mkdir()
            assert await client.mail(MAIL + b"x" * 300_000 + b"\r\n") == "250 2.0.0 Queued as msg_1"

    run(talk())
