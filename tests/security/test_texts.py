"""Attacks by text: names, documents, logs, terminals, configuration."""

import io
import json
import time
import zlib
from dataclasses import replace

import pytest
import structlog

from gateway.cli.asking import show_one, show_rows
from gateway.mail.message import read
from gateway.runtime import log
from gateway.settings import examine
from tests.mail.test_compose import MAIL, compose
from tests.mail.test_compose import read as parsed

HOSTILE_NAMES = ['"boss@bank.example" <x@y.test>', "a, b <c@d.test>", "x@y.test, ", "<x@y.test>"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a17_a_name_that_holds_addresses_stays_the_name_of_one_mailbox(name):
    own = replace(MAIL.from_, name=name)
    mail = parsed(compose(replace(MAIL, from_=own)))
    assert [(one.display_name, one.addr_spec) for one in mail["From"].addresses] == [
        (name, own.address)
    ]


def bomb_pdf():
    """A PDF whose embedded file is 200 MB of spaces, packed."""
    packed = zlib.compress(b" " * 200_000_000)
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /EmbeddedFile /Filter /FlateDecode /Length "
        + str(len(packed)).encode()
        + b" >>\nstream\n"
        + packed
        + b"\nendstream\nendobj\n%%EOF\n"
    )


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]><Invoice>&m;</Invoice>"
)


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        pytest.param("application/pdf", "a.pdf", bomb_pdf(), id="PDF"),
        pytest.param("application/xml", "a.xml", LAUGHS, id="billion laughs"),
        pytest.param("image/svg+xml", "a.svg", LAUGHS, id="SVG"),
        pytest.param("application/gzip", "a.gz", zlib.compress(b"\0" * 50_000_000), id="gzip"),
    ],
)
def test_a78_what_grows_without_end_is_kept_as_it_came_and_not_unpacked(kind, name, content):
    raw = (
        b"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        + f"Content-Type: {kind}; name={name}\r\n".encode()
        + b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        + content
        + b"\r\n--b--\r\n"
    )
    began = time.process_time()
    reading = read(raw)
    assert time.process_time() - began < 2
    assert [one.size for one in reading.attachments] == [len(content)]


def test_a90_of_two_parts_that_differ_the_plain_one_is_shown_and_both_are_told():
    raw = (
        b"From: a@b.test\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nfine\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>pay to SK31 1200</p>\r\n--b--\r\n"
    )
    reading = read(raw)
    assert reading.text.strip() == "fine"
    assert "pay to SK31 1200" in reading.html


@pytest.mark.parametrize(
    "text",
    ['x\n{"level":"error","event":"forged"}', "\x1b]0;owned\x07", "a\u2028b", "a\u0085b", "\r\rx"],
)
def test_a146_whatever_somebody_says_a_log_has_one_line_an_event(text):
    out = io.StringIO()
    log.configure(as_json=True, stream=out)
    try:
        structlog.get_logger().info("session.refused", peer="192.0.2.1", helo=text, subject=text)
    finally:
        structlog.reset_defaults()
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["helo"] == text
    assert line.isprintable()


ESCAPES = "\x1b[2J\x9b31m\u202egpj.exe\u2066\r\n\x07"


def test_a147_a_terminal_shows_escapes_and_reversed_text_as_signs(capsys):
    show_rows([{"name": ESCAPES}], as_json=False, columns=("name",), empty="")
    show_one({"name": ESCAPES, "more": [{"key": ESCAPES}], "in": {"x": ESCAPES}}, as_json=False)
    show_rows([{"name": ESCAPES}], as_json=True, columns=("name",), empty="")
    shown = capsys.readouterr().out
    assert all(line.isprintable() for line in shown.splitlines())
    assert "gpj.exe" in shown


@pytest.mark.parametrize(
    "text", ["${HOME}", "{{7*7}}", "$(id)", "`id`", "!!python/object:os.system", "%(asctime)s"]
)
def test_a148_values_of_the_configuration_stay_what_they_are(tmp_path, text):
    config = tmp_path / "postroom.toml"
    config.write_text(f'[[tenant]]\nname = "{text}"\nslug = "acme"\n')
    loaded = examine(config, environ={})
    assert [one.name for one in loaded.settings.tenant] == [text]
