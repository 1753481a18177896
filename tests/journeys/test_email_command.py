"""`email show|set|test`, in front of a running gateway and of none."""

import json

import pytest

from tests.journeys.place import FAILED, USAGE

pytestmark = pytest.mark.journey


@pytest.fixture
def password(place):
    file = place.directory / "password"
    file.write_text("canary-81\n")
    return file


def test_the_settings_are_shown_and_changed_and_the_secret_never(place, acme, password):
    shown = place("email", "show", acme["slug"], "--json").row
    assert (shown["method"], shown["secret"], shown["reminders"]) == ("gateway", None, [])
    changed = place(
        "email", "set", acme["slug"], "--host", "127.0.0.1", "--port", 9, "--login",
        "bill@acme.example", "--password-file", password, "--method", "smtp", "--replies", "both",
        "--remind-before", "3", "--remind-on-due", "--remind-after", "14,7", "--json",
    )  # fmt: skip
    row = changed.row
    assert (row["method"], row["secret"], row["from_address"]) == (
        "smtp",
        "set",
        "bill@acme.example",
    )
    assert row["reminders"] == [-3, 0, 7, 14]
    assert "canary" not in changed.out
    kept = place("email", "set", acme["slug"], "--remind-after", "", "--json").row
    assert (kept["reminders"], kept["secret"]) == ([-3, 0], "set")
    moved = place("email", "set", acme["slug"], "--method", "gateway", "--port", 10, "--json").row
    assert moved["secret"] is None


def test_a_test_that_fails_says_where_and_what_to_do(place, acme, password):
    place(
        "email", "set", acme["slug"], "--host", "127.0.0.1", "--port", 9, "--login",
        "bill@acme.example", "--password-file", password,
    )  # fmt: skip
    told = json.loads(place("email", "test", acme["slug"], "--json", code=FAILED).out)
    assert (told["ok"], told["stage"]) == (False, "connect")
    assert told["hint"]
    assert "Check server name and port" in place("email", "test", acme["slug"], code=FAILED).out


@pytest.mark.parametrize(
    "wrong",
    [
        ("--method", "pigeon"),
        ("--security", "ssl"),
        ("--port", "0"),
        ("--password-file", "/nonexistent"),
        ("--remind-after", "never"),
        ("--remind-before", "90"),
    ],
)
def test_what_can_not_be_is_refused(place, acme, wrong):
    place.refuses("email", "set", acme["slug"], *wrong, code=USAGE)


def test_what_is_missing_is_named(place, acme):
    said = place.refuses("email", "set", acme["slug"], "--method", "smtp", "--host", "")
    assert "Which server?" in said
