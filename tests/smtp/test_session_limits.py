"""Every limit of a session, on the wire."""

import asyncio
from datetime import timedelta

import pytest

from gateway.mail.replies import Reply
from gateway.smtp.limits import SessionLimits
from tests.smtp.kit import ENVELOPE, MAIL, FakeReception, Run, serving

MOMENT = timedelta(milliseconds=100)
NEVER_MIND = timedelta(hours=9)


def test_a_message_of_the_limit_is_taken_and_one_octet_more_refused(run: Run, tmp_path):
    limits = SessionLimits(message=len(MAIL))

    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            said = [
                await client.mail(),
                await client.mail(MAIL[:-2] + b"!\r\n"),
                await client.mail(),
            ]
        assert [reply[:9] for reply in said] == ["250 2.0.0", "552 5.3.4", "250 2.0.0"]
        assert server.meter.reasons == ["size"]

    run(talk())


@pytest.mark.parametrize(
    ("size", "code"), [(b"1000", "250"), (b"1001", "552"), (b"1000000000000000000", "552")]
)
def test_a80_an_announced_size_is_judged_at_mail(size, code, run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(message=1000)
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            assert (await client.say(b"MAIL FROM:<> SIZE=" + size))[:3] == code

    run(talk())


def test_a80_twice_the_size_ends_the_session_with_its_reason(run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(message=10_000)
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            await client.send(b"x" * 20_100)
            assert await client.rest() == b"552 5.3.4 The message is bigger than we take\r\n"

    run(talk())


@pytest.mark.parametrize(
    ("octets", "code"), [(4096, "250"), (4097, "552")], ids=["the limit", "one more"]
)
def test_a_header_block_beyond_its_limit_is_refused(octets, code, run: Run, tmp_path):
    header = b"Subject: hi\r\n"
    header += b"X: " + b"y" * (octets - len(header) - len(b"X: \r\n\r\n")) + b"\r\n\r\n"
    assert len(header) == octets

    async def talk():
        limits = SessionLimits(header_bytes=4096)
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            assert (await client.mail(header + b"body\r\n"))[:3] == code
            assert (await client.mail())[:3] == "250"

    run(talk())


@pytest.mark.parametrize(("hops", "reply"), [(3, "250 2.0.0"), (4, "554 5.4.6")])
def test_a50_too_many_hops_are_a_loop(hops, reply, run: Run, tmp_path):
    async def talk():
        async with (
            serving(tmp_path, limits=SessionLimits(hops=3)) as server,
            server.client() as client,
        ):
            await client.hello()
            data = b"received: from x\r\n" * hops + MAIL + b"Received: in the body\r\n" * 9
            assert (await client.mail(data))[:9] == reply

    run(talk())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(MAIL + b"\0\0\r\n", id="NUL"),
        pytest.param(MAIL + b"x" * 200_000 + b"\r\n", id="long line"),
        pytest.param(b"From carol Thu Jan  1 00:00:00 1970\r\n" + MAIL, id="mbox line"),
        pytest.param(b"x" * 200_000 + b"\r\n", id="one long line and no header"),
        pytest.param(b"\0" * 200_000 + b"\r\n", id="only NUL"),
        pytest.param(b"\r\n" * 100_000, id="only empty lines"),
    ],
)
def test_odd_content_is_taken_and_kept(data, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            assert await client.mail(data) == "250 2.0.0 Queued as msg_1"
        assert server.reception.taken[0].data == data

    run(talk())


def test_a57_recipients_beyond_the_limit_are_put_off(run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(recipients=2, errors_per_session=2)
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.say(ENVELOPE[0])
            said = [await client.say(b"RCPT TO:<%d@x.test>" % number) for number in range(6)]
            assert [reply[:9] for reply in said] == ["250 2.1.5"] * 2 + ["452 4.5.3"] * 4
            await client.say(b"DATA")
            await client.send(MAIL + b".\r\n")
            assert await client.reply() == "250 2.0.0 Queued as msg_1"

    run(talk())


def test_a57_errors_end_the_session_unless_good_mail_comes_between(run: Run, tmp_path):
    refusal = Reply(550, "5.1.1", "No such user")

    async def talk():
        reception = FakeReception(refuses={"nobody@reply.test": refusal})
        limits = SessionLimits(errors_per_session=3)
        async with (
            serving(tmp_path, reception=reception, limits=limits) as server,
            server.client() as client,
        ):
            await client.hello()
            for _ in range(3):
                for _ in range(2):
                    await client.say(b"XYZZY")
                await client.mail()
            await client.say(ENVELOPE[0])
            said = [await client.say(b"RCPT TO:<nobody@reply.test>") for _ in range(4)]
            assert [reply[:9] for reply in said] == ["550 5.1.1"] * 3 + ["421 4.7.0"]
            assert await client.rest() == b""
        assert server.meter.reasons.count("errors") == 1

    run(talk())


def test_a57_who_was_sent_away_for_errors_again_and_again_is_greeted_late(run: Run, tmp_path):
    limits = SessionLimits(errors_per_session=1, dismissals=2, dismissal_delay=10 * MOMENT)

    async def greeted_after(server, source):
        clock = asyncio.get_running_loop().time
        began = clock()
        async with server.client(source) as client:
            await client.reply()
            passed = clock() - began
            await client.send(b"XYZZY\r\n" * 2)
            assert b"421 4.7.0 " in await client.rest()
        return passed

    async def talk():
        async with serving(tmp_path, limits=limits) as server:
            for _ in range(2):
                await greeted_after(server, "127.0.0.9")
            late = await greeted_after(server, "127.0.0.9")
            other = await greeted_after(server, "127.0.0.8")
        assert late >= 10 * MOMENT.total_seconds() > other

    run(talk())


@pytest.mark.parametrize("command", [b"NOOP", b"RSET", b"VRFY a", b"HELP", b"EHLO me"])
def test_a82_commands_that_lead_nowhere_are_limited(command, run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(idle_commands=5, idle_commands_rate=0)
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.reply()
            await client.say(b"EHLO me")
            await client.mail()
            await client.send((command + b"\r\n") * 1000)
            said = (await client.rest()).split(b"\r\n")
            assert said[-2].startswith(b"421 4.7.0 ")

    run(talk())


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        pytest.param(b"NOOP " + b"x" * 505, "250 2.0.0", id="512"),
        pytest.param(b"NOOP " + b"x" * 506, "500 5.5.2", id="513"),
        pytest.param(b"NOOP " + b"x" * 100_000, "500 5.5.2", id="very long"),
        pytest.param(b"MAIL FROM:<a@b.test> AUTH=" + b"x" * 1000, "250 2.1.0", id="parameters"),
        pytest.param(b"MAIL FROM:<a@b.test> AUTH=" + b"x" * 2100, "500 5.5.2", id="too many"),
    ],
)
def test_a82_command_lines_are_limited(line, reply, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            assert (await client.say(line))[:9] == reply
            assert await client.say(b"NOOP") == "250 2.0.0 OK"

    run(talk())


def test_a81_an_idle_client_is_told_and_cut(run: Run, tmp_path):
    async def talk():
        async with (
            serving(tmp_path, limits=SessionLimits(idle=MOMENT)) as server,
            server.client() as client,
        ):
            await client.hello()
            assert await client.rest() == b"421 4.4.2 You took too long, goodbye\r\n"
        assert server.meter.reasons == ["late"]

    run(talk())


def test_a_command_that_trickles_in_does_not_put_the_deadline_off(run: Run, tmp_path):
    async def talk():
        async with (
            serving(tmp_path, limits=SessionLimits(idle=MOMENT)) as server,
            server.client() as client,
        ):
            await client.hello()
            rest = asyncio.ensure_future(client.rest())
            while not rest.done():
                client.writer.write(b"x")
                await asyncio.sleep(0.01)
            assert (await rest).startswith(b"421 4.4.2 ")

    run(talk())


def test_a81_content_below_the_minimum_rate_is_cut(run: Run, tmp_path):
    limits = SessionLimits(data_min_rate=10_000, rate_window=MOMENT)

    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            rest = asyncio.ensure_future(client.rest())
            while not rest.done():
                client.writer.write(b"x")
                await asyncio.sleep(0.01)
            assert (await rest).startswith(b"421 4.4.2 ")
        assert server.reception.taken == []

    run(talk())


def test_content_at_the_minimum_rate_is_taken_however_long_it_lasts(run: Run, tmp_path):
    limits = SessionLimits(data_min_rate=1000, rate_window=timedelta(milliseconds=50))

    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            for _ in range(20):
                await client.send(b"x" * 100 + b"\r\n")
                await asyncio.sleep(0.01)
            await client.send(b".\r\n")
            assert await client.reply() == "250 2.0.0 Queued as msg_1"

    run(talk())


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(SessionLimits(content_time=MOMENT), id="in all"),
        pytest.param(SessionLimits(idle=MOMENT, data_min_rate=0), id="silence"),
    ],
)
@pytest.mark.parametrize("verb", [b"DATA", b"BDAT 1000 LAST"])
def test_content_has_a_deadline(verb, limits, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.send(verb + b"\r\nhello\r\n")
            assert b"421 4.4.2 You took too long, goodbye\r\n" in await client.rest()
            await server.quiet()
        assert server.reception.taken == []

    run(talk())


def test_a_connection_serves_so_many_messages(run: Run, tmp_path):
    async def talk():
        async with (
            serving(tmp_path, limits=SessionLimits(messages=2)) as server,
            server.client() as client,
        ):
            await client.hello()
            assert (await client.mail())[:3] == (await client.mail())[:3] == "250"
            assert await client.say(ENVELOPE[0]) == "421 4.7.0 Please connect anew"

    run(talk())


def test_where_places_are_scarce_a_connection_serves_fewer_messages(run: Run, tmp_path):
    limits = SessionLimits(messages_when_crowded=1, connections=4, connections_per_address=4)

    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            assert (await client.mail())[:3] == (await client.mail())[:3] == "250"
            async with server.client(), server.client(), server.client() as last:
                await last.hello()
                assert await client.say(ENVELOPE[0]) == "421 4.7.0 Please connect anew"

    run(talk())


def test_a_connection_ends_between_transactions_when_it_is_old(run: Run, tmp_path):
    async def talk():
        limits = SessionLimits(lifetime=timedelta(seconds=-1))
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            assert await client.say(ENVELOPE[0]) == "421 4.7.0 Please connect anew"

    run(talk())
