"""Listeners: sockets, PROXY, certificates, and the way out."""

import asyncio
import socket
import ssl
import struct
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
import trustme

from gateway.mail.errors import ConfigError
from gateway.ports.meter import NoMeter
from gateway.smtp.limits import SessionLimits
from gateway.smtp.listener import Listener
from gateway.smtp.quotas import Quotas
from gateway.smtp.spool import Spool
from gateway.smtp.station import ListenerConfig, Role
from tests.smtp.kit import ENVELOPE, HOST, MAIL, SOON, FakeReception, Run, serving

LOOPBACK = (ip_network("127.0.0.1/32"),)
SECOND = timedelta(seconds=1)
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def config(tmp_path, **more) -> ListenerConfig:
    limits = SessionLimits()
    spool = Spool(
        tmp_path, memory=limits.spool_memory, each=limits.spool_each, rate=limits.upload_rate
    )
    role = more.pop("role", Role.MX)
    return ListenerConfig(role, HOST, FakeReception(), spool, Quotas(limits), limits, **more)


def v2(command: int, family: int, body: bytes) -> bytes:
    return V2 + struct.pack("!BBH", 0x20 | command, family, len(body)) + body


V4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 4711, 25)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack("!HH", 4712, 25)

HEADERS = [
    pytest.param(b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n", ("192.0.2.7", 4711), id="v1"),
    pytest.param(b"PROXY TCP6 2001:db8::7 ::1 4712 25\r\n", ("2001:db8::7", 4712), id="v1 IPv6"),
    pytest.param(b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 25\r\n", ("192.0.2.7", 1), id="v4 in v6"),
    pytest.param(b"PROXY UNKNOWN\r\n", None, id="v1 unknown"),
    pytest.param(v2(1, 0x11, V4), ("192.0.2.7", 4711), id="v2"),
    pytest.param(v2(1, 0x11, V4 + b"\x04\0\x03abc"), ("192.0.2.7", 4711), id="v2 with more"),
    pytest.param(v2(1, 0x21, V6), ("2001:db8::7", 4712), id="v2 IPv6"),
    pytest.param(v2(0, 0x11, V4), None, id="v2 local"),
    pytest.param(v2(0, 0, b""), None, id="v2 local, empty"),
    pytest.param(v2(1, 0x31, b"/a/socket" + b"\0" * 207), None, id="v2 of a Unix socket"),
]


@pytest.mark.parametrize(("header", "peer"), HEADERS)
@pytest.mark.parametrize("cut", [1, 1000], ids=["byte by byte", "whole"])
def test_a_proxy_header_of_a_listed_network_is_believed(header, peer, cut, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path, proxy_networks=LOOPBACK) as server, server.client() as client:
            for start in range(0, len(header), cut):
                await client.send(header[start : start + cut])
                await asyncio.sleep(0)
            await client.hello()
            await client.mail()
            own = client.writer.get_extra_info("sockname")
        found = server.reception.taken[0].peer
        assert (found.address, found.port) == (peer or own)

    run(talk())


def test_a_header_and_the_dialogue_in_one_packet(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path, proxy_networks=LOOPBACK) as server, server.client() as client:
            await client.send(v2(1, 0x11, V4) + b"EHLO me\r\nNOOP\r\n")
            assert [reply[:3] for reply in await client.replies(3)] == ["220", "250", "250"]

    run(talk())


def test_a_proxy_header_goes_before_implicit_tls(run: Run, tmp_path, server_tls, client_tls):
    async def talk():
        async with (
            serving(tmp_path, Role.SUBMISSIONS, tls=server_tls, proxy_networks=LOOPBACK) as server,
            server.client() as client,
        ):
            await client.send(v2(1, 0x11, V4))
            await client.start_tls(client_tls)
            await client.hello()
            await client.say(b"AUTH PLAIN AGFjbWUAczNjcmV0")
            await client.mail()
        peer = server.reception.taken[0].peer
        assert (peer.address, peer.port, peer.tls) == ("192.0.2.7", 4711, "TLSv1.3")

    run(talk())


@pytest.mark.parametrize(
    "header", [b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n", v2(1, 0x11, V4)]
)
@pytest.mark.parametrize("networks", [(), (ip_network("198.51.100.0/24"),)], ids=["none", "others"])
def test_a55_a_proxy_header_of_others_is_refused(header, networks, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path, proxy_networks=networks) as server, server.client() as client:
            await client.reply()
            await client.send(header + b"EHLO me\r\n")
            said = [await client.reply() for _ in range(2)]
            assert all(reply.startswith("500 ") for reply in said[:1])
        async with serving(tmp_path, proxy_networks=networks) as server, server.client() as client:
            await client.hello()
            await client.mail()
            assert server.reception.taken[0].peer.address == "127.0.0.1"

    run(talk())


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"EHLO me\r\n", id="none"),
        pytest.param(b"PROXY TCP4 192.0.2.999 198.51.100.1 4711 25\r\n", id="bad address"),
        pytest.param(b"PROXY " + b"x" * 200 + b"\r\n", id="endless"),
        pytest.param(V2 + struct.pack("!BBH", 0x21, 0x11, 65535) + b"x" * 3000, id="too long"),
        pytest.param(v2(1, 0x11, b"abc"), id="cut"),
    ],
)
def test_a_listed_network_without_a_good_header_is_cut(header, run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path, proxy_networks=LOOPBACK) as server, server.client() as client:
            await client.send(header)
            assert await client.rest() == b""
            assert server.meter.reasons == ["preface"]

    run(talk())


def test_a_listed_network_that_sends_no_header_in_time_is_cut(run: Run, tmp_path):
    limits = SessionLimits(preface_time=timedelta(milliseconds=50))

    async def talk():
        async with (
            serving(tmp_path, limits=limits, proxy_networks=LOOPBACK) as server,
            server.client() as client,
        ):
            assert await client.rest() == b""

    run(talk())


def test_connections_behind_a_proxy_are_counted_by_their_real_peer(run: Run, tmp_path):
    limits = SessionLimits(connections_per_address=1)

    async def talk():
        async with (
            serving(tmp_path, limits=limits, proxy_networks=LOOPBACK) as server,
            server.client() as one,
            server.client() as two,
            server.client() as three,
        ):
            await one.send(v2(1, 0x21, V6))
            assert (await one.reply()).startswith("220 ")
            await two.send(b"PROXY TCP6 2001:db8::8 ::1 4712 25\r\n")
            assert (await two.reply()).startswith("421 ")
            await three.send(b"PROXY TCP6 2001:db8:0:1::8 ::1 4712 25\r\n")
            assert (await three.reply()).startswith("220 ")

    run(talk())


def test_plain_sign_in_is_judged_by_the_real_peer(run: Run, tmp_path):
    async def talk():
        async with (
            serving(
                tmp_path, Role.SUBMISSION, plain_networks=LOOPBACK, proxy_networks=LOOPBACK
            ) as server,
            server.client() as client,
        ):
            await client.send(v2(1, 0x11, V4))
            assert "AUTH" not in await client.hello()

    run(talk())


def test_implicit_tls_refuses_connections_beyond_the_limit(
    run: Run, tmp_path, server_tls, client_tls
):
    limits = SessionLimits(connections_per_address=1)

    async def talk():
        async with serving(tmp_path, Role.SUBMISSIONS, limits=limits, tls=server_tls) as server:
            async with server.client(context=client_tls) as client:
                await client.hello()
                with pytest.raises((ssl.SSLError, OSError)):
                    async with server.client(context=client_tls):
                        pass
            await server.quiet()
            async with server.client(context=client_tls) as client:
                await client.hello()

    run(talk())


def test_failed_handshakes_on_implicit_tls_leave_nothing(
    run: Run, tmp_path, server_tls, client_tls
):
    limits = SessionLimits(connections_per_address=1)

    async def talk():
        async with serving(tmp_path, Role.SUBMISSIONS, limits=limits, tls=server_tls) as server:
            for junk in (b"EHLO in clear text\r\n", b""):
                async with server.client() as client:
                    await client.send(junk)
                    client.writer.write_eof()
                    await client.rest()
            async with server.client(context=client_tls) as client:
                await client.hello()

    run(talk())


@pytest.mark.parametrize("role", [Role.SUBMISSION, Role.SUBMISSIONS])
def test_a_new_certificate_is_used_without_ending_sessions(
    role, run: Run, tmp_path, server_tls, client_tls
):
    other = trustme.CA()
    new_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    other.issue_cert(HOST).configure_cert(new_server)
    new_client = ssl.create_default_context()
    other.configure_trust(new_client)

    async def opened(client, context):
        if role is Role.SUBMISSION:
            await client.hello()
            await client.say(b"STARTTLS")
            await client.start_tls(context)
            await client.say(b"EHLO me")
        else:
            await client.hello()

    async def talk():
        implicit = role is Role.SUBMISSIONS
        async with (
            serving(tmp_path, role, tls=server_tls) as server,
            server.client(context=client_tls if implicit else None) as old,
        ):
            await opened(old, client_tls)
            server.listener.replace_tls(new_server)
            async with server.client(context=new_client if implicit else None) as new:
                await opened(new, new_client)
                assert await new.say(b"NOOP") == await old.say(b"NOOP") == "250 2.0.0 OK"

    run(talk())


def test_drain_ends_idle_sessions_and_waits_for_transactions(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as idle, server.client() as busy:
            await idle.hello()
            await busy.hello()
            await busy.say(ENVELOPE[0])
            draining = asyncio.ensure_future(server.listener.drain(timedelta(seconds=SOON)))
            assert (
                await idle.rest()
                == b"421 4.3.2 The service is going down, please try again later\r\n"
            )
            assert not draining.done()
            await busy.say(ENVELOPE[1])
            await busy.say(b"DATA")
            await busy.send(MAIL + b".\r\n")
            assert await busy.reply() == "250 2.0.0 Queued as msg_1"
            assert (await busy.reply()).startswith("421 4.3.2 ")
            assert await draining == 0

    run(talk())


def test_drain_lets_nobody_in(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server:
            port = server.port
            await server.listener.drain(SECOND)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)

    run(talk())


def test_drain_tells_how_many_it_could_not_wait_for(run: Run, tmp_path):
    async def talk():
        async with serving(tmp_path) as server, server.client() as stuck:
            await stuck.hello()
            await stuck.say(ENVELOPE[0])
            assert await server.listener.drain(timedelta(milliseconds=20)) == 1
            await server.listener.close()
            assert server.listener.sessions == 0

    run(talk())


def test_close_waits_for_what_is_being_stored(run: Run, tmp_path):
    async def talk():
        reception = FakeReception(gate=asyncio.Event())
        async with serving(tmp_path, reception=reception) as server, server.client() as client:
            await client.hello()
            await client.envelope()
            await client.say(b"DATA")
            await client.send(MAIL + b".\r\n")
            await reception.reached.wait()
            closing = asyncio.ensure_future(server.listener.close())
            await asyncio.sleep(0.02)
            assert not closing.done()
            reception.gate.set()
            await closing
        assert [taken.data for taken in reception.taken] == [MAIL]

    run(talk())


def test_given_sockets_are_served(run: Run, tmp_path):
    async def talk():
        given = socket.create_server(("127.0.0.1", 0))
        port = given.getsockname()[1]
        listener = Listener(config(tmp_path), sockets=[given])
        await listener.start()
        assert listener.addresses == (f"127.0.0.1:{port}",)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"220 ")
        writer.close()
        await listener.close()

    run(talk())


def test_ipv6_addresses_are_written_in_brackets(run: Run, tmp_path):
    async def talk():
        listener = Listener(config(tmp_path), ["[::1]:0", "127.0.0.1:0"])
        try:
            await listener.start()
        except ConfigError:
            pytest.skip("no IPv6 here")
        assert [address.rpartition(":")[0] for address in listener.addresses] == [
            "[::1]",
            "127.0.0.1",
        ]
        await listener.close()

    run(talk())


@pytest.mark.parametrize(
    ("address", "text"),
    [
        pytest.param("2525", "write host:port", id="no host"),
        pytest.param("127.0.0.1:smtp", "write host:port", id="no number"),
        pytest.param("127.0.0.1:99999", "write host:port", id="big number"),
        pytest.param("203.0.113.200:2525", "Cannot assign requested address", id="not ours"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_the_admins_mistake(
    address, text, run: Run, tmp_path
):
    async def talk():
        listener = Listener(config(tmp_path), ["127.0.0.1:0", address])
        with pytest.raises(ConfigError, match=text):
            await listener.start()
        assert listener.addresses == ()

    run(talk())


def test_a_port_in_use_is_the_admins_mistake(run: Run, tmp_path):
    async def talk():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            listener = Listener(config(tmp_path), [f"127.0.0.1:{taken.getsockname()[1]}"])
            with pytest.raises(ConfigError, match="Address already in use"):
                await listener.start()

    run(talk())


def test_submissions_without_a_certificate_is_the_admins_mistake(run: Run, tmp_path):
    async def talk():
        listener = Listener(config(tmp_path, role=Role.SUBMISSIONS), ["127.0.0.1:0"])
        with pytest.raises(ConfigError, match="certificate"):
            await listener.start()

    run(talk())


def test_counting_nothing_is_the_default(tmp_path):
    meter = replace(config(tmp_path)).meter
    assert isinstance(meter, NoMeter)
    assert (meter.connected(), meter.disconnected(), meter.accepted(1), meter.refused("x")) == (
        None,
    ) * 4
