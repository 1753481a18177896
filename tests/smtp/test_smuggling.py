"""Only CR LF dot CR LF ends DATA (CVE-2023-51764 and its kin; RFC 5321, section 4.1.1.4)."""

import asyncio
from base64 import b64encode
from ipaddress import ip_network

import pytest

from gateway.smtp.limits import SessionLimits
from gateway.smtp.station import Role
from tests.corpora import corpora_set
from tests.smtp.kit import SOON, FakeReception, Run, serving

FALSE_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\r\r\n.\r\r\n",
    b"\n.\r",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\r\n",
    b"\n\n.\n\n",
]
SMUGGLED = (
    b"MAIL FROM:<e@x.test>\r\nRCPT TO:<acme@reply.test>\r\nDATA\r\nSubject: smug\r\n\r\ny\r\n.\r\n"
)


def cut_whole(data: bytes, false_end: bytes) -> list[bytes]:
    return [data]


def cut_each(data: bytes, false_end: bytes) -> list[bytes]:
    return [data[position : position + 1] for position in range(len(data))]


def cut_within(data: bytes, false_end: bytes) -> list[bytes]:
    middle = data.index(false_end) + len(false_end) // 2
    return [data[:middle], data[middle:]]


@pytest.mark.parametrize("cut", [cut_whole, cut_each, cut_within])
@pytest.mark.parametrize("role", [Role.MX, Role.SUBMISSION])
@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
def test_a1_a_false_end_smuggles_nothing(false_end, role, cut, run: Run, tmp_path):
    data = b"Subject: 1\r\n\r\nx" + false_end + SMUGGLED
    plain = (ip_network("127.0.0.0/8"),)

    async def talk():
        async with (
            serving(tmp_path, role, plain_networks=plain) as server,
            server.client() as client,
        ):
            await client.hello()
            if role is Role.SUBMISSION:
                await client.say(b"AUTH PLAIN " + b64encode(b"\0acme\0s3cret"))
            await client.envelope()
            await client.say(b"DATA")
            for piece in cut(data, false_end):
                await client.send(piece)
                await asyncio.sleep(0)
            reply = await client.reply()
            assert await client.say(b"NOOP") == "250 2.0.0 OK"
        if false_end.replace(b"\0", b"") == b"\r\n.\r\n":  # a NUL is a letter like others
            assert reply == "250 2.0.0 Queued as msg_1"
            assert b"MAIL FROM:<e@x.test>" in server.reception.taken[0].data
        else:
            assert reply == "550 5.6.11 The message has a CR or LF that stands alone"
            assert server.reception.taken == []

    run(talk())


@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
@pytest.mark.parametrize(
    "filler", [b"x" * 3000 + b"\r\n", b"x" * 2**17], ids=["too big", "one long line"]
)
def test_a2_a3_a_false_end_in_a_message_too_big_or_in_a_long_line(
    filler, false_end, run: Run, tmp_path
):
    limits = SessionLimits(message=2000 if len(filler) < 4000 else 2**20)

    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            await client.send(b"Subject: 1\r\n\r\n" + filler + false_end + SMUGGLED)
            reply = await client.reply()
            assert await client.say(b"NOOP") == "250 2.0.0 OK"
        assert reply[:3] in {"552", "550", "250"}
        assert not any(taken.data.startswith(b"Subject: smug") for taken in server.reception.taken)
        assert len(server.reception.taken) == (reply[:3] == "250")

    run(talk())


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        pytest.param(b".\r\n", b"", id="empty"),
        pytest.param(b"..\r\n.\r\n", b".\r\n", id="a dot alone"),
        pytest.param(b".x\r\n.\r\n", b"x\r\n", id="a dot not doubled"),
        pytest.param(b"...x\r\n.\r\n", b"..x\r\n", id="dots"),
        pytest.param(b"a\r\n..\r\n..\r\n.\r\n", b"a\r\n.\r\n.\r\n", id="dots alone in a row"),
        pytest.param(b"a.\r\n.\r\n", b"a.\r\n", id="a dot at the end of a line"),
        pytest.param(b"\r\n\r\n.\r\n", b"\r\n\r\n", id="empty lines"),
        pytest.param(b"a.\r\nb\r\n.\r\n", b"a.\r\nb\r\n", id="a body must end its line"),
    ],
)
def test_a4_a5_dots_are_taken_off_again(sent, taken, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            await client.send(sent)
            assert await client.reply() == "250 2.0.0 Queued as msg_1"
        assert server.reception.taken[0].data == taken

    run(talk())


def test_collected_dialogues_get_replies_of_their_class(run: Run, tmp_path, server_tls, client_tls):
    rows = corpora_set("smtp_chasquid")
    reception = FakeReception(accounts={"user@testserver": "secretpassword"})

    async def talk(steps, smuggling, number):
        tls = any(step.get("tls") for step in steps)
        role = Role.SUBMISSIONS if tls else Role.MX
        path = tmp_path / str(number)
        path.mkdir()
        before = len(reception.taken)
        async with serving(path, role, reception, tls=server_tls) as server:
            opened = None
            for step in steps:
                if "connect" in step:
                    opened = server.client(context=client_tls if tls else None)
                    client = await opened.__aenter__()
                elif "expect" in step:
                    reply = await client.reply()
                    assert reply.startswith(step["expect"]), (step, reply)
                elif "send" in step:
                    await client.send(step["send"].encode() + b"\r\n")
                elif "raw" in step:
                    await client.send(step["raw"].encode("latin-1"))
            if opened is not None:
                await opened.__aexit__(None, None, None)
        if smuggling:
            assert len(reception.taken) - before <= 1

    for number, row in enumerate(rows):
        if "steps" in row.expect:
            run(talk(row.expect["steps"], row.line.get("smuggling", False), number))


def test_collected_fuzz_dialogues_leave_the_server_well(run: Run, tmp_path):
    rows = corpora_set("smtp_chasquid")

    async def talk():
        async with serving(tmp_path) as server:
            for row in rows:
                if row.expect.get("must_survive"):
                    async with server.client() as client:
                        lines = row.octets().split(b"\n")
                        await client.send(b"\r\n".join(lines))
                        client.writer.write_eof()
                        async with asyncio.timeout(SOON):
                            await client.rest()
            async with server.client() as client:
                await client.hello()
                assert (await client.mail()).startswith("250 ")

    run(talk())
