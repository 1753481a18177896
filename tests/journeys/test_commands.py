"""Every command, in front of a running gateway and of none: exit codes, JSON lines, refusals."""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from gateway.cli import run
from tests.journeys.company import invoice_mail, octets
from tests.journeys.process import RunningGateway

pytestmark = pytest.mark.journey

DONE, FAILED, USAGE, BAD_CONFIGURATION = 0, 1, 2, 78
ANY_PORTS = {f"POSTROOM_LISTEN__{name}": '["127.0.0.1:0"]' for name in ("MX", "SUBMISSION", "HTTP")}
JANA = "jana@client.example"
HELD = """
[relay]
next_hop = "smtp://127.0.0.1:9"
retry = ["1h"]
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def rows(self):
        """What was printed, each line a JSON object."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self):
        (row,) = self.rows
        return row


class Place:
    """An installation and its commands, run in this process: starting one costs a second."""

    def __init__(self, gateway, *, is_running):
        self.gateway = gateway
        self.is_running = is_running
        self.directory = gateway.directory

    def __call__(self, *arguments, code=DONE, config=True):
        given = [*map(str, arguments), *(("--config", str(self.gateway.config)) if config else ())]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            done = Done(run(given), out.getvalue(), err.getvalue())
        assert done.code == code, (given, done)
        assert "Traceback" not in done.err
        return done

    def refuses(self, *arguments, code=FAILED):
        """Run a command that can't be done: it says so in a sentence, and prints nothing."""
        done = self(*arguments, code=code)
        assert done.out == ""
        assert done.err.strip()
        return done.err

    def company(self, name):
        return self("tenant", "add", name, "--json").row

    def mail(self, name, content):
        path = self.directory / name
        path.write_bytes(octets(content))
        return path


@pytest.fixture(scope="module", params=["running", "stopped"])
def place(request, tmp_path_factory):
    gateway = RunningGateway(tmp_path_factory.mktemp(request.param), settings=HELD).start()
    if request.param == "stopped":
        gateway.stop()
    yield Place(gateway, is_running=request.param == "running")
    gateway.stop()
    gateway.process.stdout.close()


@pytest.fixture(scope="module")
def acme(place):
    return place.company("Acme s.r.o.")


class Sender:
    """A company as the mail-making helpers want it."""

    def __init__(self, added):
        self.address = added["sender_address"]


# Companies, keys, logins.


def test_a_company_is_added_shown_changed_removed(place):
    added = place("tenant", "add", "Nová Firma", "--slug", "nova", "--locale", "sk", "--json").row
    assert (added["slug"], added["sender_address"]) == ("nova", "nova@mail.example.com")
    assert added["id"].startswith("ten_")
    assert added["api_key"]
    assert added["smtp_login"]["username"] == "nova"
    shown = place("tenant", "show", added["id"], "--json").row
    assert shown == place("tenant", "show", "nova", "--json").row
    assert "api_key" not in shown
    changed = place("tenant", "edit", "nova", "--name", "Nová, a.s.", "--json").row
    assert changed["name"] == "Nová, a.s."
    assert "nova" in {row["slug"] for row in place("tenant", "list", "--json").rows}
    assert "nova@mail.example.com" in place("tenant", "list").out
    place.refuses("tenant", "remove", "nova", code=USAGE)  # it wants --yes
    assert place("tenant", "remove", "nova", "--yes", "--json").row["removed"]
    assert "nova" not in {row["slug"] for row in place("tenant", "list", "--json").rows}
    place.refuses("tenant", "show", "nova")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("   ",), id="no name"),
        pytest.param(("Two\r\nLines",), id="a name of two lines"),
        pytest.param(("X", "--slug", "Bad Slug"), id="no slug"),
        pytest.param(("X", "--timezone", "Nowhere/X"), id="no time zone"),
        pytest.param(("X", "--locale", "no language!"), id="no language"),
        pytest.param(("X", "--attach-pdf", "sometimes"), id="no choice"),
    ],
)
def test_a_company_that_makes_no_sense_is_a_usage_mistake(place, arguments):
    place.refuses("tenant", "add", *arguments, code=USAGE)
    assert "X" not in {row["name"] for row in place("tenant", "list", "--json").rows}


def test_a_slug_that_is_taken_is_refused(place, acme):
    place.refuses("tenant", "add", "Another", "--slug", acme["slug"])


def test_keys_are_added_listed_revoked(place, acme):
    added = place("key", "add", "--tenant", acme["slug"], "--scopes", "send", "--json").row
    assert (added["scopes"], added["tenant_id"]) == (["send"], acme["id"])
    assert added["api_key"].startswith("pr_")
    admin = place("key", "add", "--admin", "--json").row
    assert "admin" in admin["scopes"]
    listed = place("key", "list", "--json").rows
    assert {added["id"], admin["id"]} <= {row["id"] for row in listed}
    assert not any("api_key" in row for row in listed)
    assert place("key", "revoke", added["id"], "--json").row["revoked"]
    (revoked,) = [row for row in place("key", "list", "--json").rows if row["id"] == added["id"]]
    assert revoked["revoked_at"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--tenant", "acme-sro", "--admin"), id="both"),
        pytest.param((), id="neither"),
        pytest.param(("--tenant", "acme-sro", "--scopes", "everything"), id="no such scope"),
        pytest.param(("--tenant", "acme-sro", "--scopes", "admin"), id="admin for a company"),
    ],
)
def test_a_key_that_makes_no_sense_is_a_usage_mistake(place, acme, arguments):
    place.refuses("key", "add", *arguments, code=USAGE)


def test_logins_are_added_listed_revoked(place, acme):
    added = place("login", "add", "--tenant", acme["id"], "--json").row
    assert added["password"]
    listed = place("login", "list", "--tenant", acme["slug"], "--json").rows
    assert {added["username"], acme["smtp_login"]["username"]} == {
        one["username"] for one in listed
    }
    assert not any("password" in row for row in listed)
    assert place("login", "revoke", added["username"], "--json").row["revoked"]


def test_a_link_to_the_inbox_is_printed(place, acme):
    assert re.fullmatch(
        r"http://127\.0\.0\.1:8025/inbox/\S+\n", place("inbox-link", acme["id"]).out
    )
    link = place("inbox-link", acme["slug"], "--json").row
    assert set(link) == {"url", "expires_at"}


# Mail.


def test_a_mail_is_sent_from_a_file_and_stands_in_the_queue(place, acme):
    file = place.mail("invoice.eml", invoice_mail(Sender(acme), f"N{place.is_running}", JANA))
    sent = place("send", file, "--json").row
    assert sent["id"].startswith("msg_")
    assert sent["recipients"] == [JANA]
    listed = place("queue", "list", "--json").rows
    (row,) = [row for row in listed if row["recipient"] == JANA]
    assert row["id"].startswith("dlv_")
    assert {"id", "recipient", "state", "next_hop", "reason", "age"} <= set(row)
    assert row["next_hop"] == "127.0.0.1:9"
    assert place("queue", "show", row["id"], "--json").row["message_id"] == sent["id"]

    assert place("queue", "hold", row["id"], "--json").row["state"] == "held"
    assert [one["state"] for one in place("queue", "summary", "--json").rows] == ["held"]
    assert place("queue", "release", row["id"], "--json").row["state"] == "queued"
    place("queue", "hold", row["id"])
    assert place("queue", "cancel", row["id"], "--json").row["state"] == "cancelled"
    assert row["id"] not in {one["id"] for one in place("queue", "list", "--json").rows}
    everything = place("queue", "list", "--all", "--json").rows
    assert row["id"] in {one["id"] for one in everything}
    place.refuses("queue", "retry", row["id"])


def test_a_mail_whose_from_is_nobodys_here_is_refused(place):
    mail = b"From: x@elsewhere.example\r\nTo: y@client.example\r\n\r\nHello\r\n"
    place.refuses("send", place.mail("foreign.eml", mail))


def test_a_mail_is_received_and_explained(place, acme):
    mail = (
        f"From: Jana <{JANA}>\r\nTo: {acme['sender_address']}\r\nSubject: Question\r\n"
        f"Message-ID: <q-{place.is_running}@client.example>\r\n\r\n"
        "When?\r\n\r\nOn Monday, Acme wrote:\r\n> Here it is.\r\n"
    ).encode()
    file = place.mail("question.eml", mail)
    received = place("receive", file, "--rcpt", acme["sender_address"], "--json").row
    assert received["id"].startswith("msg_")
    again = place("receive", file, "--rcpt", acme["sender_address"], "--json").row
    assert again["id"] == received["id"]
    told = place("explain", file, "--json").row
    assert (told["subject"], told["author"], told["text"]) == ("Question", JANA, "When?")
    assert "> Here it is." in told["quoted_text"]
    assert told["threading"]["rule"] in {"new", "references"}
    assert {"authentication", "automatic", "bounces", "signature", "attachments"} <= set(told)
    assert "When?" in place("explain", file).out
    place.refuses("receive", file, "--rcpt", "x@other.example")
    place.refuses("receive", file, code=USAGE)


def test_a_mail_is_taken_from_standard_input(place, acme):
    mail = octets(invoice_mail(Sender(acme), f"I{place.is_running}", JANA)).decode()
    done = place.gateway.cli("send", "-", "--json", input=mail)
    assert json.loads(done.stdout)["id"].startswith("msg_")


# Suppressions.


def test_addresses_are_suppressed_and_lifted(place, acme):
    tenant = ("--tenant", acme["slug"])
    added = place("suppress", "add", "Gone@Client.example", *tenant, "--json").row
    assert added["address"] == "gone@client.example"
    assert "gone@client.example" in place("suppress", "list", *tenant).out
    rows = place("suppress", "list", *tenant, "--json").rows
    assert [row["address"] for row in rows] == ["gone@client.example"]
    place("suppress", "remove", "gone@client.example", *tenant)
    place.refuses("suppress", "remove", "gone@client.example", *tenant)
    place.refuses("suppress", "add", "no address", *tenant, code=USAGE)


# Keys that sign, DNS.


def test_dkim_keys_are_listed_rotated_retired(place):
    before = place("dkim", "list", "--json").rows
    active = {row["selector"] for row in before if row["state"] == "active"}
    assert {row["algorithm"] for row in before} == {"rsa-sha256", "ed25519-sha256"}
    rotated = {row["selector"] for row in place("dkim", "rotate", "--json").rows}
    assert rotated
    assert not rotated & active
    after = {row["selector"]: row["state"] for row in place("dkim", "list", "--json").rows}
    assert {after[selector] for selector in active} == {"retired"}
    assert place("dkim", "new", "ed25519-sha256", "--json").row["algorithm"] == "ed25519-sha256"
    place.refuses("dkim", "retire", next(iter(rotated)))  # nothing else would sign
    place.refuses("dkim", "new", "md5", code=USAGE)
    assert place("dkim", "retire", next(iter(active)), "--json").row["state"] == "retired"


def test_dns_prints_the_records_to_publish(place):
    rows = place("dns", "--json").rows
    assert {frozenset(row) for row in rows} == {frozenset({"name", "type", "value", "purpose"})}
    kinds = {(row["name"].split(".")[0], row["type"]) for row in rows}
    assert {("mail", "MX"), ("reply", "MX"), ("bounce", "MX"), ("_dmarc", "TXT")} <= kinds
    selectors = {row["selector"] for row in place("dkim", "list", "--json").rows}
    assert {name for name, _ in kinds} >= selectors
    assert "IN MX 10 mail.example.com." in place("dns").out
    only = place("dns", "reply.example.com", "--json").rows
    assert {row["name"].endswith("reply.example.com") for row in only} == {True}
    place.refuses("dns", "other.example")


# Upkeep.


def test_status_tells_whether_it_runs_and_what_waits(place):
    told = place("status", "--json").row
    assert told["gateway"] == ("running" if place.is_running else "stopped")
    assert set(told["roles"].values()) == {"ok" if place.is_running else "stopped"}
    assert set(told["roles"]) == {"smtp", "ingest", "relay", "web"}
    assert {"store", "spool", "queue", "last_errors"} <= set(told)
    assert "gateway" in place("status").out


def test_the_store_is_proved(place):
    assert place("verify", "--json").row == {"ok": True, "findings": []}
    assert place("verify").out.strip()


def test_a_backup_brings_everything_back(place, acme):
    file = place.directory / f"backup-{place.is_running}.tar"
    assert place("backup", file, "--json").row["file"] == str(file)
    later = place.company("Added Later")
    if place.is_running:
        place.refuses("restore", file, "--yes")
        assert place("tenant", "show", later["id"], "--json").row["slug"] == "added-later"
        return
    place.refuses("restore", file, code=USAGE)
    place("restore", file, "--yes", "--json")
    slugs = {row["slug"] for row in place("tenant", "list", "--json").rows}
    assert acme["slug"] in slugs
    assert "added-later" not in slugs
    assert place("verify", "--json").row["ok"]


def test_migrate_finds_the_store_up_to_date(place):
    if place.is_running:
        assert "in use" in place.refuses("migrate")
    else:
        assert place("migrate").out.strip()


# What is not there, what makes no sense.


@pytest.mark.parametrize(
    "arguments",
    [
        "tenant show nobody",
        "tenant edit nobody --name X",
        "tenant remove nobody --yes",
        "key add --tenant nobody",
        "key list --tenant nobody",
        "key revoke key_nothing",
        "login add --tenant nobody",
        "login list --tenant nobody",
        "login revoke nobody",
        "inbox-link nobody",
        "queue list --tenant nobody",
        "queue show dlv_nothing",
        "queue retry dlv_nothing",
        "queue hold dlv_nothing",
        "queue release dlv_nothing",
        "queue cancel dlv_nothing",
        "suppress list --tenant nobody",
        "suppress add x@client.example --tenant nobody",
        "suppress remove x@client.example --tenant nobody",
        "dkim retire nothing",
    ],
)
def test_an_unknown_id_fails(place, arguments):
    place.refuses(*arguments.split())


@pytest.mark.parametrize(
    "arguments",
    [
        "nonsense",
        "tenant",
        "tenant nonsense",
        "tenant add",
        "tenant list --nonsense",
        "queue list --limit many",
        "queue show",
        "suppress list",
        "serve --role nonsense",
        "config explain relay.nothing",
        "demo --port many",
    ],
)
def test_a_usage_mistake_is_told_as_one(place, arguments):
    done = place(*arguments.split(), code=USAGE, config=False)
    assert done.out == "" or "Usage" in done.out
    assert done.err.strip() or done.out.strip()


def test_bad_configuration_is_told_with_its_place(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('[relay]\ngive_up = "5 dayz"\n[limits]\nidle = 300\n')
    commands = (
        "check",
        "tenant list",
        "queue list",
        "status",
        "serve",
        "migrate",
        "dns",
        "config show",
    )
    for command in commands:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*command.split(), "--config", str(bad)])
        assert (code, out.getvalue()) == (BAD_CONFIGURATION, ""), command
        assert f"{bad}:2:1: [relay] give_up" in err.getvalue(), command
        assert f"{bad}:4:1: [limits] idle" in err.getvalue(), command


# Configuration and new installations.


def test_check_and_config_tell_what_holds(place):
    done = place("check")
    assert "no mistakes" in done.out
    shown = place("config", "show", "--json").rows
    assert {"key", "value", "source", "default"} == set(shown[0])
    changed = {row["key"] for row in place("config", "show", "--non-default", "--json").rows}
    assert {"relay.next_hop", "server.data_dir"} <= changed
    assert "limits.idle" not in changed
    assert "[relay]" in place("config", "show").out
    told = place("config", "explain", "limits.idle", config=False).out
    assert "5m" in told


def test_init_makes_an_installation_that_is_ready_to_check(tmp_path):
    home = tmp_path / "new"
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert run(["init", str(home), "--domain", "acme.example"]) == DONE
    assert "mail.acme.example. IN MX 10 mail.acme.example." in out.getvalue()
    made = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert {"postroom.toml", "postroom.service", "var/secret"} <= made
    assert (home / "var" / "secret").stat().st_mode & 0o077 == 0
    kept = (home / "postroom.toml").read_text()
    checked = subprocess.run(
        [sys.executable, "-m", "gateway", "check", "--config", home / "postroom.toml"],
        env={**os.environ, **ANY_PORTS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == DONE, checked.stderr
    with redirect_stdout(out), redirect_stderr(err):
        assert run(["init", str(home)]) == FAILED
    assert (home / "postroom.toml").read_text() == kept


def test_explain_keeps_nothing_where_there_is_no_store(tmp_path):
    (tmp_path / "mail.eml").write_bytes(b"Subject: Hi\r\n\r\nHello\r\n")
    config = tmp_path / "postroom.toml"
    config.write_text(f'[server]\ndata_dir = "{tmp_path}/var"\n')
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(["explain", str(tmp_path / "mail.eml"), "--json", "--config", str(config)]) == 0
    told = json.loads(out.getvalue())
    assert (told["text"], told["threading"]["rule"]) == ("Hello", None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mail.eml", "postroom.toml"]


def test_the_demo_sees_its_whole_journey_work():
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(["demo", "--once"]) == DONE
    assert "every step was seen to work" in out.getvalue()
    assert "NOT SEEN" not in out.getvalue()
