"""BDAT (RFC 3030)."""

import pytest

from gateway.smtp.limits import SessionLimits
from tests.smtp.kit import ENVELOPE, MAIL, Run, serving


def chunk(data: bytes, last: bytes = b"") -> bytes:
    return b"BDAT %d%s\r\n%s" % (len(data), last, data)


def test_a7_chunks_make_a_message_whatever_stands_in_them(run: Run, tmp_path):
    odd = b"bare\nlf and\rcr\r\n.\r\nQUIT\r\n..\0"

    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.send(chunk(MAIL))
            said = [await client.reply()]
            said.append(await client.say(b"NOOP"))
            await client.send(chunk(odd), b"bdat 0 last\r\n")
            said += await client.replies(2)
        assert said == [
            f"250 2.0.0 {len(MAIL)} octets received",
            "250 2.0.0 OK",
            f"250 2.0.0 {len(odd)} octets received",
            "250 2.0.0 Queued as msg_1",
        ]
        assert server.reception.taken[0].data == MAIL + odd

    run(talk())


def test_pipelined_chunks_and_envelopes_are_answered_in_order(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            for _ in range(2):
                await client.send(
                    ENVELOPE[0]
                    + b"\r\n"
                    + ENVELOPE[1]
                    + b"\r\n"
                    + chunk(MAIL)
                    + chunk(b"x", b" LAST")
                )
            codes = [reply[:3] for reply in await client.replies(8)]
        assert codes == ["250"] * 8
        assert [taken.data for taken in server.reception.taken] == [MAIL + b"x"] * 2

    run(talk())


def test_a_chunk_without_a_transaction_is_read_and_refused(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.send(chunk(b"QUIT\r\n" * 1000, b" LAST"))
            assert await client.reply() == "503 5.5.1 Say MAIL first"
            await client.say(ENVELOPE[0])
            await client.send(chunk(b"QUIT\r\n", b" LAST"))
            assert await client.reply() == "554 5.5.1 No valid recipients"
            assert await client.say(b"NOOP") == "250 2.0.0 OK"

    run(talk())


@pytest.mark.parametrize("verb", [b"DATA", b"RCPT TO:<b@x.test>", b"MAIL FROM:<>"])
def test_data_and_envelope_commands_after_bdat_are_refused(verb, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.send(chunk(MAIL))
            await client.reply()
            assert (await client.say(verb)).startswith("503 5.5.1 ")
            await client.send(chunk(b"", b" LAST"))
            assert await client.reply() == "250 2.0.0 Queued as msg_1"

    run(talk())


def test_rset_drops_chunks(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.send(chunk(b"dropped"))
            await client.reply()
            await client.say(b"RSET")
            assert await client.mail() == "250 2.0.0 Queued as msg_1"
        assert server.reception.taken[0].data == MAIL

    run(talk())


def test_chunks_beyond_the_limit_are_refused_until_rset(run: Run, tmp_path):
    limits = SessionLimits(message=1000)

    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.send(chunk(b"x" * 900), chunk(b"x" * 200), chunk(b"x" * 20, b" LAST"))
            assert [reply[:9] for reply in await client.replies(3)] == [
                "250 2.0.0",
                "552 5.3.4",
                "503 5.5.1",
            ]
            await client.say(b"RSET")
            assert await client.mail() == "250 2.0.0 Queued as msg_1"

    run(talk())


def test_a_chunk_that_floods_is_not_read(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.send(b"BDAT 99999999999999999999\r\n")
            assert await client.rest() == b"552 5.3.4 The message is bigger than we take\r\n"

    run(talk())


@pytest.mark.parametrize("words", [b"", b"x", b"-1", b"1 FIRST", b"1 LAST x", b"+1", b"\xd9\xa1"])
def test_a_chunk_of_unknown_length_ends_the_session(words, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.send(b"BDAT " + words + b"\r\nMAIL FROM:<x@y.test>\r\n")
            assert await client.rest() == b"501 5.5.4 Syntax: BDAT octets [LAST]\r\n"

    run(talk())


def test_a_client_that_leaves_within_a_chunk_leaves_nothing(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server:
            async with server.client() as client:
                await client.hello()
                await client.envelope()
                await client.send(b"BDAT 1000000 LAST\r\n" + b"x" * 500_000)
            await server.quiet()
        assert server.reception.taken == []

    run(talk())
    assert list(tmp_path.iterdir()) == []
