"""Asking web servers that others named, on real sockets of this machine."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
import trustme

from gateway.mail.errors import Fault
from gateway.ports.outward import NotPermitted
from gateway.runtime.egress import Egress
from gateway.runtime.outward import HttpOutward

LOOPBACK = [ip_network("127.0.0.0/8")]
AUTHORITY = trustme.CA()


@asynccontextmanager
async def server(answer, *, name=None):
    """A server that answers with these octets; yields its port, and what it was asked."""
    asked = []
    context = None
    if name is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        AUTHORITY.issue_cert(name).configure_cert(context)

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
             if line.startswith(b"content-length")),
            0,
        )  # fmt: skip
        asked.append(head + await reader.readexactly(length))
        writer.write(answer)
        if answer:
            await writer.drain()
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with running:
        yield running.sockets[0].getsockname()[1], asked


def outward(addresses=("127.0.0.1",), *, allow=LOOPBACK):
    async def resolve(host):
        return addresses

    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return HttpOutward(Egress(allow), resolve, context=context)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\nok"


def test_an_answer_comes_back_over_tls_for_the_name_that_was_asked():
    async def ask():
        async with server(OK, name="hooks.example") as (port, asked):
            answer = await outward().ask(
                "POST", f"https://hooks.example:{port}/a?b=c", headers={"X-Id": "7"}, body=b"{}"
            )
        return answer, asked[0]

    answer, asked = asyncio.run(ask())
    assert (answer.status, answer.headers["x-one"], answer.body) == (200, "1", b"ok")
    assert asked.startswith(b"POST /a?b=c HTTP/1.1\r\nHost: hooks.example:")
    assert b"X-Id: 7\r\n" in asked
    assert asked.endswith(b"\r\n\r\n{}")


def test_a_certificate_for_another_name_is_refused():
    async def ask():
        async with server(OK, name="other.example") as (port, asked):
            with pytest.raises(Fault, match="certificate"):
                await outward().ask("GET", f"https://hooks.example:{port}/")
        return asked

    assert asyncio.run(ask()) == []


def test_a101_a103_a_host_that_leads_inside_is_not_connected():
    async def ask():
        async with server(OK, name="hooks.example") as (port, asked):
            with pytest.raises(NotPermitted):
                await outward(allow=[]).ask("GET", f"https://hooks.example:{port}/")
        return asked

    assert asyncio.run(ask()) == []


def test_plain_http_goes_only_where_the_admin_allowed_it():
    async def ask():
        async with server(OK) as (port, _):
            answer = await outward().ask("GET", f"http://hooks.example:{port}/")
            with pytest.raises(NotPermitted, match="https"):
                await outward(["192.0.2.1"]).ask("GET", f"http://hooks.example:{port}/")
        return answer.status

    assert asyncio.run(ask()) == 200


def test_a102_a_redirect_is_an_answer():
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"

    async def ask():
        async with server(moved) as (port, asked):
            answer = await outward().ask("GET", f"http://hooks.example:{port}/")
        return answer.status, len(asked)

    assert asyncio.run(ask()) == (302, 1)


def test_a105_of_a_large_body_only_the_beginning_is_read():
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 1_000_000

    async def ask():
        async with server(large) as (port, _):
            return await outward().ask("GET", f"http://hooks.example:{port}/", most_octets=1000)

    assert asyncio.run(ask()).body == b"x" * 1000


@pytest.mark.parametrize(
    "answer", [pytest.param(b"", id="silence"), pytest.param(b"SSH-2.0-x\r\n", id="another")]
)
def test_silence_and_other_protocols_are_faults(answer):
    async def ask():
        async with server(answer) as (port, _):
            await outward().ask("GET", f"http://hooks.example:{port}/", seconds=0.3)

    with pytest.raises(Fault):
        asyncio.run(ask())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:password@hooks.example/",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example/\r\nX: 1",
        "https://hooks.example:99999/",
        "https://bücher.example/",
    ],
)
def test_a100_odd_urls_are_refused(url):
    with pytest.raises(NotPermitted):
        asyncio.run(outward().ask("GET", url))


def test_a_header_can_not_bring_another():
    with pytest.raises(NotPermitted):
        asyncio.run(outward().ask("GET", "https://a.example/", headers={"X": "1\r\nY: 2"}))
