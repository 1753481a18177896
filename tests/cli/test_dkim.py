"""Rotation of keys, and what DNS says of the next ones."""

import json
from datetime import UTC, datetime

import pytest

from gateway.cli import run
from gateway.runtime.dkim_keys import DkimKeys, KeyState
from tests.smtp.fakedns import answering

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path):
    keys = DkimKeys(tmp_path / "dkim", ("ed25519-sha256",))
    keys.make_missing(NOW)
    return keys


def rotate(tmp_path, zone, *words):
    with answering(zone) as fake:
        config = tmp_path / "c.toml"
        config.write_text(
            f'[dkim]\ndirectory = "{tmp_path}/dkim"\nalgorithms = ["ed25519-sha256"]\n'
            f'[dns]\nresolvers = ["127.0.0.1:{fake.port}"]\n'
        )
        return run(["dkim", "rotate", "--json", "--config", str(config), *words])


def zone_of(keys, *states):
    records = keys.records("mail.example.com", NOW)
    return {(one.name, "TXT"): [f'"{one.value}"'] for one in records if one.state in states}


def states_of(keys):
    return {key.selector: key.state for key in keys.all()}


def test_a_key_that_dns_answers_with_rises(tmp_path, keys, capsys):
    (standby,) = [key.selector for key in keys.all() if key.state is KeyState.STANDBY]
    assert rotate(tmp_path, zone_of(keys, KeyState.STANDBY)) == 0
    assert json.loads(capsys.readouterr().out)["selector"] == standby


@pytest.mark.parametrize("zone", [{}, {"mail.example.com": "SERVFAIL"}])
def test_a_key_that_dns_does_not_know_signs_nothing(tmp_path, keys, capsys, zone):
    before = states_of(keys)
    assert rotate(tmp_path, zone | zone_of(keys, KeyState.ACTIVE)) == 1
    told = capsys.readouterr()
    assert (told.out, states_of(keys)) == ("", before)
    assert "nothing was changed" in told.err
    assert "_domainkey.mail.example.com: publish TXT v=DKIM1" in told.err


def test_force_asks_nobody(tmp_path, keys):
    assert rotate(tmp_path, {}, "--force") == 0
