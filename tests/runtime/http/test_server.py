import asyncio
import contextlib
import json
import socket
from dataclasses import replace
from datetime import timedelta

import pytest
import uvloop
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse

from gateway.mail.errors import ConfigError
from gateway.runtime.http.body import BodyLimit
from gateway.runtime.http.draining import Draining
from gateway.runtime.http.protocol import HttpLimits
from gateway.runtime.http.server import HttpServer

pytestmark = pytest.mark.journey
SOON = timedelta(milliseconds=150)
LATE = timedelta(seconds=30)
PATIENT = HttpLimits(header=LATE, body=LATE, linger=LATE)
DRAIN = timedelta(seconds=5)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    def start(coroutine):
        factory = uvloop.new_event_loop if request.param == "uvloop" else None
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(asyncio.wait_for(coroutine, 20))

    return start


async def echo(scope, receive, send):
    request = Request(scope, receive)
    if request.url.path == "/big":

        async def much():
            for _ in range(2000):
                yield b"x" * 65536

        await StreamingResponse(much())(scope, receive, send)
        return
    if request.url.path == "/early":
        await PlainTextResponse("no", 401)(scope, receive, send)
        return
    body = await request.body()
    await PlainTextResponse(f"{request.method} {len(body)}")(scope, receive, send)


@contextlib.asynccontextmanager
async def serving(limits=PATIENT, app=echo, draining=None):
    server = HttpServer(app, limits, drain=DRAIN, draining=draining or Draining())
    (address,) = await server.start([("127.0.0.1", 0)])
    try:
        yield int(address.rpartition(":")[2])
    finally:
        await server.stop()


async def talk(port, octets, *, eof=False):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write(octets)
        if eof:
            writer.write_eof()
        answer = await reader.read()
    writer.close()
    return answer


GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def test_requests_are_answered(run):
    async def main():
        async with serving() as port:
            return await talk(port, GET)

    answer = run(main())
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"GET 0")
    assert b"uvicorn" not in answer


def test_pipelined_requests_are_answered_in_turn(run):
    async def main():
        async with serving() as port:
            return await talk(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3 + GET)

    assert run(main()).count(b"HTTP/1.1 200 OK") == 4


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            id="length beside chunks",
        ),
        pytest.param(b"GET / HTTP/1.1\nHost: a\n\n", id="LF alone"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000, id="endless header"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            id="broken chunk",
        ),
    ],
)
def test_what_is_no_request_gets_a_problem(run, octets):
    async def main():
        async with serving() as port:
            return await talk(port, octets, eof=True)

    head, _, body = run(main()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert json.loads(body)["code"] == "bad_request"


def test_a_header_that_does_not_come_in_time_is_408(run):
    async def main():
        async with serving(replace(PATIENT, header=SOON)) as port:
            return await talk(port, b"GET / HTTP/1.1\r\nHost")

    assert run(main()).startswith(b"HTTP/1.1 408")


def test_a_connection_that_says_nothing_is_closed(run):
    async def main():
        async with serving(replace(PATIENT, header=SOON)) as port:
            return await talk(port, b"")

    assert run(main()) == b""


def test_a114_a_header_that_drips_is_late_all_the_same(run):
    async def main():
        async with serving(replace(PATIENT, header=SOON)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answer = asyncio.create_task(reader.read())
            for octet in GET[:-10]:
                if answer.done():
                    break
                writer.write(bytes([octet]))
                await asyncio.wait({answer}, timeout=0.02)
            writer.close()
            return await answer

    assert run(main()).startswith(b"HTTP/1.1 408")


def test_a114_a_body_that_stands_still_is_408(run):
    async def main():
        async with serving(replace(PATIENT, body=SOON)) as port:
            octets = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx"
            return await talk(port, octets)

    assert run(main()).startswith(b"HTTP/1.1 408")


def test_a_body_that_waits_for_the_application_is_not_late(run):
    go_on = asyncio.Event()

    async def slow(scope, receive, send):
        await go_on.wait()
        await echo(scope, receive, send)

    async def main():
        async with serving(replace(PATIENT, body=SOON), slow) as port:
            head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 400000\r\n"
            answer = asyncio.create_task(talk(port, head + b"\r\n" + b"x" * 400_000))
            await asyncio.wait({answer}, timeout=4 * SOON.total_seconds())
            go_on.set()
            return await answer

    assert run(main()).endswith(b"POST 400000")


def test_an_answer_that_nobody_reads_is_given_up(run):
    async def main():
        async with serving(replace(PATIENT, answer=SOON)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            transport = writer.transport
            transport.pause_reading()
            while not transport.is_closing():
                await asyncio.sleep(0.05)
                with contextlib.suppress(RuntimeError):
                    writer.write(b" ")
            with contextlib.suppress(ConnectionError):
                return len(await reader.read())
            return 0

    assert run(main()) < 2000 * 65536


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
def test_an_early_answer_is_read_although_the_body_is_still_sent(run, more):
    async def main():
        async with serving() as port:
            head = b"POST /early HTTP/1.1\r\nHost: a\r\n" + more
            size = 20_000_000
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head + b"Content-Length: %d\r\n\r\n" % size)
            for _ in range(size // 100_000):
                writer.write(b"x" * 100_000)
                await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\nno")
            writer.close()
            return answer

    assert run(main()).startswith(b"HTTP/1.1 401")


def test_a116_a_body_beyond_the_limit_is_413_whether_announced_or_not(run):
    async def main():
        async with serving(app=BodyLimit(echo, 1000)) as port:
            announced = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000000\r\n\r\n"
            chunked = (
                b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n"
            )
            answers = []
            for octets in (announced, chunked):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(octets)
                answers.append((await reader.readline()).decode())
                writer.close()
            return answers

    assert run(main()) == ["HTTP/1.1 413 Request Entity Too Large\r\n"] * 2


def test_a114_silent_connections_give_way_to_new_ones(run):
    async def main():
        async with serving(replace(PATIENT, connections=10)) as port:
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
            for _, writer in silent:
                writer.write(b"GET / HTTP")
            answer = await talk(port, GET)
            for _, writer in silent:
                writer.close()
            return answer

    assert run(main()).startswith(b"HTTP/1.1 200")


def test_working_connections_keep_their_places(run):
    go_on = asyncio.Event()

    async def slow(scope, receive, send):
        await go_on.wait()
        await echo(scope, receive, send)

    async def main():
        async with serving(replace(PATIENT, connections=2), slow) as port:
            working = [asyncio.create_task(talk(port, GET)) for _ in range(2)]
            while True:
                refused = await talk(port, b"")
                if refused:
                    break
            go_on.set()
            return refused, [await answer for answer in working]

    refused, answers = run(main())
    assert refused.startswith(b"HTTP/1.1 503")
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)


def test_a_stop_waits_for_requests_under_way_and_tells_those_that_wait(run):
    draining = Draining()
    begun = asyncio.Event()

    async def held(scope, receive, send):
        begun.set()
        await draining.wait()
        await PlainTextResponse("ended")(scope, receive, send)

    async def main():
        server = HttpServer(held, PATIENT, drain=DRAIN, draining=draining)
        (address,) = await server.start([("127.0.0.1", 0)])
        port = int(address.rpartition(":")[2])
        answer = asyncio.create_task(talk(port, GET))
        await begun.wait()
        await server.stop()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", port)
        return await answer

    assert run(main()).endswith(b"ended")


def test_bound_sockets_are_taken_over(run):
    async def main():
        bound = socket.create_server(("127.0.0.1", 0))
        server = HttpServer(echo, PATIENT, drain=DRAIN, draining=Draining())
        addresses = await server.start([bound])
        answer = await talk(bound.getsockname()[1], GET)
        await server.stop()
        return addresses, answer

    addresses, answer = run(main())
    assert addresses[0].startswith("127.0.0.1:")
    assert answer.startswith(b"HTTP/1.1 200")


def test_an_address_in_use_is_the_admins_matter(run):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = HttpServer(echo, PATIENT, drain=DRAIN, draining=Draining())
            with pytest.raises(ConfigError, match="Address already in use"):
                await server.start([("127.0.0.1", taken.getsockname()[1])])

    run(main())
