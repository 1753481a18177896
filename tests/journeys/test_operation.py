"""What an admin relies on: start, drain, crash, readers, what monitoring sees."""

import os
import re
import shutil
import signal
import smtplib
import socket
import time

import httpx2
import pytest

from gateway.cli import run
from tests.journeys.company import ADMIN, ADMIN_KEY, Company, answer_mail, octets, receive
from tests.journeys.operating import NOWHERE, asked, fails
from tests.journeys.process import READY_SECONDS, RunningGateway, gateway
from tests.journeys.processes import is_alive, readers, until

pytestmark = pytest.mark.journey

JANA = "jana@client.example"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A gateway that tests look at and leave as it is."""
    settings = ADMIN + NOWHERE + "[limits]\nparse_seconds = 1\n"
    with gateway(tmp_path_factory.mktemp("operation"), settings=settings) as up:
        yield up


# Start.


def test_the_ready_line_names_the_ports_that_were_taken(running):
    assert running.ready.keys() == {"event", "mx", "submission", "submissions", "http"}
    assert running.ready["submissions"] == []
    for name in ("mx", "submission", "http"):
        ((host, port),) = [address.rsplit(":", 1) for address in running.ready[name]]
        assert host == "127.0.0.1"
        assert int(port) > 0
        socket.create_connection((host, int(port)), timeout=5).close()


def test_each_role_listens_where_it_has_to(tmp_path):
    settings = ADMIN + NOWHERE
    with gateway(tmp_path, settings=settings, arguments=["--role", "web"]) as web:
        assert [bool(web.ready[name]) for name in ("mx", "submission", "http")] == [0, 0, 1]
        told = asked(web, "status")[0]["roles"]
        assert told == {"smtp": "stopped", "ingest": "stopped", "relay": "stopped", "web": "ok"}
    with gateway(
        tmp_path, settings=settings, arguments=["--role", "smtp", "--role", "ingest"]
    ) as smtp:
        assert [bool(smtp.ready[name]) for name in ("mx", "submission", "http")] == [1, 1, 0]


def test_a_second_gateway_on_the_same_data_is_refused(running):
    assert "in use" in fails(running, 1)
    with running.client(ADMIN_KEY) as admin:
        assert admin.get("/readyz").status_code == 200


def test_data_without_its_secret_is_not_served(tmp_path):
    stopped, other = RunningGateway(tmp_path), RunningGateway(tmp_path / "other")
    for one in (stopped, other):
        assert run(["tenant", "list", "--config", str(one.config)]) == 0
    secret = stopped.data_dir / "secret"
    kept = secret.read_bytes()
    secret.unlink()
    assert f"{secret} is missing" in fails(stopped, 78)
    assert not secret.exists()
    shutil.copy(other.data_dir / "secret", secret)
    assert "not the one that this data was made with" in fails(stopped, 78)
    assert run(["status", "--config", str(stopped.config)]) == 78
    secret.write_bytes(kept)
    assert run(["status", "--config", str(stopped.config)]) == 0


# What monitoring sees.


def test_health_is_told_to_everybody_and_metrics_to_admins(running):
    company = Company.added(running, "Monitored")
    message_id = receive(
        running, answer_mail("x", "Hi", message_id="<m@x.example>"), company.address
    )
    company.message(message_id)
    with httpx2.Client(base_url=running.url, trust_env=False) as anybody:
        assert anybody.get("/healthz").status_code == 200
        assert anybody.get("/readyz").status_code == 200
        assert anybody.get("/metrics").status_code == 401
    assert company.api.get("/metrics").status_code == 403
    with running.client(ADMIN_KEY) as admin:
        told = admin.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    names = set(re.findall(r"^# TYPE (\S+) ", told.text, re.MULTILINE))
    assert not [name for name in names if not name.startswith("postroom_")]
    assert {
        "postroom_delivery_outcome_unknown_total",
        "postroom_queue_depth",
        "postroom_queue_oldest_seconds",
        "postroom_messages_accepted_total",
        "postroom_messages_refused_total",
        "postroom_messages_read_total",
        "postroom_step_seconds",
        "postroom_loop_lag_seconds",
    } <= names
    assert 'postroom_messages_accepted_total{listener="mx"}' in told.text
    lag = re.search(r"^postroom_loop_lag_seconds_count (\S+)$", told.text, re.MULTILINE)
    assert float(lag[1]) > 0
    company.close()


# Readers.


def test_a_reader_that_is_killed_is_replaced_and_mail_is_read(running):
    company = Company.added(running, "Killed Reader")
    killed = until(lambda: readers(running), "a reader")
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    mail = answer_mail("x", "Read me", message_id="<killed@client.example>")
    message = company.message(receive(running, mail, company.address))
    assert (message["readable"], message["text"]) == (True, "Read me")
    replaced = until(lambda: readers(running), "another reader", seconds=10)
    assert not set(killed) & set(replaced)
    company.close()


def test_a_reader_that_hangs_is_replaced_and_its_mail_is_tried_again(running):
    company = Company.added(running, "Hung Reader")
    hung = until(lambda: readers(running), "a reader")
    for pid in hung:
        os.kill(pid, signal.SIGSTOP)
    mail = answer_mail("x", "Read me, too", message_id="<hung@client.example>")
    message = company.message(receive(running, mail, company.address))
    assert (message["readable"], message["text"]) == (True, "Read me, too")
    until(lambda: not any(map(is_alive, hung)), "the end of those that hang", seconds=15)
    company.close()


# Stop and crash.


def test_a_drain_lets_a_mail_that_is_under_way_come_in(tmp_path):
    running = RunningGateway(tmp_path, settings=ADMIN + NOWHERE).start()
    company = Company.added(running, "Acme")
    address = running.address("mx")
    children = until(lambda: readers(running), "a reader")
    mail = octets(answer_mail("x", "Just in time", message_id="<late@client.example>"))
    client, idle = smtplib.SMTP(*address, timeout=30), smtplib.SMTP(*address, timeout=30)
    client.ehlo("mx.client.example")
    idle.ehlo("mx.client.example")
    client.mail(JANA)
    client.rcpt(company.address)
    client.putcmd("data")
    assert client.getreply()[0] == 354
    client.send(mail[:20])
    os.kill(running.pid, signal.SIGTERM)
    assert idle.getreply()[0] == 421
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    client.send(mail[20:] + b".\r\n")
    code, text = client.getreply()
    assert code == 250
    client.close()
    idle.close()
    assert running.process.wait(40) == 0
    assert not any(map(is_alive, children))

    running.start()
    company.reconnect()
    message = company.message(text.decode().rpartition(" ")[2])
    assert message["text"] == "Just in time"
    company.close()
    assert running.stop() == 0


def test_after_a_crash_it_is_ready_again_soon(tmp_path):
    running = RunningGateway(tmp_path, settings=ADMIN + NOWHERE).start()
    company = Company.added(running, "Acme")
    for number in range(50):
        mail = answer_mail("x", "Hi", message_id=f"<crash-{number}@client.example>")
        receive(running, mail, company.address)
    children = readers(running)
    os.kill(running.pid, signal.SIGKILL)  # the readers are left alone, and must see it
    running.process.wait(10)
    began = time.monotonic()
    running.start()
    # Five seconds on a machine of its own; tests share theirs.
    assert time.monotonic() - began < min(20, READY_SECONDS)
    until(lambda: not any(map(is_alive, children)), "the end of the readers left behind")
    company.reconnect()
    company.until(lambda: len(company.all("/v1/messages?direction=in")) == 50, "all 50 mails")
    company.close()
    assert asked(running, "verify") == [{"ok": True, "findings": []}]
    running.stop()
