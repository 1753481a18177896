"""The installation's secret, renewed: a new one makes tokens, the old ones still open them."""

from collections.abc import Callable
from pathlib import Path

from gateway.mail.errors import ConfigError
from gateway.rules.tokens import MOST_SECRETS, Keyring, mark_of
from gateway.runtime.keys import OCTETS, read_keyring
from gateway.runtime.synced import replace_file

_DRAWS = 1000


def with_new_secret(keys: Keyring, draw: Callable[[int], bytes]) -> Keyring:
    """Return the ring with a new secret at its head.

    draw: gives so many octets of chance. A secret whose mark is taken is drawn again, so that
    each token names the one secret that it was made with.

    Raises ConfigError if the ring is full.
    """
    if len(keys.secrets) >= MOST_SECRETS:
        raise ConfigError(f"there are {MOST_SECRETS} secrets already: retire old ones first")
    taken = {mark_of(secret) for secret in keys.secrets}
    for _ in range(_DRAWS):
        secret = draw(OCTETS)
        if mark_of(secret) not in taken:
            return Keyring((secret, *keys.secrets))
    raise ConfigError("no secret with a mark of its own was drawn; is there chance at all?")


def without_oldest(keys: Keyring, count: int) -> Keyring:
    """Return the ring without its oldest secrets; the newest one always stays."""
    kept = max(1, len(keys.secrets) - count)
    return Keyring(keys.secrets[:kept])


def write_secrets(path: Path, keys: Keyring) -> None:
    """Replace the file by these secrets, newest first: whole and synced, or not at all.

    Raises ConfigError if it can't be written.
    """
    text = "".join(f"{secret.hex()}\n" for secret in keys.secrets)
    try:
        replace_file(path, text.encode("ascii"))
    except OSError as error:
        raise ConfigError(f"{path}: the secrets can't be written: {error.strerror}") from error


def read_secrets(path: Path) -> Keyring:
    """Return the secrets of a file. Raises ConfigError."""
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"[server] secret: {path} can't be read: {error}") from error
    return read_keyring(text, where=f"[server] secret: {path}")
