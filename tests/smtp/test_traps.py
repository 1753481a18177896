"""aiosmtpd's traps, each held shut on the wire."""

import asyncio
import socket
import statistics
import threading
from base64 import b64encode
from ipaddress import ip_network

import pytest

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.errors import Fault
from gateway.smtp.limits import SessionLimits
from gateway.smtp.station import Role
from tests.smtp.kit import ENVELOPE, MAIL, SOON, FakeReception, Run, serving

LOOPBACK = (ip_network("127.0.0.0/8"),)
PLAIN = b64encode(b"\0acme\0s3cret")


def test_a_misspelt_hook_does_not_drop_mail(run: Run, tmp_path):
    class Misspelt(FakeReception):
        accept = None  # as if it were called `acept`

    async def talk():
        async with serving(tmp_path, reception=Misspelt()) as server, server.client() as client:
            await client.hello()
            assert (await client.mail()).startswith("451 4.3.0 ")

    run(talk())


@pytest.mark.parametrize("fault", [RuntimeError("locked: /secret/path.db"), Fault("disk is full")])
def test_an_exception_in_a_hook_is_answered_451_without_its_text(fault, run: Run, tmp_path):
    said = "451 4.3.0 Something went wrong on our side, please try again later"

    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            server.reception.fault = fault
            assert await client.envelope() == ["250 2.1.0 OK", said]
            server.reception.fault = None
            await client.say(ENVELOPE[1])
            server.reception.fault = fault
            await client.say(b"DATA")
            await client.send(MAIL + b".\r\n")
            assert await client.reply() == said
            server.reception.fault = None
            assert await client.mail() == "250 2.0.0 Queued as msg_1"

    run(talk())


def test_the_null_reverse_path_arrives_empty(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            await client.envelope(b"MAIL FROM:<>", ENVELOPE[1])
            await client.say(b"DATA")
            await client.send(MAIL + b".\r\n")
            await client.reply()
        assert server.reception.taken[0].envelope.sender == ""

    run(talk())


def test_port_0_gives_a_port_and_hooks_run_in_this_thread(run: Run, tmp_path):
    threads = []

    class Where(FakeReception):
        async def accept(self, envelope, content, peer):
            threads.append(threading.get_ident())
            return await super().accept(envelope, content, peer)

    async def talk():
        async with serving(tmp_path, reception=Where()) as server, server.client() as client:
            await client.hello()
            await client.mail()
            assert server.listener.addresses == (f"127.0.0.1:{server.port}",)
            assert server.port > 0
        assert threads == [threading.get_ident()]

    run(talk())


def test_a75_a_body_of_empty_lines_costs_neither_memory_nor_time(run: Run, tmp_path):
    """24 MiB of them took aiosmtpd 27 s and 2 GB, one object a line."""
    size = 24 * 2**20
    block = b"\r\n" * 2**15

    async def flood(client):
        await client.send(MAIL)
        for _ in range(size // len(block)):
            await client.send(block)
        await client.send(b".\r\n")

    async def talk():
        async with serving(tmp_path) as server, server.client() as client, server.client() as other:
            loop = asyncio.get_running_loop()
            await client.hello()
            await other.hello()
            await client.envelope()
            await client.say(b"DATA")
            sending = loop.create_task(flood(client))
            waits = []
            while not sending.done():
                started = loop.time()
                await other.say(b"NOOP")
                waits.append(loop.time() - started)
                await asyncio.sleep(0.06)  # No more than idle commands may be.
            assert await client.reply() == "250 2.0.0 Queued as msg_1"
        assert statistics.median(waits) < 0.05
        assert server.reception.taken[0].content.data is None
        assert len(server.reception.taken[0].data) == size + len(MAIL)
        assert list(server.spool.iterdir()) == []

    run(talk())


def test_a79_data_without_any_line_end_is_bounded(run: Run, tmp_path):
    limits = SessionLimits(message=2**20)

    async def talk():
        async with serving(tmp_path, limits=limits) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            client.writer.write(b"x" * (2 * 2**20 + 2**16))
            assert await client.reply() == "552 5.3.4 The message is bigger than we take"
            assert await client.rest() == b""
        assert list(server.spool.iterdir()) == []

    run(talk())


@pytest.mark.parametrize(
    "data", [b"a\nb\r\n", b"a\rb\r\n", b"a\rb\nc\r\n", b"a\r\r\nb\r\n", b"\nb\r\n", b"a\n\r\n"]
)
def test_bare_cr_or_lf_does_not_pass(data, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            reply = await client.mail(MAIL + data)
            assert reply == "550 5.6.11 The message has a CR or LF that stands alone"
            assert await client.mail() == "250 2.0.0 Queued as msg_1"
        assert server.meter.reasons == ["line_end"]

    run(talk())


def test_a10_a_second_starttls_inside_tls_is_refused(run: Run, tmp_path, server_tls, client_tls):
    async def talk():
        async with serving(tmp_path, tls=server_tls) as server, server.client() as client:
            await client.hello()
            await client.say(b"STARTTLS")
            await client.start_tls(client_tls)
            await client.say(b"EHLO again")
            assert await client.say(b"STARTTLS") == "503 5.5.1 TLS is on already"
            assert await client.mail() == "250 2.0.0 Queued as msg_1"

    run(talk())


def test_a57_recipients_commands_errors_and_connections_are_limited(run: Run, tmp_path):
    limits = SessionLimits(
        recipients=1, idle_commands=3, idle_commands_rate=0, errors_per_session=2, connections=2
    )

    async def talk():
        async with (
            serving(tmp_path, limits=limits) as server,
            server.client() as client,
            server.client() as second,
            server.client() as third,
        ):
            await client.hello()
            await second.hello()
            assert (await third.reply()).startswith("421 4.7.0 ")
            await client.envelope()
            assert (await client.say(b"RCPT TO:<b@x.test>")).startswith("452 4.5.3 ")
            said = [(await client.say(b"NOOP"))[:9] for _ in range(3)]
            assert said == ["250 2.0.0", "250 2.0.0", "421 4.7.0"]
            said = [(await second.say(b"XYZZY"))[:9] for _ in range(3)]
            assert said == ["500 5.5.1", "500 5.5.1", "421 4.7.0"]

    run(talk())


def test_proxy_data_survives_starttls(run: Run, tmp_path, server_tls, client_tls):
    async def talk():
        async with (
            serving(tmp_path, tls=server_tls, proxy_networks=LOOPBACK) as server,
            server.client() as client,
        ):
            await client.send(b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n")
            await client.hello()
            await client.say(b"STARTTLS")
            await client.start_tls(client_tls)
            await client.say(b"EHLO again")
            await client.mail()
        peer = server.reception.taken[0].peer
        assert (peer.address, peer.port, peer.helo, peer.tls) == (
            "192.0.2.7",
            4711,
            "again",
            "TLSv1.3",
        )

    run(talk())


def test_auth_works_on_implicit_tls(run: Run, tmp_path, server_tls, client_tls):
    async def talk():
        async with (
            serving(tmp_path, Role.SUBMISSIONS, tls=server_tls) as server,
            server.client(context=client_tls) as client,
        ):
            assert "250-AUTH PLAIN LOGIN" in await client.hello()
            assert await client.say(b"AUTH PLAIN " + PLAIN) == "235 2.7.0 Authentication successful"
            await client.mail()
        peer = server.reception.taken[0].peer
        assert (peer.login, peer.tenant_id, peer.tls) == ("acme", "ten_acme", "TLSv1.3")

    run(talk())


def test_dsn_parameters_and_auth_are_taken_with_their_letter_case(run: Run, tmp_path):
    async def talk():
        async with (
            serving(tmp_path, Role.SUBMISSION, plain_networks=LOOPBACK) as server,
            server.client() as client,
        ):
            assert (await client.hello()).endswith("250 DSN")
            await client.say(b"AUTH PLAIN " + PLAIN)
            said = await client.envelope(
                b"MAIL FROM:<Acme@x.test> BODY=8BITMIME SIZE=99 RET=HDRS ENVID=Ab+2BcD AUTH=<>",
                b"RCPT TO:<Carol@y.test> NOTIFY=success,DELAY ORCPT=rfc822;Ca+2BRol@y.test",
            )
            assert said == ["250 2.1.0 OK", "250 2.1.5 OK"]
            await client.say(b"DATA")
            await client.send(MAIL + b".\r\n")
            await client.reply()
        assert server.reception.taken[0].envelope == Envelope(
            "Acme@x.test",
            (Recipient("Carol@y.test", ("SUCCESS", "DELAY"), "rfc822;Ca+Rol@y.test"),),
            ret="HDRS",
            envid="Ab+cD",
        )

    run(talk())


def test_lines_over_998_octets_are_taken(run: Run, tmp_path):
    data = MAIL + b"x" * 5_000_000 + b"\r\n"

    async def talk():
        async with serving(tmp_path) as server, server.client() as client:
            await client.hello()
            assert await client.mail(data) == "250 2.0.0 Queued as msg_1"
        assert server.reception.taken[0].data == data

    run(talk())


def test_command_limits_are_not_shared_and_do_not_grow(run: Run, tmp_path):
    long = b"MAIL FROM:<" + b"a" * 2100 + b"@x.test>"

    async def talk():
        async with serving(tmp_path) as server, server.client() as client, server.client() as other:
            await client.hello()
            await other.hello()
            for _ in range(15):
                await client.say(b"EHLO me")
            said = {await client.say(long), await other.say(long)}
            assert said == {"500 5.5.2 The line is too long"}

    run(talk())


@pytest.mark.parametrize("leave", ["half-close", "close", "reset"])
def test_a_client_that_leaves_does_not_cancel_a_running_commit(leave, run: Run, tmp_path):
    async def talk():
        reception = FakeReception(gate=asyncio.Event())
        async with serving(tmp_path, reception=reception) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            await client.send(MAIL + b".\r\n")
            async with asyncio.timeout(SOON):
                await reception.reached.wait()
            if leave == "half-close":
                client.writer.write_eof()
            elif leave == "close":
                client.close()
            else:
                linger = b"\1\0\0\0\0\0\0\0"
                client.writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
                client.writer.transport.abort()
            await asyncio.sleep(0.05)  # the end of the connection has to arrive first
            reception.gate.set()
            if leave == "half-close":
                assert await client.rest() == b"250 2.0.0 Queued as msg_1\r\n"
            await server.quiet()
        assert [taken.data for taken in reception.taken] == [MAIL]
        assert server.meter.sizes == [len(MAIL)]

    run(talk())
