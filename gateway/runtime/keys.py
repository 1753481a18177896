"""The installation's secret: made at first start, guarded, recognised."""

import hashlib
import os
from pathlib import Path

from gateway.mail.errors import ConfigError
from gateway.rules.tokens import Keyring
from gateway.runtime.synced import sync_folder

OCTETS = 32
FINGERPRINT = "secret.fingerprint"
"""The fact of the store that names the secret its data was made with."""


def make_secret(path: Path, octets: bytes) -> None:
    """Write a new secret to a file that only its owner reads, synced; leave an existing one.

    octets: `OCTETS` of chance.

    Raises ConfigError if it can't be written.
    """
    text = octets.hex() + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigError(f"{path}: the secret can't be written: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def read_keyring(text: str, *, where: str) -> Keyring:
    """Return the secrets of a file: one a line, hexadecimal, at least 32 octets; newest first.

    Raises ConfigError, naming `where`, if a line is no such secret.
    """
    found = []
    for line in text.split():
        try:
            secret = bytes.fromhex(line)
        except ValueError:
            secret = b""
        if len(secret) < OCTETS:
            raise ConfigError(
                f"{where}: each line must be a secret of at least {2 * OCTETS} hexadecimal digits"
            )
        found.append(secret)
    if not found:
        raise ConfigError(f"{where}: the secret is empty; restore the file from a backup")
    return Keyring(tuple(found))


def fingerprint(keys: Keyring) -> str:
    """Return what the store keeps to recognise the oldest secret, which all rotations keep."""
    return fingerprints(keys)[-1]


def fingerprints(keys: Keyring) -> tuple[str, ...]:
    """Return that of each secret, the newest first."""
    return tuple(
        hashlib.sha256(b"postroom fingerprint" + secret).hexdigest()[:32] for secret in keys.secrets
    )
