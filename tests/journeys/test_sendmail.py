"""`postroom sendmail`, as scripts call it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.place import FAILED, USAGE

pytestmark = pytest.mark.journey
MAIL = "To: jana@client.example\nCc: Petra <petra@client.example>\nSubject: Hello\n\nHi\n"


def sendmail(place, *arguments, mail=MAIL, code=0):
    done = place.gateway.cli("sendmail", *arguments, input=mail, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def waiting(place):
    rows = place("queue", "list", "--json").rows
    for row in rows:
        place("queue", "cancel", row["id"])
    return sorted(row["recipient"] for row in rows)


def test_the_recipients_stand_in_the_header_and_bcc_stays_here(place, acme):
    mail = f"From: {acme['sender_address']}\nBcc: boss@firm.example\n{MAIL}"
    done = sendmail(place, "-t", "-oi", "-i", "-odb", mail=mail)
    assert (done.stdout, done.stderr) == ("", "")
    assert waiting(place) == ["boss@firm.example", "jana@client.example", "petra@client.example"]


def test_without_t_those_named_get_it_and_f_is_the_author_where_there_is_none(place, acme):
    sendmail(place, "-f", acme["sender_address"], "-F", "Acme Billing", "--", "only@client.example")
    rows = place("queue", "list", "--json").rows
    shown = place("queue", "show", rows[0]["id"], "--json").row
    assert waiting(place) == ["only@client.example"]
    assert shown["recipient"] == "only@client.example"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-i",), USAGE, "no recipient"),
        (("-t", "-N", "perhaps"), USAGE, "never, or some of"),
        (("-bs",), USAGE, "-bm and -bp"),
        (("-t", "-f", "stranger@other.example"), FAILED, "no company's address"),
        (("-t",), FAILED, "From is missing"),
        (("-f", "no address", "a@b.example"), USAGE, "is no mail address"),
    ],
)
def test_what_can_not_be_done_is_told(place, acme, arguments, code, words):
    assert words in sendmail(place, *arguments, code=code).stderr
    assert waiting(place) == []


def test_under_its_old_names_it_is_found_in_the_path(place, acme, tmp_path):
    for name in ("sendmail", "mailq"):
        (tmp_path / name).write_text(
            f"#!{sys.executable}\nfrom gateway.__main__ import main\nmain()\n"
        )
        (tmp_path / name).chmod(0o755)
    environment = {
        **os.environ,
        **place.gateway.environment,
        "POSTROOM_CONFIG": str(place.gateway.config),
        "PYTHONPATH": str(Path.cwd()),
    }
    mail = f"From: {acme['sender_address']}\n{MAIL}"
    subprocess.run(
        [tmp_path / "sendmail", "-t"], input=mail, text=True, check=True, env=environment
    )
    listed = subprocess.run(
        [tmp_path / "mailq"], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert "jana@client.example" in listed
    assert "Kbytes in 2 deliveries: 2 " in listed
    assert waiting(place) == ["jana@client.example", "petra@client.example"]
