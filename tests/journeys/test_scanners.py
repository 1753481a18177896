"""The gate with real daemons, Debian's clamav-daemon and rspamd, each with its own data."""

import os
import shutil
import smtplib
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

from tests.journeys.company import ADMIN, Company, receive
from tests.journeys.operating import reloaded
from tests.journeys.process import gateway
from tests.skips import missing

pytestmark = pytest.mark.journey

# Cut in two, so that scanners let this file alone.
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def mail(company, text, number):
    return (
        f"From: Jana <jana@client.example>\r\nTo: {company.address}\r\nSubject: Hello\r\n"
        f"Date: Sun, 29 Nov 2026 09:00:00 +0000\r\n"
        f"Message-ID: <{number}@client.example>\r\n\r\n{text}\r\n"
    ).encode()


@contextmanager
def daemon(command, listens, log):
    """Run a daemon until it listens."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not listens():
            assert process.poll() is None, log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def program(name):
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    return found or missing(name)


@contextmanager
def clamd(directory):
    """clamd with one signature; gives the setting."""
    path = program("clamd")
    directory.mkdir()
    (directory / "test.ndb").write_text(f"Test-Virus:0:*:{EICAR[30:].encode().hex()}\n")
    place = directory / "clamd.ctl"
    config = directory / "clamd.conf"
    config.write_text(
        f"Foreground yes\nLocalSocket {place}\nDatabaseDirectory {directory}\nUser root\n"
        if os.geteuid() == 0
        else f"Foreground yes\nLocalSocket {place}\nDatabaseDirectory {directory}\n"
    )
    with daemon([path, "-c", str(config)], place.is_socket, directory / "log"):
        yield f"unix:{place}"


@contextmanager
def rspamd(directory):
    """A worker of rspamd that asks nobody; gives the setting."""
    path = program("rspamd")
    directory.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = directory / "rspamd.conf"
    config.write_text(
        f'options {{ pidfile = "{directory}/pid"; filters = ""; '
        f'control_socket = "{directory}/control.sock"; dns {{ nameserver = "127.0.0.1:9"; }} }}\n'
        'logging { type = "console"; }\n'
        f'worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}\n'
        'metric "default" { actions { reject = 15; } }\n'
    )

    def listens():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    with daemon([path, "-f", "-i", "-c", str(config)], listens, directory / "log"):
        yield f"127.0.0.1:{port}"


def answered(running, company, text, number):
    """Return how a mail with this text is answered."""
    try:
        return receive(running, mail(company, text, number), company.address)
    except smtplib.SMTPDataError as error:
        return f"{error.smtp_code} {error.smtp_error.decode()}"


def test_clamd_refuses_a_virus_and_lets_other_mail_in(tmp_path):
    with clamd(tmp_path / "clamd") as place:
        gate = f'[inbound]\nclamd = "{place}"\ngate_seconds = 20\n'
        with gateway(tmp_path / "gateway", settings=ADMIN + gate) as running:
            company = Company.added(running, "Acme")
            virus = answered(running, company, EICAR, 1)
            clean = company.message(answered(running, company, "Hello", 2))
            shown = [one["id"] for one in company.all("/v1/messages?direction=in")]
            company.close()
    assert virus == "550 5.7.1 The message holds a virus or the like: Test-Virus.UNOFFICIAL"
    assert shown == [clean["id"]]


def test_rspamd_refuses_spam_and_lets_other_mail_in(tmp_path):
    with rspamd(tmp_path / "rspamd") as place:
        gate = f'[inbound]\nrspamd = "{place}"\n'
        with gateway(tmp_path / "gateway", settings=ADMIN + gate) as running:
            company = Company.added(running, "Acme")
            spam = answered(running, company, GTUBE, 1)
            clean = company.message(answered(running, company, "Hello", 2))
            shown = [one["id"] for one in company.all("/v1/messages?direction=in")]
            company.close()
    assert spam.startswith("550 5.7.1 ")
    assert shown == [clean["id"]]


def test_a_scanner_that_is_away_defers_mail_until_a_reload_opens_the_gate(tmp_path):
    away = f'[inbound]\nclamd = "unix:{tmp_path}/none"\n'
    with gateway(tmp_path / "gateway", settings=ADMIN + away) as running:
        company = Company.added(running, "Acme")
        first = answered(running, company, "Hello", 1)
        running.settings = ADMIN + away + 'gate_failure = "accept"\n'
        running.write_config()
        reloaded(running)
        second = answered(running, company, "Hello", 1)
        shown = company.message(second)
        company.close()
    assert first.startswith("451 4.7.1 ")
    assert shown["text"].strip() == "Hello"
