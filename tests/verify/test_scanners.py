"""clamd and rspamd as they answer, well and badly; scripted, on real sockets."""

import asyncio
import json

import pytest

from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.errors import Fault
from gateway.ports.reception import Content, Peer
from gateway.ports.scanner import Scanned
from gateway.verify.clamd import ClamdScanner, Place
from gateway.verify.gatekeeper import DmarcGatekeeper
from gateway.verify.rspamd import RspamdScanner
from gateway.verify.verifier import DnsVerifier
from tests.fakes import FakeClock
from tests.verify.test_verifier import MAIL, NOW, PEER, ZONE, signed
from tests.verify.zone import TIMEOUT, Zone

RAW = b"From: a@b.test\r\n\r\n" + b"x" * 300_000
ENVELOPE = Envelope("jana@client.example\r\nX: y", (Recipient("a@b.test"), Recipient("c@d.test")))


def scanned(raw=RAW, peer=PEER, path=None):
    content = Content(len(raw), raw[:1000], None if path else raw, path)
    return Scanned(ENVELOPE, content, peer)


async def clamd(reader, writer, told, answer):
    assert await reader.readexactly(10) == b"zINSTREAM\0"
    if answer == "early":
        writer.write(b"INSTREAM size limit exceeded. ERROR\0")
        return
    taken = b""
    while size := int.from_bytes(await reader.readexactly(4)):
        taken += await reader.readexactly(size)
    told["bytes"] = taken
    writer.write(answer)


async def rspamd(reader, writer, told, answer):
    head = await reader.readuntil(b"\r\n\r\n")
    told["head"] = head.decode()
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    told["bytes"] = await reader.readexactly(size)
    status, body = answer
    lines = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(lines.encode() + body)


def ask(kind, answer, mail=None):
    """Return what a scanner makes of a server's answer, and what that server was told."""

    async def run():
        told = {}

        async def client(reader, writer):
            try:
                await serve(reader, writer, told, answer)
            finally:
                writer.close()

        serve = clamd if kind is ClamdScanner else rspamd
        async with await asyncio.start_server(client, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            place = Place(host="127.0.0.1", port=port)
            scanner = kind(place) if kind is ClamdScanner else kind(f"http://127.0.0.1:{port}")
            return await scanner.judge(mail or scanned()), told

    return asyncio.run(run())


def test_clamd_gets_every_byte_and_lets_clean_mail_in(tmp_path):
    assert ask(ClamdScanner, b"stream: OK\0") == (None, {"bytes": RAW})
    file = tmp_path / "mail"
    file.write_bytes(RAW)
    assert ask(ClamdScanner, b"stream: OK\0", scanned(path=str(file)))[1] == {"bytes": RAW}


def test_what_clamd_found_is_named_in_harmless_letters():
    reply, _ = ask(ClamdScanner, "stream: Eicar-Test\r\n250 ü FOUND\0".encode())
    assert str(reply) == "550 5.7.1 The message holds a virus or the like: Eicar-Test??250??"


@pytest.mark.parametrize(
    "answer", [b"", b"stream: OK", b"nonsense\0", b"x" * 10_000 + b"\0", "early"]
)
def test_an_answer_of_clamd_that_says_nothing_is_a_fault(answer):
    with pytest.raises(Fault, match="clamd at 127"):
        ask(ClamdScanner, answer)


def test_a_daemon_that_is_away_is_a_fault(tmp_path):
    for scanner in (
        ClamdScanner(Place(path=str(tmp_path / "no"))),
        RspamdScanner("http://[::1]:9"),
    ):
        with pytest.raises(Fault):
            asyncio.run(scanner.judge(scanned()))


def spam(action, **more):
    return 200, json.dumps({"action": action, "score": 1.0, **more}).encode()


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (spam("no action"), "None"),
        (spam("add header"), "None"),
        (spam("greylist"), "None"),
        (spam("reject"), "550 5.7.1 The message looks like spam"),
        (spam("reject", messages={"smtp_message": "Gtube\r\n250"}), "550 5.7.1 Gtube250"),
        (spam("soft reject", messages={}), "451 4.7.1 Please try again later"),
    ],
)
def test_what_rspamd_advises_is_done(answer, reply):
    assert str(ask(RspamdScanner, answer)[0]) == reply


def test_rspamd_is_told_of_the_envelope_and_nothing_is_smuggled_into_it():
    _, told = ask(RspamdScanner, spam("no action"))
    assert told["bytes"] == RAW
    lines = told["head"].splitlines()
    assert lines[0] == "POST /checkv2 HTTP/1.1"
    for line in (
        "From: jana@client.exampleX: y",
        "Rcpt: a@b.test",
        "Rcpt: c@d.test",
        "IP: 192.0.2.1",
        "Helo: mail.client.example",
    ):
        assert line in lines
    assert not [line for line in lines if line.startswith("X:")]


@pytest.mark.parametrize(
    "answer",
    [(500, b"{}"), (200, b"{}"), (200, b"[1]"), (200, b"no JSON"), (200, b" " * 2_000_000)],
)
def test_an_answer_of_rspamd_that_says_nothing_is_a_fault(answer):
    with pytest.raises(Fault, match="rspamd"):
        ask(RspamdScanner, answer)


def dmarc(raw, zone=ZONE, peer=PEER):
    async def run():
        clock = FakeClock(NOW)
        verifier = DnsVerifier(Zone(zone), clock, hostname="mx.example.com")
        return await DmarcGatekeeper(verifier).judge(scanned(raw, peer))

    return asyncio.run(run())


EVIL = Peer("198.51.100.1", 25, "evil.example")
"""A peer that the author's SPF does not name."""


def test_a47_mail_that_fails_a_policy_of_reject_is_refused():
    reply = dmarc(MAIL, peer=EVIL)
    assert (reply.code, reply.enhanced) == (550, "5.7.26")
    assert "client.example" in reply.text


def test_mail_that_passes_or_whose_policy_is_milder_comes_in():
    milder = ZONE | {"_dmarc.client.example": {"TXT": ["v=DMARC1; p=quarantine"]}}
    assert [dmarc(signed(), peer=EVIL), dmarc(MAIL, milder, EVIL)] == [None, None]


def test_mail_that_a_command_fed_in_is_not_asked_about():
    assert dmarc(MAIL, peer=Peer("127.0.0.1", 0, "localhost")) is None


def test_without_an_answer_of_dns_nothing_can_be_told():
    with pytest.raises(Fault):
        dmarc(MAIL, ZONE | {"_dmarc.client.example": TIMEOUT}, EVIL)
