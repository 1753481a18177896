import asyncio

import pytest

from gateway.mail.envelope import Recipient
from gateway.mail.replies import Reply
from gateway.ports.relay import Outgoing
from gateway.rules.outcome import Obstacle, Stage, Trouble
from tests.smtp.attempts import COPY, MAIL, Dot, attempt, relay_of
from tests.smtp.fakehop import DROP, HANG, NOISE, RESET, FakeHop
from tests.smtp.loops import in_loop

OFFERS = {
    "pipelined": ("PIPELINING", "SIZE 100000", "8BITMIME"),
    "one by one": ("SIZE 100000", "8BITMIME"),
}


@pytest.mark.parametrize("offers", OFFERS.values(), ids=OFFERS)
@in_loop
async def test_mail_is_handed_on(offers):
    async with FakeHop(offers=offers).running() as fake:
        dot = Dot()
        attempted = await attempt(fake, dot=dot)
    assert (attempted.stage, attempted.answer) == (Stage.DOT, Reply(250, "2.0.0", "Taken as 1"))
    assert (attempted.tls, attempted.tls_failure, dot.times) == ("none", "", 1)
    (taken,) = fake.taken
    assert taken.content == MAIL
    assert taken.mail == f"<b-token@bounce.example.com> SIZE={len(MAIL)}"
    assert taken.rcpt == "<jana@example.org>"
    assert fake.commands[0] == "EHLO mail.example.com"


@in_loop
async def test_a_report_leaves_with_the_null_reverse_path():
    async with FakeHop().running() as fake:
        await attempt(fake, Outgoing("", Recipient("jana@example.org"), (MAIL,)))
    assert fake.taken[0].mail.startswith("<> ")


REFUSALS = ["450 4.2.1 Later", "550 5.1.1 No such user"]


@pytest.mark.parametrize("offers", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("reply", REFUSALS)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@in_loop
async def test_a_refusal_is_told_with_its_stage(offers, reply, stage):
    code, enhanced, text = reply.split(" ", 2)
    async with FakeHop({stage: reply}, offers=offers).running() as fake:
        dot = Dot()
        attempted = await attempt(fake, dot=dot)
    assert attempted.stage == Stage(stage)
    assert attempted.answer == Reply(int(code), enhanced, text)
    assert dot.times == (stage == "dot")
    assert fake.taken == []


@pytest.mark.parametrize("reply", REFUSALS)
@in_loop
async def test_a_refusing_greeting_is_told(reply):
    async with FakeHop({"connect": reply}).running() as fake:
        attempted = await attempt(fake)
    assert (attempted.stage, str(attempted.answer)) == (Stage.CONNECT, reply)


@pytest.mark.parametrize("reply", ["421 4.3.2 Later", "450 4.2.1 Later"])
@in_loop
async def test_a_refused_ehlo_is_told(reply):
    async with FakeHop({"ehlo": reply}).running() as fake:
        attempted = await attempt(fake)
    assert (attempted.stage, str(attempted.answer)) == (Stage.EHLO, reply)


@in_loop
async def test_a_server_without_ehlo_gets_helo_and_no_parameters():
    async with FakeHop({"ehlo": "502 5.5.1 Never heard of it"}).running() as fake:
        attempted = await attempt(fake)
    assert attempted.answer.code == 250
    assert fake.taken[0].mail == "<b-token@bounce.example.com>"


BREAKS = {"drop": DROP, "reset": RESET, "hang": HANG}


@pytest.mark.parametrize("offers", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("way", BREAKS)
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "dot"])
@in_loop
async def test_a_connection_that_breaks_is_told_with_its_stage(offers, way, stage):
    async with FakeHop({stage: BREAKS[way]}, offers=offers).running() as fake:
        dot = Dot()
        relay = relay_of()
        attempted = await attempt(fake, dot=dot, relay=relay)
        assert relay.open_connections == 0
    assert attempted.stage == Stage(stage)
    expected = {Obstacle.TIMED_OUT} if way == "hang" else {Obstacle.LOST, Obstacle.UNREACHABLE}
    assert attempted.answer.obstacle in expected
    assert dot.times == (stage == "dot")


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt", "data", "dot"])
@in_loop
async def test_a149_what_is_no_smtp_is_told(stage):
    async with FakeHop({stage: NOISE}).running() as fake:
        attempted = await attempt(fake)
    assert (attempted.stage, attempted.answer.obstacle) == (Stage(stage), Obstacle.GARBLED)


@in_loop
async def test_nobody_listening_is_told():
    async with FakeHop().running() as fake:
        hop = fake.hop()
    attempted = await attempt(fake, hop=hop)
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.CONNECT, Obstacle.UNREACHABLE)
    assert "refused" in attempted.text.lower()


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("220-" + "x" * 9000, id="a line without end"),
        pytest.param("\r\n".join(["220-more"] * 20_000), id="lines without end"),
        pytest.param("220 " + "x" * 9000, id="a long line"),
    ],
)
@in_loop
async def test_a149_an_endless_greeting_ends(reply):
    async with FakeHop({"connect": reply}).running() as fake:
        attempted = await attempt(fake)
    assert attempted.stage is Stage.CONNECT
    assert isinstance(attempted.answer, Trouble)


@pytest.mark.parametrize("reply", ["\r\n".join(["550-more"] * 20_000), "550 " + "x" * 40_000])
@in_loop
async def test_a149_an_endless_refusal_ends(reply):
    async with FakeHop({"rcpt": reply}).running() as fake:
        attempted = await attempt(fake)
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.RCPT, Obstacle.GARBLED)


@in_loop
async def test_a149_the_words_of_a_reply_are_kept_whole_but_harmless():
    reply = "550-5.7.1 Blocked by \x1b[31mlist\r\n550-5.7.1 see https://list.test\r\n550 5.7.1 bye"
    async with FakeHop({"rcpt": reply}).running() as fake:
        attempted = await attempt(fake)
    assert attempted.answer == Reply(
        550, "5.7.1", "Blocked by \N{REPLACEMENT CHARACTER}[31mlist\nsee https://list.test\nbye"
    )


@in_loop
async def test_a_server_that_wants_a_message_for_a_refused_recipient_gets_an_empty_one():
    script = {"rcpt": "550 5.1.1 No such user"}
    async with FakeHop(script, naive=True).running() as fake:
        relay = relay_of()
        attempted = await attempt(fake, relay=relay)
        assert (attempted.stage, attempted.answer.code) == (Stage.RCPT, 550)
        script["rcpt"] = "250 2.1.5 Fine"
        attempted = await attempt(fake, relay=relay)
        relay.close()
    assert attempted.answer.code == 250
    assert fake.connections == 1
    assert [taken.content for taken in fake.taken] == [b"", MAIL]


@in_loop
async def test_a_refusal_stands_though_the_connection_is_lost_behind_it():
    script = {"rcpt": "550 5.1.1 No such user", "data": DROP}
    async with FakeHop(script, naive=True).running() as fake:
        attempted = await attempt(fake)
    assert (attempted.stage, attempted.answer.code) == (Stage.RCPT, 550)


@in_loop
async def test_the_final_dot_stays_back_where_it_may_not_leave():
    async with FakeHop().running() as fake:
        relay = relay_of()
        with pytest.raises(RuntimeError, match="lease lost"):
            await attempt(fake, dot=Dot(RuntimeError("lease lost")), relay=relay)
        assert relay.open_connections == 0
    assert fake.taken == []


@in_loop
async def test_a_cancelled_attempt_sends_no_final_dot():
    async with FakeHop().running() as fake:
        relay = relay_of()
        reached = asyncio.Event()

        async def before_dot():
            reached.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(relay.relay(fake.hop(), COPY, before_dot=before_dot))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert relay.open_connections == 0
    assert fake.taken == []


@pytest.mark.parametrize("way", [DROP, RESET])
@in_loop
async def test_a150_a_connection_lost_within_the_message_surely_delivered_nothing(way):
    big = Outgoing(
        COPY.sender, COPY.recipient, (MAIL, b"x" * 70 + b"\r\n") + (b"y" * 998 + b"\r\n",) * 8000
    )
    async with FakeHop({"body": way}, offers=("PIPELINING",)).running() as fake:
        dot = Dot()
        attempted = await attempt(fake, big, dot=dot)
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.DATA, Obstacle.LOST)
    assert dot.times == 0


@in_loop
async def test_a_server_that_reads_no_more_is_given_up():
    big = Outgoing(COPY.sender, COPY.recipient, (b"y" * 998 + b"\r\n",) * 20_000)
    async with FakeHop({"body": HANG}, offers=("PIPELINING",)).running() as fake:
        attempted = await attempt(fake, big)
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.DATA, Obstacle.TIMED_OUT)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("552 5.3.4 Too large", Reply(552, "5.3.4", "Too large")),
        ("250 2.0.0 Fine already", Reply(250, "2.0.0", "Fine already")),
    ],
)
@in_loop
async def test_a_reply_before_the_message_is_complete_ends_it_without_a_dot(reply, answer):
    big = Outgoing(COPY.sender, COPY.recipient, (b"y" * 998 + b"\r\n",) * 20_000)
    async with FakeHop({"body": reply}, offers=("PIPELINING",)).running() as fake:
        dot = Dot()
        attempted = await attempt(fake, big, dot=dot)
    assert (attempted.stage, attempted.answer, dot.times) == (Stage.DATA, answer, 0)
    assert fake.taken == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((b".\r\n..\r\n.x\r\n",), id="dots"),
        pytest.param((b"a\r\n", b".b\r\n", b".", b".\r\n"), id="dots at the seams"),
        pytest.param((b"a\r", b"\n.b\r\n"), id="a seam within a line end"),
        pytest.param((b"", b"..\r\n", b""), id="empty pieces"),
        pytest.param((b"x" * (256 * 1024 - 2) + b"\r\n.y\r\n",), id="a dot at a block's beginning"),
        pytest.param((b"x" * (256 * 1024 - 1) + b"\r\n.y\r\n",), id="a block ends with CR"),
        pytest.param((b"x" * 300_000 + b"\r\n", b"." * 300_000 + b"\r\n"), id="many blocks"),
    ],
)
@in_loop
async def test_a8_the_bytes_arrive_as_they_are(content):
    async with FakeHop(offers=("PIPELINING",)).running() as fake:
        await attempt(fake, Outgoing("", Recipient("jana@example.org"), content))
    assert fake.taken[0].content == b"".join(content)


@pytest.mark.parametrize(
    ("copy", "offers", "obstacle"),
    [
        pytest.param(COPY, ("SIZE 10",), Obstacle.TOO_LARGE, id="too large"),
        pytest.param(
            Outgoing(
                "", Recipient("j\N{LATIN SMALL LETTER O WITH DIAERESIS}@example.org"), (MAIL,)
            ),
            ("8BITMIME",),
            Obstacle.NO_SMTPUTF8,
            id="an address beyond ASCII",
        ),
        pytest.param(
            Outgoing("", Recipient("j@example.org"), (b"\xc3\xa9\r\n",)),
            (),
            Obstacle.NOT_SEVEN_BIT,
            id="8 bit",
        ),
        pytest.param(
            Outgoing("", Recipient("a> NOTIFY=NEVER <b@example.org"), (MAIL,)),
            (),
            Obstacle.BAD_ADDRESS,
            id="an address with a command in it",
        ),
    ],
)
@in_loop
async def test_a_copy_that_the_next_hop_cannot_take_is_not_offered(copy, offers, obstacle):
    async with FakeHop(offers=offers).running() as fake:
        relay = relay_of()
        attempted = await attempt(fake, copy, relay=relay)
        assert relay.open_connections == 1
        relay.close()
    assert (attempted.stage, attempted.answer.obstacle) == (Stage.MAIL, obstacle)
    assert not any(command.startswith("MAIL") for command in fake.commands)
