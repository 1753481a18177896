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


def rotate(tmp_path, zone, *words, command=("dkim", "rotate", "--json")):
    with answering(zone) as fake:
        config = tmp_path / "c.toml"
        config.write_text(
            f'[server]\ndata_dir = "{tmp_path}/data"\nsecret = {{ file = "{tmp_path}/secret" }}\n'
            f'[dkim]\ndirectory = "{tmp_path}/dkim"\nalgorithms = ["ed25519-sha256"]\n'
            f'[dns]\nresolvers = ["127.0.0.1:{fake.port}"]\n'
        )
        return run([*command, "--config", str(config), *words])


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


def test_with_companies_own_domains_the_key_behind_their_names_has_to_be_there(
    tmp_path, keys, capsys
):
    rotate(tmp_path, {}, command=("tenant", "add", "Acme"))
    claim = ("email", "domain", "acme", "--set", "invoices@acme.example")
    assert rotate(tmp_path, {}, command=claim) == 1
    assert "acme: pending" in capsys.readouterr().out
    zone = zone_of(keys, KeyState.STANDBY)
    assert rotate(tmp_path, zone) == 1
    assert "*.pr2.dkim.mail.example.com: publish TXT v=DKIM1" in capsys.readouterr().err
    behind = {one.slot: one.value for one in keys.company_keys(NOW)}
    zone["*.pr2.dkim.mail.example.com", "TXT"] = [f'"{behind[2]}"']
    assert rotate(tmp_path, zone) == 0
    assert rotate(tmp_path, zone_of(keys, KeyState.STANDBY)) == 1
    assert "still lead to the key that signed before" in capsys.readouterr().err
