"""What an admin relies on: start, reload, drain, crash, a full disk, what monitoring sees."""

import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import time
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
import trustme

from gateway.cli import run
from tests.journeys.company import (
    ADMIN,
    ADMIN_KEY,
    Company,
    answer_mail,
    invoice_mail,
    octets,
    receive,
)
from tests.journeys.hop import next_hop
from tests.journeys.process import READY_SECONDS, ROOT, RunningGateway, gateway
from tests.journeys.processes import is_alive, readers, until

pytestmark = pytest.mark.journey

JANA = "jana@client.example"
NOWHERE = '[relay]\nnext_hop = "smtp://127.0.0.1:9"\n'


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A gateway that tests look at and leave as it is."""
    settings = ADMIN + NOWHERE + "[limits]\nparse_seconds = 1\n"
    with gateway(tmp_path_factory.mktemp("operation"), settings=settings) as up:
        yield up


def logged(running, *events):
    """Return what the log says of these events."""
    lines = [json.loads(line) for line in running.log.read_text().splitlines() if line[:1] == "{"]
    return [line for line in lines if line["event"] in events]


def reloaded(running):
    """Reload, wait for the end of it, and return what the log says."""
    ends = "settings.reloaded", "settings.kept"
    before = len(logged(running, *ends))
    running.reload()
    return until(lambda: logged(running, *ends)[before:], "the end of the reload")[0]


def fails(running, code):
    """Start a gateway that can't; return what it says."""
    started = subprocess.run(
        running.command,
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (started.returncode, started.stdout) == (code, ""), started.stderr
    assert "Traceback" not in started.stderr
    return started.stderr


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
        told = web.json("status")[0]["roles"]
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


# Reload.


def test_a_reload_changes_the_way_out_and_a_bad_file_changes_nothing(tmp_path):
    with ExitStack() as stack:
        first, second = stack.enter_context(next_hop()), stack.enter_context(next_hop())
        running = stack.enter_context(gateway(tmp_path, settings=ADMIN + first.settings))
        company = Company.added(running, "Acme")
        send(company, "one@client.example")
        first.next_for("one@client.example")

        running.settings = ADMIN + second.settings
        running.write_config()
        assert reloaded(running)["live"] == ["relay.next_hop"]
        send(company, "two@client.example")
        second.next_for("two@client.example")

        running.settings = ADMIN + first.settings + 'give_up_after = "5 dayz"\n'
        running.write_config()
        kept = reloaded(running)
        assert kept["event"] == "settings.kept"
        assert re.search(r"postroom\.toml:\d+:1: \[relay\] give_up_after", kept["why"])
        send(company, "three@client.example")
        second.next_for("three@client.example")
        assert not first.all("three@client.example")
        company.close()


def test_what_is_marked_live_holds_after_a_reload(tmp_path):
    with next_hop() as hop, gateway(tmp_path, settings=ADMIN + NOWHERE) as running:
        company = Company.added(running, "Acme")
        waiting = send(company, JANA)["message_id"]
        company.delivery(waiting, "deferred")
        another_key = "another admin key, not the first"
        running.settings = (
            f'[server]\nadmin_key = "{another_key}"\n'
            "[listen]\nsubmission_plain_from = []\n"
            '[limits]\nrecipients = 1\ntenant_rate = "1/h"\nauth_failures = "3/1h"\n'
            f'{hop.settings}retry = ["1s"]\ngive_up_after = "1h"\n'
        )
        running.write_config()
        assert set(reloaded(running)["live"]) == {
            "server.admin_key",
            "listen.submission_plain_from",
            "limits.recipients",
            "limits.tenant_rate",
            "limits.auth_failures",
            "relay.next_hop",
            "relay.retry",
            "relay.give_up_after",
        }
        for key, status in ((ADMIN_KEY, 401), (another_key, 200)):
            with running.client(key) as admin:
                assert admin.get("/v1/tenants").status_code == status
        with smtplib.SMTP(*running.address("submission"), timeout=30) as client:
            client.ehlo("service.example")
            assert not client.has_extn("auth")
        with smtplib.SMTP(*running.address("mx"), timeout=30) as client:
            client.ehlo("mx.client.example")
            client.mail(JANA)
            assert client.rcpt(company.address)[0] == 250
            assert client.rcpt("postmaster@mail.example.com")[0] == 452
        company.post(f"/v1/deliveries/{company.delivery(waiting, 'deferred')['id']}/retry")
        assert company.delivery(waiting, "sent")
        given = {"subject": "Hi", "customer": {"name": "N", "email": JANA}, "text": "Hi"}
        answers = [company.api.post("/v1/conversations", json=given) for _ in range(2)]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) > 0
        company.close()


def test_companies_in_files_come_and_go_with_a_reload(tmp_path):
    files = tmp_path / "tenants.d"
    files.mkdir()
    with gateway(tmp_path, settings=ADMIN + NOWHERE) as running:
        file = files / "beta.toml"
        file.write_text(
            '[[tenant]]\nname = "Beta"\nslug = "beta"\n'
            'logins = [{ username = "beta-erp", password = "a password of beta" }]\n'
            'keys = [{ key = "pr_live_a_key_of_beta_0123456789", scopes = ["send"] }]\n'
        )
        described = file.read_text()
        assert reloaded(running)["event"] == "settings.reloaded"
        assert knows_beta(running) == (202, True)
        (shown,) = running.json("tenant", "list")
        assert (shown["slug"], shown["managed_by_file"]) == ("beta", True)
        assert running.cli("tenant", "edit", "beta", "--name", "X", check=False).returncode == 1

        file.write_text(described + 'colour = "blue"\n')
        kept = reloaded(running)
        assert kept["event"] == "settings.kept"
        assert "beta.toml:6:1: " in kept["why"]
        assert knows_beta(running) == (202, True)

        file.unlink()
        assert reloaded(running)["event"] == "settings.reloaded"
        assert knows_beta(running) == (401, False)

        file.write_text(described)
        reloaded(running)
        assert knows_beta(running) == (202, True)


def test_a_login_in_a_file_that_is_another_companys_changes_nothing(tmp_path):
    with gateway(tmp_path, settings=ADMIN + NOWHERE) as running:
        company = Company.added(running, "Acme")
        (tmp_path / "tenants.d").mkdir()
        (tmp_path / "tenants.d" / "thief.toml").write_text(
            f'[[tenant]]\nname = "Thief"\n'
            f'logins = [{{ username = "{company.login["username"]}", password = "0123456789" }}]\n'
        )
        kept = reloaded(running)
        assert kept["event"] == "settings.kept"
        assert "belongs to another company" in kept["why"]
        assert [row["slug"] for row in running.json("tenant", "list")] == [company.slug]
        with smtplib.SMTP(*running.address("submission"), timeout=30) as client:
            client.login(company.login["username"], company.login["password"])
        company.close()


def test_a_new_certificate_is_used_after_a_reload(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    first, second = trustme.CA(), trustme.CA()
    issue(first, certificate, key)
    tls = f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
    with gateway(tmp_path, settings=tls + NOWHERE) as running:
        greet(running, first)
        issue(second, certificate, key)
        assert reloaded(running)["event"] == "settings.reloaded"
        greet(running, second)
        certificate.write_text("nothing of the kind")
        assert reloaded(running)["event"] == "settings.kept"
        greet(running, second)


def issue(authority, certificate, key):
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(key))
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))


def greet(running, authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with smtplib.SMTP(*running.address("mx"), timeout=30) as client:
        client.starttls(context=context)
        assert client.ehlo()[0] == 250


def knows_beta(running):
    """Return what the file's key and login are good for."""
    with running.client("pr_live_a_key_of_beta_0123456789") as client:
        given = {"to": [{"email": JANA}], "subject": "Hi", "text": "Hi"}
        status = client.post("/v1/messages", json=given).status_code
    with smtplib.SMTP(*running.address("submission"), timeout=30) as client:
        try:
            client.login("beta-erp", "a password of beta")
        except smtplib.SMTPAuthenticationError:
            return status, False
    return status, True


def send(company, email):
    given = {"subject": "Hello", "customer": {"name": "N", "email": email}, "text": "Hello."}
    return company.post("/v1/conversations", given, status=201)


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
    assert running.json("verify") == [{"ok": True, "findings": []}]
    running.stop()


# A full disk.


@contextmanager
def small_disk(place, size="24m"):
    """Mount a small file system there; skip where that is not allowed."""
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    options = f"size={size},mode=0700"
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "postroom-test", place],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(file):
    """Take all the space that is left."""
    with file.open("wb", buffering=0) as taking:
        try:
            while True:
                taking.write(b"x" * 4096)
        except OSError:
            return


def test_a_full_disk_defers_and_is_recovered_from_without_a_restart(tmp_path):
    with small_disk(tmp_path / "data"), next_hop() as hop:
        settings = ADMIN + hop.settings
        with gateway(tmp_path, settings=settings) as running:
            company = Company.added(running, "Acme")
            kept = receive(running, mail_of(0), company.address)
            company.message(kept)
            fill(tmp_path / "data" / "filler")
            refused = [refusal(running, company, mail_of(number)) for number in range(1, 12)]
            assert refused[-1] is not None
            assert {reply[0] // 100 for reply in refused if reply} == {4}
            assert company.api.post("/v1/invoices", json=invoice("F-1")).status_code == 507
            assert company.get(f"/v1/messages/{kept}")["readable"]
            with pytest.raises(smtplib.SMTPDataError) as refusal_of:
                company.submit(invoice_mail(company, "F-0", JANA), [JANA])
            assert refusal_of.value.smtp_code // 100 == 4

            (tmp_path / "data" / "filler").unlink()
            began = time.monotonic()
            until(lambda: refusal(running, company, mail_of(20)) is None, "mail taken", seconds=10)
            until(lambda: takes_invoice(company), "an invoice taken", seconds=10)
            assert time.monotonic() - began < 10
            hop.next_for(JANA)
            accepted = 2 + refused.count(None)
            company.until(
                lambda: len(company.all("/v1/messages?direction=in")) == accepted, "all mail"
            )
            assert running.json("verify") == [{"ok": True, "findings": []}]
            company.close()


def mail_of(number, octets_=300_000):
    line = "lorem ipsum dolor sit amet consectetur\n"
    text = f"mail {number}\n" + line * (octets_ // len(line))
    return octets(answer_mail("x", text, message_id=f"<full-{number}@client.example>"))


def refusal(running, company, mail):
    """Return the reply that refused a mail, None if it was taken."""
    with smtplib.SMTP(*running.address("mx"), timeout=30) as client:
        client.ehlo("mx.client.example")
        client.mail(JANA)
        client.rcpt(company.address)
        reply = client.data(mail)
    return None if reply[0] == 250 else reply


def invoice(number):
    return {
        "number": number,
        "amount": "1.00",
        "currency": "EUR",
        "customer": {"name": "Jana", "email": JANA},
    }


def takes_invoice(company):
    return company.api.post("/v1/invoices", json=invoice("F-2")).status_code in {202, 409}
