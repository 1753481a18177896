"""An archive brought into an installation, in front of a running gateway and of none."""

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from gateway.cli import run
from tests.journeys.company import ADMIN, Company
from tests.journeys.process import RunningGateway, gateway

pytestmark = pytest.mark.journey

OFFICE = "office@acme.example"


def mail(name, text, *, by, to, day, answers="", subject="Cables"):
    refers = f"In-Reply-To: <{answers}>\n" if answers else ""
    return (
        f"From: {by}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{name}>\n"
        f"Date: Mon, {day} Jun 2020 09:00:00 +0000\n{refers}\n{text}\n"
    ).encode()


ASKED = mail(
    "a@client", ">From here on, where are they?", by="jana@client.example", to=OFFICE, day=1
)
ANSWERED = mail("b@acme", "Sent.", by=OFFICE, to="jana@client.example", day=2, answers="a@client")
LARGE = mail(
    "c@client", "word " * 500_000, by="jana@client.example", to=OFFICE, day=3, answers="b@acme"
)
ELSE = mail("d@x", "Hello.", by="peter@x.example", to=OFFICE, day=4, subject="Offer")
SEPARATOR = b"From x@y.example Mon Jun  1 09:00:00 2020\n"
ALL = (ELSE, LARGE, ANSWERED, ASKED)


def mbox(directory, mails=ALL):
    path = directory / "archive.mbox"
    path.write_bytes(b"".join(SEPARATOR + one + b"\n" for one in mails))
    return path


def maildir(directory):
    path = directory / "maildir"
    for folder, one, name in (
        ("cur", ASKED, "1:2,S"),
        ("new", ANSWERED, "2"),
        (".Sent/cur", LARGE, "3:2,"),
        (".Sent/new", ELSE, "4"),
    ):
        (path / folder).mkdir(parents=True, exist_ok=True)
        (path / folder / name).write_bytes(one.replace(b">From", b"From"))
    return path


def test_an_archive_is_brought_in_while_the_gateway_runs(tmp_path):
    with gateway(tmp_path, settings=ADMIN) as running:
        company = Company.added(running, "Acme")
        asked = ("--tenant", "acme", "--own", OFFICE)
        (first,) = running.json("import", "mbox", str(mbox(tmp_path)), *asked)
        (again,) = running.json("import", "maildir", str(maildir(tmp_path)), *asked)
        conversations = company.all("/v1/conversations")
        cables = next(one for one in conversations if one["subject"] == "Cables")
        messages = company.all(f"/v1/conversations/{cables['id']}/messages")
        raw = company.api.get(f"/v1/messages/{messages[0]['id']}/raw").content
        told = [
            (one["direction"], one["date"][:10], one["threading"]["rule"], len(one["full_text"]))
            for one in messages
        ]
        events = {event["type"] for event in company.get("/v1/events?after=0")["data"]}
        queue = running.json("queue", "list", "--all")
        left = list((running.data_dir / "tmp").glob("import-*"))
        sound = running.json("verify")
        company.close()
    counts = {"mails": 4, "unreadable": 0, "too_large": 0, "threads": 2}
    assert first == {**counts, "imported": 4, "skipped": 0, "conversations": 2}
    assert again == {**counts, "imported": 0, "skipped": 4, "conversations": 0}
    assert [line[:3] for line in told] == [
        ("in", "2020-06-01", "new"),
        ("out", "2020-06-02", "references"),
        ("in", "2020-06-03", "references"),
    ]
    assert raw == ASKED.replace(b">From", b"From").replace(b"\n", b"\r\n")
    assert (
        cables["status"],
        cables["unread"],
        cables["customer"]["email"],
    ) == (
        "closed",
        0,
        "jana@client.example",
    )
    assert (events, queue, left) == ({"conversation.created"}, [], [])
    assert sound == [{"ok": True, "findings": []}]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """An installation with no gateway running, whose commands run in this process."""
    place = Commands(RunningGateway(tmp_path_factory.mktemp("stopped")).config)
    place("tenant", "add", "Acme")
    return place


class Commands:
    def __init__(self, config):
        self.config = config

    def __call__(self, *arguments, code=0):
        """Return what a command printed, and what it complained of."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            assert run([*map(str, arguments), "--config", str(self.config)]) == code
        return out.getvalue(), err.getvalue()


def test_an_import_that_was_cut_short_goes_on_where_no_gateway_runs(stopped, tmp_path):
    part, whole = (
        json.loads(
            stopped("import", "mbox", mbox(tmp_path, mails), "--tenant", "acme", "--json")[0]
        )
        for mails in ([ASKED], ALL)
    )
    replayed = stopped("replay", "--dry-run")[0]
    none = stopped("replay", "--since", "2026-01-01", "--json")[0]
    recent = stopped("replay", "--since", "30d", "--json")[0]
    assert [(one["imported"], one["skipped"], one["conversations"]) for one in (part, whole)] == [
        (1, 0, 1),
        (3, 1, 1),
    ]
    assert (replayed, none, recent) == ("4 messages were read again; 0 would be changed.\n", "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(
            ("import", "mbox", "none.mbox", "--tenant", "acme"), 1, "No such file", id="absent"
        ),
        pytest.param(
            ("import", "maildir", "tests", "--tenant", "acme"), 1, "no maildir", id="no maildir"
        ),
        pytest.param(("import", "mbox", __file__, "--tenant", "acme"), 1, "no mbox", id="no mbox"),
        pytest.param(("import", "mbox", __file__, "--tenant", "x"), 1, "company x", id="company"),
        pytest.param(("import", "zip", "x.zip", "--tenant", "acme"), 2, "zip", id="form"),
        pytest.param(
            ("import", "mbox", __file__, "--tenant", "acme", "--own", "me"),
            2,
            "no mail address",
            id="own",
        ),
        pytest.param(("replay", "--since", "soon"), 2, "soon", id="since"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(stopped, arguments, code, says):
    out, err = stopped(*arguments, code=code)
    assert (out, says in err, "Traceback" in err) == ("", True, False)


def test_a_terminal_shows_how_far_the_work_is(stopped, tmp_path):
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gateway", "import", "mbox", str(mbox(tmp_path))),
            *("--tenant", "acme", "--config", str(stopped.config)),
        ],
        stderr=theirs,
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    os.close(theirs)
    shown = os.read(ours, 64 * 1024).decode()
    os.close(ours)
    assert ("Reading" in shown, "100 %" in shown, b"imported" in done.stdout) == (True,) * 3
