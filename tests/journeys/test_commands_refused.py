"""What commands refuse, in front of a running gateway and of none, and with which exit code."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout

import pytest

from gateway.cli import run
from tests.journeys.place import BAD_CONFIGURATION, USAGE

pytestmark = pytest.mark.journey


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
    said = place.refuses("tenant", "add", "Another", "--slug", acme["slug"])
    assert f"The slug {acme['slug']} is in use" in said
    assert "Another" not in {row["name"] for row in place("tenant", "list", "--json").rows}


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
    before = place("key", "list", "--json").out
    place.refuses("key", "add", *arguments, code=USAGE)
    assert place("key", "list", "--json").out == before


def test_a_mail_whose_from_is_nobodys_here_is_refused(place):
    mail = b"From: x@elsewhere.example\r\nTo: y@client.example\r\n\r\nHello\r\n"
    said = place.refuses("send", place.mail("foreign.eml", mail))
    assert "x@elsewhere.example, which is no company's address here" in said


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
    said = place.refuses(*arguments.split())
    assert re.search(r"here is no|is not suppressed", said), said


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
