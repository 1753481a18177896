import json
import stat
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli import config, dns
from gateway.runtime.keys import read_keyring
from gateway.settings import BadSettings, load

app = typer.Typer()
config.register(app)
dns.register(app)


def run(*words: str):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """Return a configuration that listens nowhere."""
    file = tmp_path / "c.toml"
    file.write_text("[listen]\nmx = []\nsubmission = []\nhttp = []\n[dns]\ntimeout = '6s'\n")
    return file


def test_check_says_that_there_are_no_mistakes(quiet):
    found = run("check", "--config", quiet)
    assert (found.exit_code, found.stdout) == (0, f"{quiet}: no mistakes\n")


def test_check_raises_all_mistakes(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text("[dns]\nx = 1\n[listen]\nmx = ['192.0.2.1:25']\nsubmission = []\nhttp = []\n")
    error = run("check", "--config", file).exception
    assert isinstance(error, BadSettings)
    assert len(error.mistakes) == 2


def test_show_prints_what_differs(quiet):
    found = run("config", "show", "--non-default", "--config", quiet)
    assert found.stdout.splitlines()[-2:] == ["[dns]", f'timeout = "6s"  # {quiet}:6:1']


def test_show_prints_rows_of_json(quiet):
    rows = [
        json.loads(line)
        for line in run("config", "show", "--json", "--config", quiet).stdout.splitlines()
    ]
    assert {
        "key": "dns.timeout",
        "value": '"6s"',
        "source": f"{quiet}:6:1",
        "default": False,
    } in rows
    assert {
        "key": "server.readers",
        "value": "1",
        "source": "default",
        "default": True,
    } in rows


def test_explain_prints_a_setting():
    assert run("config", "explain", "relay.retry").stdout.startswith("[relay] retry\n")


def test_explain_of_an_unknown_name_is_a_usage_error():
    found = run("config", "explain", "relay.give_up")
    assert found.exit_code == 2
    assert "relay.give_up_after" in found.output


def test_init_makes_an_installation_that_checks(tmp_path):
    home = tmp_path / "home"
    found = run("init", home, "--domain", "acme.example")
    assert found.exit_code == 0
    made = load(home / "postroom.toml", environ={}).settings
    assert (made.domains.reply, made.server.data_dir, made.server.secret.file) == (
        "reply.acme.example",
        home / "var",
        home / "var" / "secret",
    )
    assert f"serve --config {home}/postroom.toml" in (home / "postroom.service").read_text()
    assert "mail.acme.example. IN MX 10 mail.acme.example." in found.stdout
    assert found.stdout.count("._domainkey.mail.acme.example. IN TXT") == 4


def test_init_keeps_secrets_from_others(tmp_path):
    run("init", tmp_path)
    secrets = [tmp_path / "var" / "secret", *(tmp_path / "var" / "dkim").glob("*.pem")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}
    assert read_keyring(secrets[0].read_text(), where="secret").secrets


def test_init_writes_no_secret_into_the_configuration(tmp_path):
    run("init", tmp_path)
    secret = (tmp_path / "var" / "secret").read_text().strip()
    assert secret not in (tmp_path / "postroom.toml").read_text()


def test_init_overwrites_nothing(tmp_path):
    run("init", tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    found = run("init", tmp_path, "--domain", "acme.example")
    after = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert (found.exit_code, after) == (1, before)


def test_init_refuses_what_is_no_domain(tmp_path):
    assert run("init", tmp_path / "home", "--domain", "not a name").exit_code == 2
    assert not (tmp_path / "home").exists()
