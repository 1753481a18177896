"""What a session answers, command by command."""

import asyncio

import pytest

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.replies import Reply
from gateway.ports.reception import Peer
from tests.smtp.kit import ENVELOPE, HOST, MAIL, FakeReception, Run, serving


def test_banner_and_greeting_name_the_host_and_no_library(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            said = [
                await client.reply(),
                await client.say(b"HELO me"),
                await client.say(b"ehlo [127.0.0.1]"),
            ]
        assert said == [
            f"220 {HOST} ESMTP",
            f"250 {HOST}",
            "\n".join(
                [
                    f"250-{HOST}",
                    "250-PIPELINING",
                    "250-SIZE 26214400",
                    "250-ENHANCEDSTATUSCODES",
                    "250-8BITMIME",
                    "250-SMTPUTF8",
                    "250 CHUNKING",
                ]
            ),
        ]

    run(talk())


def test_mail_is_handed_over_as_it_came(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            reply = await client.mail()
            port = client.writer.get_extra_info("sockname")[1]
        taken = server.reception.taken[0]
        assert reply == "250 2.0.0 Queued as msg_1"
        assert taken.data == taken.content.head == MAIL
        assert taken.envelope == Envelope("carol@customer.test", (Recipient("acme@reply.test"),))
        assert taken.peer == Peer("127.0.0.1", port, "client.test")
        assert server.meter.sizes == [len(MAIL)]

    run(talk())


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        pytest.param(b"NOOP", "250 2.0.0 OK", id="noop"),
        pytest.param(b"NOOP anything", "250 2.0.0 OK", id="noop with words"),
        pytest.param(b"RSET", "250 2.0.0 OK", id="rset"),
        pytest.param(b"RSET now", "501 5.5.4 This command takes no argument", id="rset with words"),
        pytest.param(b"VRFY carol", "252 2.0.0 Send mail, and see", id="vrfy tells nothing"),
        pytest.param(b"EXPN all", "502 5.5.1 EXPN is not offered", id="expn"),
        pytest.param(b"QUIT", "221 2.0.0 Bye", id="quit"),
        pytest.param(b"quit", "221 2.0.0 Bye", id="any letter case"),
        pytest.param(b"XYZZY", "500 5.5.1 Command not recognised", id="unknown"),
        pytest.param(b"", "500 5.5.1 Command not recognised", id="empty"),
        pytest.param(b"\xff\xfe", "500 5.5.1 Command not recognised", id="not ASCII"),
        pytest.param(b"EHLO", "501 5.5.4 Say who you are: EHLO and a host name", id="no name"),
        pytest.param(
            b"EHLO \xff\xfe", "501 5.5.4 Say who you are: EHLO and a host name", id="odd name"
        ),
        pytest.param(b"DATA", "503 5.5.1 Say MAIL first", id="data too early"),
        pytest.param(b"RCPT TO:<a@b.test>", "503 5.5.1 Say MAIL first", id="rcpt too early"),
        pytest.param(b"STARTTLS", "502 5.5.1 STARTTLS is not offered", id="no certificate"),
        pytest.param(
            b"AUTH PLAIN",
            "502 5.5.1 Authentication is not offered here",
            id="auth on mx",
        ),
    ],
)
def test_reply_to_a_command_after_ehlo(line, reply, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            assert await client.say(line) == reply

    run(talk())


def test_help_names_the_commands(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.reply()
            assert (await client.say(b"HELP")).startswith("214 2.0.0 HELO EHLO STARTTLS")

    run(talk())


@pytest.mark.parametrize(
    "verb", [b"MAIL FROM:<a@b.test>", b"RCPT TO:<a@b.test>", b"DATA", b"BDAT 0"]
)
def test_nothing_about_mail_goes_before_ehlo(verb, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.reply()
            assert await client.say(verb) == "503 5.5.1 Say EHLO first"

    run(talk())


def test_a_transaction_is_over_after_rset_ehlo_and_data(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            for end in (b"RSET", b"EHLO again"):
                await client.envelope()
                await client.say(end)
                assert await client.say(b"DATA") == "503 5.5.1 Say MAIL first"
            await client.mail()
            assert await client.say(b"DATA") == "503 5.5.1 Say MAIL first"
            assert await client.mail() == "250 2.0.0 Queued as msg_2"

    run(talk())


def test_a_second_mail_within_a_transaction_is_refused(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.say(ENVELOPE[0])
            assert await client.say(b"MAIL FROM:<>") == "503 5.5.1 A transaction is under way"

    run(talk())


def test_data_without_a_valid_recipient_is_refused(run: Run, tmp_path):
    refusal = Reply(550, "5.1.1", "No such user")

    async def talk():
        reception = FakeReception(refuses={"acme@reply.test": refusal})
        async with serving(tmp_path, reception=reception) as server, server.client() as client:
            await client.hello()
            assert await client.envelope() == ["250 2.1.0 OK", "550 5.1.1 No such user"]
            assert await client.say(b"DATA") == "554 5.5.1 No valid recipients"

    run(talk())


def test_reception_judges_each_recipient_with_those_before_it(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope(
                b"MAIL FROM:<>", b"RCPT TO:<a@x.test>", b"RCPT TO:<b@x.test>", b"RCPT TO:<a@x.test>"
            )
            await client.say(b"DATA")
            await client.send(MAIL + b".\r\n")
            await client.reply()
        assert [call[:3] for call in server.reception.judged] == [
            ("", (), "a@x.test"),
            ("", ("a@x.test",), "b@x.test"),
        ]
        assert server.reception.taken[0].envelope.recipients == (
            Recipient("a@x.test"),
            Recipient("b@x.test"),
        )

    run(talk())


def test_a_whole_dialogue_in_one_packet_is_answered_in_order(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.reply()
            lines = [
                b"EHLO me",
                *ENVELOPE,
                b"DATA",
                MAIL + b".",
                *ENVELOPE,
                b"DATA",
                MAIL + b".",
                b"QUIT",
            ]
            await client.send(b"\r\n".join(lines) + b"\r\n")
            codes = [reply[:3] for reply in await client.replies(10)]
        assert codes == ["250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]
        assert [taken.data for taken in server.reception.taken] == [MAIL, MAIL]

    run(talk())


def test_a_dialogue_byte_by_byte_is_understood(run: Run, tmp_path):
    data = MAIL + b"..dot\r\n"

    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.reply()
            for part in (
                b"EHLO me\r\n",
                *(line + b"\r\n" for line in ENVELOPE),
                b"DATA\r\n",
                data + b".\r\n",
            ):
                for position in range(len(part)):
                    await client.send(part[position : position + 1])
                    await asyncio.sleep(0)
                last = await client.reply()
        assert last == "250 2.0.0 Queued as msg_1"
        assert server.reception.taken[0].data == MAIL + b".dot\r\n"

    run(talk())


def test_a6_lines_behind_a_refused_data_are_not_taken_for_commands(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.send(b"DATA\r\nSubject: x\r\n\r\nMAIL FROM:<a@b.test>\r\n.\r\n")
            said = await client.rest()
        assert said == (
            b"503 5.5.1 Say MAIL first\r\n"
            b"421 4.7.0 Input came before the reply to DATA, goodbye\r\n"
        )

    run(talk())


@pytest.mark.parametrize("verb", [b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"CONNECT x:25 HTTP/1.1"])
def test_browsers_are_sent_away(verb, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.reply()
            await client.send(verb + b"\r\nHost: x\r\n\r\nMAIL FROM:<a@b.test>\r\n")
            assert await client.rest() == b"554 5.7.0 This is a mail server\r\n"

    run(talk())


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"NOOP\n", id="bare LF"),
        pytest.param(b"NOOP\rX\r\n", id="CR within"),
        pytest.param(b"NOOP\r\r\n", id="two CR"),
        pytest.param(b"NO\0OP\r\n", id="NUL"),
    ],
)
def test_a_command_line_with_odd_line_ends_is_refused(line, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.send(line)
            assert (await client.reply()).startswith("500 5.5.2 ")
            assert await client.say(b"NOOP") == "250 2.0.0 OK"

    run(talk())


def test_a_reply_of_reception_cannot_break_the_dialogue(run: Run, tmp_path):
    reply = Reply(550, "5.7.1", "first\nsecond\r250 third \x1b[31m žluť")

    async def talk():
        async with (
            serving(tmp_path, reception=FakeReception(verdict=reply)) as server,
            server.client() as client,
        ):
            await client.hello()
            said = await client.mail()
        assert said == "550-5.7.1 first\n550 5.7.1 second250 third [31m ?lu?"

    run(talk())


def test_a_421_of_reception_ends_the_session(run: Run, tmp_path):
    async def talk():
        reception = FakeReception(refuses={"acme@reply.test": Reply(421, "4.7.0", "Away")})
        async with serving(tmp_path, reception=reception) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            assert await client.rest() == b""

    run(talk())
