"""Signatures of Standard Webhooks 1.0: made and checked, by shared secret and by key pair.

What is signed is `ID.TIMESTAMP.BODY`, the octets that travel. `v1` is HMAC-SHA256 under a secret
that both sides know (`whsec_…`), `v1a` is Ed25519: its public key (`whpk_…`) only checks.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_OCTETS = 32
SEED_OCTETS = 32
TOLERANCE_SECONDS = 300
"""How far a signature's time may lie from the receiver's clock."""
ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
_SECRET = "whsec_"  # noqa: S105 (a prefix)
_PUBLIC = "whpk_"
_SYMMETRIC = "v1"
_ASYMMETRIC = "v1a"


class BadSignature(ValueError):  # noqa: N818 (it names what is wrong, as callers show it)
    """What came is not what was signed, or was signed by somebody else, or long ago."""


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """An endpoint's secret and key pair. key: 24 to 64 octets; seed: 32, of the private key."""

    key: bytes
    seed: bytes

    @property
    def secret(self) -> str:
        """The secret as its receiver keeps it."""
        return _SECRET + base64.b64encode(self.key).decode("ascii")

    @property
    def public_key(self) -> str:
        """The public key as receivers keep it."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return _PUBLIC + base64.b64encode(public.public_bytes_raw()).decode("ascii")


def headers(
    webhook_id: str, timestamp: int, body: bytes, signers: Sequence[Signer]
) -> dict[str, str]:
    """Return the three headers. timestamp: seconds since 1970; signers: all that sign now."""
    content = _content(webhook_id, str(timestamp), body)
    by_secret = [_entry(_SYMMETRIC, _mac(one.key, content)) for one in signers]
    by_key = [
        _entry(_ASYMMETRIC, Ed25519PrivateKey.from_private_bytes(one.seed).sign(content))
        for one in signers
    ]
    return {
        ID: webhook_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: " ".join([*by_secret, *by_key]),
    }


def verify(given: Mapping[str, str], body: bytes, key: str, *, now: int) -> None:
    """Check what a receiver was sent.

    given: headers, names in lower case. key: `whsec_…` or `whpk_…`. now: seconds since 1970.

    Raises BadSignature; ValueError if the key is not one.
    """
    try:
        webhook_id, timestamp, signatures = given[ID], given[TIMESTAMP], given[SIGNATURE]
    except KeyError as error:
        raise BadSignature(f"the header {error.args[0]} is missing") from None
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        raise BadSignature("the timestamp is not a number of seconds")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("the timestamp is too far from now")
    content = _content(webhook_id, timestamp, body)
    version, matches = _check_of(key)
    for entry in signatures.split(" "):
        found, _, text = entry.partition(",")
        if found == version and matches(_octets(text), content):
            return
    raise BadSignature("no signature matches")


def _check_of(key: str) -> tuple[str, Callable[[bytes, bytes], bool]]:
    """Return the version that a key checks, and the check of signature and content."""
    if key.startswith(_PUBLIC):
        try:
            public = Ed25519PublicKey.from_public_bytes(_octets(key.removeprefix(_PUBLIC)))
        except ValueError as error:
            raise ValueError("not a public key of webhooks") from error

        def matches(signature: bytes, content: bytes) -> bool:
            try:
                public.verify(signature, content)
            except InvalidSignature:
                return False
            return True

        return _ASYMMETRIC, matches
    shared = _octets(key.removeprefix(_SECRET))
    if not shared:
        raise ValueError("not a secret of webhooks")
    return _SYMMETRIC, lambda signature, content: hmac.compare_digest(
        signature, _mac(shared, content)
    )


def _content(webhook_id: str, timestamp: str, body: bytes) -> bytes:
    return b".".join([webhook_id.encode(), timestamp.encode(), body])


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


def _entry(version: str, signature: bytes) -> str:
    return f"{version},{base64.b64encode(signature).decode('ascii')}"


def _octets(text: str) -> bytes:
    """Return what base64 says, nothing if it is none."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeError):
        return b""
