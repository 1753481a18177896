"""The Vault port: AES-256-GCM under keys derived from the installation's secrets.

A sealed text is base64 of: the mark of the key (4 octets), nonce (12), ciphertext and tag.
"""

import base64
import binascii
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.ports.world import Chance
from gateway.rules.tokens import Keyring

_MARK_OCTETS = 4
_NONCE_OCTETS = 12
_PURPOSE = b"postroom vault v1"
_MARK_PURPOSE = b"postroom vault mark v1"


class KeyringVault:
    """Seals with the newest secret of the ring, opens with any of them."""

    def __init__(self, keys: Keyring, chance: Chance) -> None:
        """Derive a key and its mark from each secret; chance: gives the nonces."""
        self._chance = chance
        self._keys = [
            (hmac.digest(secret, _MARK_PURPOSE, "sha256")[:_MARK_OCTETS], _cipher(secret))
            for secret in keys.secrets
        ]

    def seal(self, secret: bytes, about: str) -> str:
        """Return the secret sealed, as ASCII text."""
        mark, cipher = self._keys[0]
        nonce = self._chance.octets(_NONCE_OCTETS)
        sealed = cipher.encrypt(nonce, secret, about.encode())
        return base64.b64encode(mark + nonce + sealed).decode("ascii")

    def open(self, sealed: str, about: str) -> bytes | None:
        """Return the secret, or None if none of our keys opens it for this purpose."""
        octets = _octets(sealed)
        nonce = octets[_MARK_OCTETS : _MARK_OCTETS + _NONCE_OCTETS]
        for mark, cipher in self._keys:
            if octets[:_MARK_OCTETS] != mark:
                continue
            try:
                return cipher.decrypt(nonce, octets[_MARK_OCTETS + _NONCE_OCTETS :], about.encode())
            except (InvalidTag, ValueError):
                continue
        return None

    def is_current(self, sealed: str) -> bool:
        """Say whether the newest key sealed it."""
        return _octets(sealed)[:_MARK_OCTETS] == self._keys[0][0]


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, _PURPOSE, "sha256"))


def _octets(sealed: str) -> bytes:
    try:
        return base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        return b""
