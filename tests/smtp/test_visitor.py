"""EHLO, STARTTLS and AUTH on the wire."""

import asyncio
from base64 import b64encode
from datetime import timedelta
from ipaddress import ip_network

import pytest

from gateway.mail.errors import Fault
from gateway.smtp.limits import SessionLimits
from gateway.smtp.station import Role
from tests.smtp.kit import ENVELOPE, HOST, FakeReception, Run, serving

LOOPBACK = (ip_network("127.0.0.1/32"),)
GOOD = b64encode(b"\0acme\0s3cret")
BAD = b64encode(b"\0acme\0wrong")
SIGNED_IN = "235 2.7.0 Authentication successful"
WRONG = "535 5.7.8 Name or password is wrong"


def submission(tmp_path, **more):
    return serving(tmp_path, Role.SUBMISSION, plain_networks=LOOPBACK, **more)


def test_submission_offers_auth_only_where_it_may_be_used(
    run: Run, tmp_path, server_tls, client_tls
):
    async def talk():
        async with (
            submission(tmp_path, tls=server_tls) as server,
            server.client() as near,
            server.client("127.0.0.2") as far,
        ):
            offers = [await near.hello(), await far.hello()]
            assert ["AUTH PLAIN LOGIN" in offer for offer in offers] == [True, False]
            assert ["250-STARTTLS" in offer for offer in offers] == [True, True]
            await far.say(b"STARTTLS")
            await far.start_tls(client_tls)
            after = await far.say(b"EHLO again")
            assert "250-AUTH PLAIN LOGIN" in after
            assert "STARTTLS" not in after
            assert await far.say(b"AUTH PLAIN " + GOOD) == SIGNED_IN

    run(talk())


def test_mail_before_auth_is_refused_on_submission(run: Run, tmp_path):
    async def talk():
        async with submission(tmp_path) as server, server.client() as client:
            await client.hello()
            assert await client.say(ENVELOPE[0]) == "530 5.7.0 Authentication required"

    run(talk())


def test_a12_auth_in_clear_text_from_afar_is_refused_unseen(run: Run, tmp_path):
    async def talk():
        async with submission(tmp_path) as server, server.client("127.0.0.2") as client:
            await client.hello()
            reply = await client.say(b"AUTH PLAIN " + GOOD)
        assert reply == "538 5.7.11 Authentication without encryption is refused here"
        assert server.reception.tried == []

    run(talk())


@pytest.mark.parametrize("verb", [b"AUTH PLAIN", b"auth plain", b"Auth Plain"])
def test_auth_in_any_letter_case_with_and_without_initial_response(verb, run: Run, tmp_path):
    async def talk():
        async with (
            submission(tmp_path) as server,
            server.client() as one,
            server.client() as two,
        ):
            await one.hello()
            assert await one.say(verb + b" " + GOOD) == SIGNED_IN
            await two.hello()
            assert await two.say(verb) == "334 "
            assert await two.say(GOOD) == SIGNED_IN
        assert server.reception.tried == [("acme", "s3cret")] * 2

    run(talk())


def test_auth_login_asks_for_name_and_password(run: Run, tmp_path):
    async def talk():
        async with (
            submission(tmp_path) as server,
            server.client() as one,
            server.client() as two,
        ):
            await one.hello()
            assert await one.say(b"AUTH LOGIN") == "334 VXNlcm5hbWU6"
            assert await one.say(b64encode(b"acme")) == "334 UGFzc3dvcmQ6"
            assert await one.say(b64encode(b"s3cret")) == SIGNED_IN
            await two.hello()
            assert await two.say(b"auth login " + b64encode(b"acme")) == "334 UGFzc3dvcmQ6"
            assert await two.say(b64encode(b"s3cret")) == SIGNED_IN

    run(talk())


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        pytest.param(
            [b"AUTH"], "501 5.5.4 Syntax: AUTH mechanism [initial-response]", id="nothing"
        ),
        pytest.param([b"AUTH CRAM-MD5"], "504 5.5.4 Only PLAIN and LOGIN are offered", id="other"),
        pytest.param([b"AUTH PLAIN", b"*"], "501 5.7.0 Authentication cancelled", id="cancelled"),
        pytest.param(
            [b"AUTH LOGIN", b"YQ==", b"*"], "501 5.7.0 Authentication cancelled", id="late"
        ),
        pytest.param([b"AUTH PLAIN !!!"], "501 5.5.2 That was not base64", id="not base64"),
        pytest.param([b"AUTH PLAIN \xff\xfe"], "501 5.5.2 That was not base64", id="not ASCII"),
        pytest.param(
            [b"AUTH PLAIN YQ=="], "501 5.5.2 That did not hold a name and a password", id="no NUL"
        ),
        pytest.param(
            [b"AUTH PLAIN ="], "501 5.5.2 That did not hold a name and a password", id="empty"
        ),
        pytest.param(
            [b"AUTH PLAIN " + b64encode(b"\0\xff\0x")],
            "501 5.5.2 That did not hold a name and a password",
            id="not UTF-8",
        ),
        pytest.param([b"AUTH PLAIN " + b64encode(b"boss\0acme\0s3cret")], WRONG, id="for another"),
        pytest.param(
            [b"AUTH PLAIN " + b64encode(b"acme\0acme\0s3cret")], SIGNED_IN, id="for oneself"
        ),
        pytest.param([b"AUTH PLAIN " + BAD], WRONG, id="wrong password"),
        pytest.param([b"AUTH PLAIN " + b64encode(b"\0nobody\0x")], WRONG, id="wrong name"),
        pytest.param([b"AUTH PLAIN", b"A" * 20_000], "500 5.5.6 The line is too long", id="long"),
        pytest.param(
            [b"AUTH PLAIN " + GOOD, b"AUTH PLAIN"],
            "503 5.5.1 You are authenticated already",
            id="twice",
        ),
    ],
)
def test_reply_to_auth(lines, reply, run: Run, tmp_path):
    async def talk():
        async with submission(tmp_path) as server, server.client() as client:
            await client.hello()
            assert [await client.say(line) for line in lines][-1] == reply
            assert await client.say(b"NOOP") == "250 2.0.0 OK"

    run(talk())


def test_auth_goes_after_ehlo_and_before_mail(run: Run, tmp_path):
    async def talk():
        async with submission(tmp_path) as server, server.client() as client:
            await client.reply()
            assert await client.say(b"AUTH PLAIN " + GOOD) == "503 5.5.1 Say EHLO first"
            await client.say(b"HELO me")
            assert await client.say(b"AUTH PLAIN " + GOOD) == "503 5.5.1 Say EHLO first"

    run(talk())


def test_a_fault_while_judging_a_login_is_temporary_and_silent(run: Run, tmp_path):
    async def talk():
        async with submission(tmp_path) as server, server.client() as client:
            await client.hello()
            server.reception.fault = Fault("database is locked: /secret")
            assert (await client.say(b"AUTH PLAIN " + GOOD)).startswith("454 4.7.0 We cannot check")
            server.reception.fault = RuntimeError("secret")
            assert (await client.say(b"AUTH PLAIN " + GOOD)).startswith("451 4.3.0 Something went")
            server.reception.fault = None
            assert await client.say(b"AUTH PLAIN " + GOOD) == SIGNED_IN

    run(talk())


def test_a139_failures_are_delayed_and_then_not_answered(run: Run, tmp_path):
    limits = SessionLimits(
        auth_failures=2, auth_delay=timedelta(milliseconds=20), errors_per_session=99
    )

    async def talk():
        async with submission(tmp_path, limits=limits) as server, server.client() as client:
            loop = asyncio.get_running_loop()
            await client.hello()
            waits, said = [], []
            for _ in range(8):
                started = loop.time()
                said.append(await client.say(b"AUTH PLAIN " + BAD))
                waits.append(loop.time() - started)
            assert said[:7] == [WRONG] * 7
            assert said[7] == "421 4.7.0 Too many failures to authenticate, try again later"
            assert waits[2] > 0.015
            assert waits[4] > 0.07
        assert len(server.reception.tried) == 7

    run(talk())


def test_a139_the_owner_of_an_attacked_login_gets_in_from_elsewhere(run: Run, tmp_path):
    limits = SessionLimits(
        auth_failures=1, auth_delay=timedelta(milliseconds=1), errors_per_session=99
    )
    networks = (ip_network("127.0.0.0/8"),)

    async def talk():
        async with (
            serving(tmp_path, Role.SUBMISSION, plain_networks=networks, limits=limits) as server,
            server.client() as attacker,
            server.client("127.0.0.9") as owner,
        ):
            await attacker.hello()
            said = [await attacker.say(b"AUTH PLAIN " + BAD) for _ in range(7)]
            assert said[-1].startswith("421 ")
            await owner.hello()
            assert await owner.say(b"AUTH PLAIN " + GOOD) == SIGNED_IN

    run(talk())


def test_a9_commands_put_behind_starttls_are_dropped(run: Run, tmp_path, server_tls, client_tls):
    async def talk():
        async with serving(tmp_path, tls=server_tls) as server, server.client() as client:
            await client.hello()
            await client.send(b"STARTTLS\r\nEHLO inj\r\nMAIL FROM:<i@x.test>\r\n")
            assert await client.reply() == "220 2.0.0 Ready to start TLS"
            await client.start_tls(client_tls)
            assert await client.say(b"RCPT TO:<acme@reply.test>") == "503 5.5.1 Say EHLO first"
            assert await client.say(b"EHLO me") is not None
            assert await client.say(b"RCPT TO:<acme@reply.test>") == "503 5.5.1 Say MAIL first"

    run(talk())


def test_starttls_forgets_what_was_said_before(run: Run, tmp_path, server_tls, client_tls):
    async def talk():
        async with submission(tmp_path, tls=server_tls) as server, server.client() as client:
            await client.hello()
            await client.say(b"AUTH PLAIN " + GOOD)
            await client.say(ENVELOPE[0])
            assert await client.say(b"STARTTLS now") == "501 5.5.4 This command takes no argument"
            await client.say(b"STARTTLS")
            await client.start_tls(client_tls)
            assert await client.say(ENVELOPE[0]) == "503 5.5.1 Say EHLO first"
            await client.say(b"EHLO me")
            assert await client.say(ENVELOPE[0]) == "530 5.7.0 Authentication required"

    run(talk())


def test_big_mail_passes_through_tls(run: Run, tmp_path, server_tls, client_tls):
    data = b"Subject: big\r\n\r\n" + b"line of text\r\n" * 200_000

    async def talk():
        async with serving(tmp_path, tls=server_tls) as server, server.client() as client:
            await client.hello()
            await client.say(b"STARTTLS")
            await client.start_tls(client_tls)
            await client.say(b"EHLO me")
            assert await client.mail(data) == "250 2.0.0 Queued as msg_1"
            assert await client.say(b"QUIT") == "221 2.0.0 Bye"
        assert server.reception.taken[0].data == data

    run(talk())


def test_a_handshake_that_fails_ends_the_session_alone(run: Run, tmp_path, server_tls):
    async def talk():
        async with serving(tmp_path, tls=server_tls) as server:
            async with server.client() as client:
                await client.hello()
                await client.say(b"STARTTLS")
                await client.send(b"this is no handshake\r\n" * 10)
                await client.rest()
            await server.quiet()
            async with server.client() as again:
                assert f"250-{HOST}" in await again.hello()
        assert server.meter.reasons == ["tls"]

    run(talk())


def test_a_client_that_leaves_within_the_handshake_leaves_nothing(run: Run, tmp_path, server_tls):
    async def talk():
        async with serving(tmp_path, tls=server_tls) as server:
            async with server.client() as client:
                await client.hello()
                await client.say(b"STARTTLS")
            await server.quiet()

    run(talk())


def test_an_exception_while_judging_counts_in_the_meter(run: Run, tmp_path):
    async def talk():
        reception = FakeReception(fault=Fault("down"))
        async with serving(tmp_path, reception=reception) as server, server.client() as client:
            await client.hello()
            await client.envelope()
        assert server.meter.reasons == ["fault"]

    run(talk())


def test_a123_logs_hold_no_password_and_no_recipient(run: Run, tmp_path, logs):
    async def talk():
        async with submission(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.say(b"AUTH PLAIN " + BAD)
            await client.say(b"AUTH LOGIN")
            await client.say(b64encode(b"acme"))
            await client.say(b64encode(b"s3cret"))
            server.reception.fault = RuntimeError("a fault")
            await client.envelope()
        text = repr(logs)
        assert {entry["event"] for entry in logs} == {"login.refused", "session.fault"}
        assert not any(word in text for word in ("s3cret", "wrong", "acme@reply.test", "carol"))

    run(talk())


def test_credentials_that_end_in_a_bare_lf_are_refused(run: Run, tmp_path):
    async def talk():
        async with submission(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.say(b"AUTH PLAIN")
            await client.send(GOOD + b"\n")
            assert await client.reply() == "501 5.5.2 That was not base64"
        assert server.reception.tried == []

    run(talk())
