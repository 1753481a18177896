"""Collected real mail through the mx port: every byte is kept, and no reader dies of it."""

import re
import socket

import pytest

from tests.corpora import corpora_folder, lines_of, set_names
from tests.journeys.company import ADMIN, ADMIN_KEY, Company
from tests.journeys.process import gateway
from tests.journeys.processes import readers
from tests.trace import as_received

pytestmark = [pytest.mark.journey, pytest.mark.corpora]

SETTINGS = f"""
{ADMIN}
[limits]
errors_per_session = 1000
parse_seconds = 5
"""
HEADERS = """From: Jana <jana@client.example>\r
Subject: A text\r
MIME-Version: 1.0\r
Content-Type: text/{kind}; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
"""
FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
REFUSED_FOR_GOOD = re.compile(r"55[24] 5\.(3\.4|4\.6) ")
"""A header or a trace that is longer than what mx takes."""


def mails():
    """Return the mails of the sets that are to be read or trimmed, by id, as mx gets them."""
    found = {}
    for name in [*set_names("parse_"), *set_names("trim_")]:
        for line in lines_of(name):
            found[line.id] = as_mail(line)
    return found


def as_mail(line):
    octets = line.octets().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    kind = {"html": "html"}.get(line.line.get("input"), "plain")
    is_text = line.line["kind"] != "parse" and line.line.get("input") != "eml"
    if is_text or not FIELD.match(octets):
        octets = HEADERS.format(kind=kind).encode() + octets
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


class Mx:
    """A client that waits for nothing but what it must: RFC 2920."""

    def __init__(self, address):
        self._socket = socket.create_connection(address, timeout=60)
        self._replies = self._socket.makefile("rb")
        self.reply()
        self._socket.sendall(b"EHLO mx.client.example\r\n")
        self.reply()

    def reply(self):
        while True:
            line = self._replies.readline().decode()
            assert line, "the connection was closed"
            if line[3:4] != "-":
                return line.rstrip()

    def send_all(self, recipient, mails):
        """Send mails, each with the envelope of the next one behind it; return the answers."""
        envelope = f"MAIL FROM:<jana@client.example>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()
        answers = []
        self._socket.sendall(envelope)
        for number, octets in enumerate(mails, 1):
            said = [self.reply() for _ in range(3)]
            assert [line[:3] for line in said] == ["250", "250", "354"]
            stuffed = b"\r\n" + octets
            stuffed = stuffed.replace(b"\r\n.", b"\r\n..")[2:]
            behind = envelope if number < len(mails) else b"QUIT\r\n"
            self._socket.sendall(stuffed + b".\r\n" + behind)
            answers.append(self.reply())
        self._socket.close()
        return answers


@pytest.mark.skipif(
    not set_names("parse_"), reason=f"the collected real mail is absent: {corpora_folder()}"
)
def test_all_collected_mail_is_kept_as_it_came_and_read(tmp_path):
    given = mails()
    assert len(given) > 300
    with gateway(tmp_path, settings=SETTINGS) as running:
        company = Company.added(running, "Acme")
        before = set(readers(running))
        answers = Mx(running.address("mx")).send_all(company.address, given.values())
        said = dict(zip(given, answers, strict=True))
        taken = {name: text.rpartition(" ")[2] for name, text in said.items() if text[:3] == "250"}
        refused = {name: text for name, text in said.items() if name not in taken}
        assert not [text for text in refused.values() if not REFUSED_FOR_GOOD.match(text)]
        assert len(refused) < 5, refused

        # The same bytes twice are one mail: the first ones to come are what is kept.
        first = {}
        for name, message_id in taken.items():
            first.setdefault(message_id, name)
        for message_id, name in first.items():
            message = company.message(message_id, seconds=60)
            assert message["readable"], name
            raw = company.api.get(f"/v1/messages/{message_id}/raw").content
            assert as_received(raw) == given[name], name
        assert {one["id"] for one in company.all("/v1/messages?direction=in")} == set(first)

        assert before <= set(readers(running)), "a reader was replaced"
        assert "reader.died" not in running.log.read_text()
        assert read_in(running) == {"ok": len(first)}
        company.close()


def read_in(running):
    """Return how many messages were read in, by outcome."""
    with running.client(ADMIN_KEY) as client:
        text = client.get("/metrics").text
    found = re.findall(
        r'^postroom_messages_read_total\{outcome="(\w+)"\} (\S+)$', text, re.MULTILINE
    )
    return {outcome: int(float(count)) for outcome, count in found}
