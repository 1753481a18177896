"""Files of secrets that others can get at."""

import pytest

from gateway.settings import examine
from gateway.settings.secrecy import exposed_files


def exposed(home, modes):
    """Return what is told of a company's password, a TLS key and a DKIM key with these modes."""
    (home / "dkim").mkdir()
    files = [home / "password", home / "tls.key", home / "dkim" / "a.pem"]
    for file, mode in zip(files, modes, strict=True):
        file.write_text("secret")
        file.chmod(mode)
    config = home / "postroom.toml"
    config.write_text(
        f'[tls]\nkey = "{files[1]}"\ncertificate = "{files[1]}"\n'
        f'[dkim]\ndirectory = "{home}/dkim"\n'
        '[[tenant]]\nname = "Acme"\nslug = "acme"\n[tenant.email]\nmethod = "smtp"\n'
        '[tenant.email.smtp]\nhost = "smtp.example.com"\nlogin = "a"\n'
        f'password = {{ file = "{files[0]}" }}\nfrom_address = "a@example.com"\n'
    )
    loaded = examine(config, environ={})
    assert not loaded.mistakes
    found = exposed_files(loaded.settings)
    return [(one.file.name, one.replaceable) for one in found]


@pytest.mark.parametrize(
    ("modes", "told"),
    [
        ((0o600, 0o600, 0o600), []),
        ((0o640, 0o660, 0o400), []),
        ((0o644, 0o600, 0o600), [("password", False)]),
        ((0o644, 0o604, 0o666), [("a.pem", True), ("password", False), ("tls.key", False)]),
    ],
)
def test_files_that_everybody_may_read_or_replace_are_told(tmp_path, modes, told):
    assert exposed(tmp_path, modes) == told
