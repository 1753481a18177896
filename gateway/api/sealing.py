"""Answers that are kept for a week, unreadable for who only sees the database.

They hold secrets that are shown once, and people's addresses that an erasure has to reach.
"""

import base64
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.ports.world import Chance
from gateway.rules.tokens import Keyring

_NONCE_OCTETS = 12
_PURPOSE = b"postroom kept answers v1"


def seal(keys: Keyring, chance: Chance, text: bytes, about: str) -> str:
    """Return the text sealed; about: what it belongs to, needed again to open it."""
    nonce = chance.octets(_NONCE_OCTETS)
    sealed = _cipher(keys.secrets[0]).encrypt(nonce, text, about.encode())
    return base64.b64encode(nonce + sealed).decode("ascii")


def unseal(keys: Keyring, sealed: str, about: str) -> bytes | None:
    """Return the text, or None if none of our secrets opens it."""
    octets = base64.b64decode(sealed)
    for secret in keys.secrets:
        try:
            return _cipher(secret).decrypt(
                octets[:_NONCE_OCTETS], octets[_NONCE_OCTETS:], about.encode()
            )
        except InvalidTag:
            continue
    return None


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, _PURPOSE, "sha256"))
