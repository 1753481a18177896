"""Every command, in front of a running gateway and of none: what it does and prints."""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from gateway.cli import run
from tests.journeys.company import invoice_mail, octets
from tests.journeys.place import DONE, FAILED, USAGE, Sender

pytestmark = pytest.mark.journey

ANY_PORTS = {f"POSTROOM_LISTEN__{name}": '["127.0.0.1:0"]' for name in ("MX", "SUBMISSION", "HTTP")}
JANA = "jana@client.example"


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


def test_the_audit_log_tells_what_was_made_and_changed_on_the_command_line(place, acme):
    added = place("key", "add", "--tenant", acme["slug"], "--scopes", "send", "--json").row
    place("tenant", "edit", acme["slug"], "--timezone", "Europe/Prague")
    place("key", "revoke", added["id"])
    rows = place("audit", "--tenant", acme["slug"], "--limit", "3", "--json").rows
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("key.revoked", added["id"]),
        ("profile.changed", acme["id"]),
        ("key.added", added["id"]),
    ]
    assert rows[1]["after"] == {"timezone": "Europe/Prague"}
    assert {row["who"] for row in rows} == {"command line"}
    assert added["api_key"] not in str(rows)
    assert added["id"] in place("audit").out
    place.refuses("audit", "--tenant", "nobody")
    place.refuses("audit", "--limit", "0", code=USAGE)


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
    (why,) = place("queue", "summary", "--by", "reason", "--json").rows
    assert (why["next_hop"], why["count"]) == ("127.0.0.1:9", 1)
    assert why["octets"] > 0
    place.refuses("queue", "summary", "--by", "weather", code=USAGE)
    assert place("queue", "release", row["id"], "--json").row["state"] == "queued"
    place("queue", "hold", row["id"])
    assert place("queue", "cancel", row["id"], "--json").row["state"] == "cancelled"
    assert row["id"] not in {one["id"] for one in place("queue", "list", "--json").rows}
    everything = place("queue", "list", "--all", "--json").rows
    assert row["id"] in {one["id"] for one in everything}
    place.refuses("queue", "retry", row["id"])


def test_everything_or_all_mail_to_a_next_hop_takes_a_step_at_once(place, acme):
    for number in range(3):
        mail = invoice_mail(Sender(acme), f"A{place.is_running}{number}", JANA)
        place("send", place.mail("invoice.eml", mail))
    waiting = {row["id"] for row in place("queue", "list", "--json").rows}
    assert len(waiting) == 3
    held = place("queue", "hold", "--next-hop", "127.0.0.1:9", "--json").rows
    assert {(row["id"], row["state"]) for row in held} == {(one, "held") for one in waiting}
    assert place("queue", "hold", "--next-hop", "127.0.0.1:9", "--json").rows == []
    assert place("queue", "retry", "ALL", "--json").rows == []
    assert len(place("queue", "release", "ALL", "--json").rows) == 3
    place.refuses("queue", "cancel", "ALL", code=USAGE)
    place("queue", "hold", "ALL")
    given_up = place("queue", "cancel", "--next-hop", "127.0.0.1:9", "--yes", "--json").rows
    assert {row["state"] for row in given_up} == {"cancelled"}
    place.refuses("queue", "hold", code=USAGE)
    place.refuses("queue", "hold", "ALL", "--next-hop", "127.0.0.1:9", code=USAGE)
    place.refuses("queue", "hold", "ALL", "dlv_1", code=USAGE)


def test_people_read_the_queue_as_they_know_it(place, acme):
    place("send", place.mail("i.eml", invoice_mail(Sender(acme), f"R{place.is_running}", JANA)))
    head, row, sum_ = place("queue", "list").out.splitlines()
    assert head.split()[:5] == ["ID", "TENANT", "SIZE", "AGE", "RECIPIENT"]
    assert row.split()[1] == acme["slug"]
    assert row.split()[3].endswith("s")
    assert "Kbytes in 1 delivery: 1 " in sum_
    assert place("queue", "summary").out.split()[:5] == ["NEXT", "HOP", "STATE", "COUNT", "OLDEST"]
    place("queue", "cancel", "ALL", "--yes")


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
    rotated = {row["selector"] for row in place("dkim", "rotate", "--force", "--json").rows}
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
    # In a process of its own: it sets up logging for the whole process.
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == DONE, done.stdout + done.stderr
    assert "every step was seen to work" in done.stdout
    assert "NOT SEEN" not in done.stdout
