import pytest
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from gateway.runtime.http.body import BodyLimit
from gateway.runtime.http.edge import Edge, shown_path
from gateway.runtime.world import SystemChance, SystemClock
from tests.smtp.loops import in_loop


async def ask(app, *, path="/", body=(b"",), headers=(), method="GET"):
    pieces = [
        {"type": "http.request", "body": piece, "more_body": number < len(body) - 1}
        for number, piece in enumerate(body)
    ]
    sent = []

    async def receive():
        return pieces.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": list(headers),
        "query_string": b"",
        "client": ("192.0.2.7", 1),
    }
    await app(scope, receive, send)
    status = sent[0]["status"]
    found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return status, found, b"".join(message.get("body", b"") for message in sent[1:])


def edge(app, **more):
    return Edge(app, clock=SystemClock(), chance=SystemChance(), **more)


async def echo(scope, receive, send):
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


@in_loop
async def test_every_answer_names_its_request():
    _, first, _ = await ask(edge(echo))
    _, second, _ = await ask(edge(echo))
    assert first["x-request-id"].startswith("req_")
    assert first["x-request-id"] != second["x-request-id"]


@in_loop
async def test_what_nobody_expected_is_500_in_constant_words():
    async def broken(scope, receive, send):
        raise RuntimeError("the password is hunter2")

    with structlog.testing.capture_logs() as logs:
        status, headers, body = await ask(edge(broken))
    assert (status, headers["content-type"]) == (500, "application/problem+json")
    assert b"hunter2" not in body
    assert headers["x-request-id"].encode() in body
    assert [entry["event"] for entry in logs] == ["request.failed", "request.answered"]


@in_loop
async def test_an_answer_that_breaks_off_is_broken_off():
    async def broken(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    with pytest.raises(ConnectionError):
        await ask(edge(broken))


@in_loop
async def test_a_head_request_gets_no_body():
    _, headers, body = await ask(edge(echo), method="HEAD")
    assert (headers["content-length"], body) == ("1", b"")


@in_loop
async def test_outcomes_are_observed():
    seen = []
    await ask(edge(echo, observe=lambda *facts: seen.append(facts[:2])), method="POST")
    assert seen == [("POST", 200)]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1/invoices/inv_aaaaaaaaaaaaaaaaaaaaaaaa", "/v1/invoices/inv_aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("/c/cqabcdef/invoices/x", "/c/…/invoices/x"),
        ("/d/dqabcdef", "/d/…"),
        ("/inbox/link/abcdef", "/inbox/link/…"),
        ("/v1/suppressions/jana@example.com", "/v1/suppressions/…"),
        ("/" + "s" * 50, "/…"),
        ("/a\nb", "/…"),
    ],
)
def test_a123_logs_show_no_tokens_and_no_addresses(path, shown):
    assert shown_path(path) == shown


@in_loop
async def test_a_body_within_its_limit_passes():
    assert (await ask(BodyLimit(echo, 10), body=(b"12345", b"67890")))[::2] == (200, b"10")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param((b"12345", b"678901"), (), id="more comes than may"),
        pytest.param((b"",), ((b"content-length", b"11"),), id="more is announced"),
        pytest.param((b"",), ((b"content-length", b"9" * 400),), id="far more is announced"),
    ],
)
@in_loop
async def test_a_larger_body_is_413(body, headers):
    status, found, _ = await ask(BodyLimit(echo, 10), body=body, headers=headers)
    assert (status, found["content-type"]) == (413, "application/problem+json")
