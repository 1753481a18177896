import os
import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from gateway.settings import Loaded, examine
from gateway.settings.check import check

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
QUIET = "[listen]\nmx = []\nsubmission = []\nhttp = []\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def examined(home: Path, text: str = "") -> Loaded:
    """Return a configuration whose data is in `home` unless `text` says otherwise."""
    config = home / "c.toml"
    config.write_text(QUIET + text)
    environ = {
        "POSTROOM_SERVER__DATA_DIR": str(home / "var"),
        "POSTROOM_SERVER__SECRET": f'{{ file = "{home}/var/secret" }}',
        "POSTROOM_DKIM__DIRECTORY": str(home / "var" / "dkim"),
    }
    tables = {line.strip("[]") for line in text.splitlines() if line.startswith("[")}
    return examine(
        config,
        environ={
            name: value
            for name, value in environ.items()
            if name.removeprefix("POSTROOM_").partition("__")[0].lower() not in tables
        },
    )


def told(home: Path, text: str = "", **options: object) -> list[str]:
    found = check(examined(home, text), **options)  # type: ignore[arg-type]  # as given
    return [str(mistake).replace(str(home), "HOME") for mistake in found]


def certificate(home: Path, name: str, *, days: int = 90) -> None:
    issued = trustme.CA().issue_cert("mail.example.com", not_after=NOW + timedelta(days=days))
    issued.private_key_pem.write_to_path(home / f"{name}.key")
    issued.cert_chain_pems[0].write_to_path(home / f"{name}.pem")


def tls(home: Path, name: str, key: str) -> str:
    return f'[tls]\ncertificate = "{home}/{name}.pem"\nkey = "{home}/{key}.key"\n'


def test_a_machine_that_fits_has_no_mistakes(home):
    certificate(home, "a")
    assert told(home, tls(home, "a", "a"), now=NOW) == []


def test_the_mistakes_of_the_text_are_told_too(home):
    assert told(home, "[dns]\nx = 1\n") == ["HOME/c.toml:6:1: [dns] x is not a setting"]


def test_a_certificate_and_another_key_do_not_fit(home):
    certificate(home, "a")
    certificate(home, "b")
    assert told(home, tls(home, "a", "b")) == [
        (
            'HOME/c.toml:7:1: [tls] key = "HOME/b.key" is not the key of "HOME/a.pem": '
            "write the path of the one that the certificate was made for"
        )
    ]


def test_a_certificate_that_has_expired_is_told_where_the_time_is_known(home):
    certificate(home, "a", days=-1)
    text = tls(home, "a", "a")
    assert (told(home, text), told(home, text, now=NOW)) == (
        [],
        [
            (
                'HOME/c.toml:6:1: [tls] certificate = "HOME/a.pem" expired on 2026-11-21: '
                "renew it and reload"
            )
        ],
    )


def test_missing_and_foreign_files_are_told(home):
    (home / "a.pem").write_text("no PEM")
    assert told(home, tls(home, "a", "a")) == [
        (
            'HOME/c.toml:6:1: [tls] certificate = "HOME/a.pem" is not such a PEM file, '
            "or it has a passphrase"
        ),
        'HOME/c.toml:7:1: [tls] key = "HOME/a.key" can\'t be read: No such file or directory',
    ]


def test_a_data_directory_that_cannot_be_made_is_told(home):
    (home / "file").touch()
    (mistake,) = told(home, f'[server]\ndata_dir = "{home}/file/var"\nsecret = {{ file = "x" }}\n')
    assert mistake == (
        'HOME/c.toml:6:1: [server] data_dir = "HOME/file/var" can\'t be made: '
        '"HOME/file" is not a directory'
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_directory_that_is_not_writable_is_told(home):
    (home / "var").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    assert any("is not writable by this user" in mistake for mistake in told(home))


@pytest.mark.parametrize("content", [b"", b"short", b"zz" * 32, b"\xff"])
def test_a_damaged_secret_is_told(home, content):
    (home / "var").mkdir()
    (home / "var" / "secret").write_bytes(content)
    (mistake,) = told(home)
    assert "[server] secret is kept in" in mistake


def test_a_secret_as_it_is_made_is_in_order(home):
    (home / "var").mkdir()
    (home / "var" / "secret").write_text("ab" * 32 + "\n")
    assert told(home) == []


def test_a_damaged_signing_key_is_told(home):
    (home / "var" / "dkim").mkdir(parents=True)
    (home / "var" / "dkim" / "a.pem").write_text("no key")
    (mistake,) = told(home)
    assert "[dkim] directory has a bad key:" in mistake


def test_a_port_that_another_program_holds_is_told(home):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = f'[listen]\nmx = ["127.0.0.1:0", "127.0.0.1:{port}", "localhost:{port}"]\n'
        (home / "c.toml").write_text(text + "submission = []\nhttp = []\n")
        found = check(examine(home / "c.toml", environ={}))
        assert [str(mistake).replace(str(home), "HOME") for mistake in found] == [
            (
                f'HOME/c.toml:2:22: [listen] mx: "127.0.0.1:{port}" can\'t be listened on: '
                "another program does: stop it, or write another port"
            )
        ]


def test_a_port_that_a_running_gateway_holds_is_in_order(home):
    (home / "var").mkdir()
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.socket(socket.AF_UNIX) as control,
    ):
        control.bind(str(home / "var" / "control"))
        control.listen()
        text = f'[listen]\nmx = ["127.0.0.1:{other.getsockname()[1]}"]\n'
        (home / "c.toml").write_text(text + "submission = []\nhttp = []\n")
        environ = {"POSTROOM_SERVER__DATA_DIR": str(home / "var")}
        assert check(examine(home / "c.toml", environ=environ)) == ()


def test_an_address_of_another_machine_is_told(home):
    (home / "c.toml").write_text('[listen]\nmx = ["192.0.2.1:2525"]\nsubmission = []\nhttp = []\n')
    (mistake,) = check(examine(home / "c.toml", environ={}))
    assert "it is no address of this machine" in mistake.text


def test_ports_are_not_tried_where_they_are_ours(home):
    (home / "c.toml").write_text('[listen]\nmx = ["192.0.2.1:2525"]\n')
    assert check(examine(home / "c.toml", environ={}), ports=False) == ()


def test_a_secret_that_everybody_may_replace_is_told_one_they_may_read_is_no_mistake(home):
    (home / "var").mkdir()
    secret = home / "var" / "secret"
    secret.write_text("ab" * 32 + "\n")
    secret.chmod(0o644)
    readable = told(home)
    secret.chmod(0o602)
    (mistake,) = told(home)
    assert readable == []
    assert mistake.endswith(
        'the file of a secret, "HOME/var/secret", can be replaced by every user of this machine: '
        "chmod o-rw HOME/var/secret"
    )
