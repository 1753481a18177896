"""Key records: what a selector's TXT record says (RFC 6376, 3.6.1; RFC 8463, 4)."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from gateway.mail.dkim.signature import ED25519, RSA
from gateway.mail.dkim.tags import parse_base64, parse_names, parse_tags, without_white_space
from gateway.mail.errors import MailError

LEAST_RSA_BITS = 1024  # RFC 8301, 3.2
MOST_RSA_BITS = 8192
_ED25519_OCTETS = 32


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key as published.

    strict: t=s, the domain of i= has to be d= itself. testing: t=y.
    """

    public: RSAPublicKey | Ed25519PublicKey
    strict: bool
    testing: bool

    @property
    def algorithm(self) -> str:
        """The a= value of the signatures that this key checks."""
        return RSA if isinstance(self.public, RSAPublicKey) else ED25519

    def accepts(self, signed: bytes, signature: bytes) -> bool:
        """Return whether the signature over those octets is this key's."""
        try:
            if isinstance(self.public, RSAPublicKey):
                self.public.verify(signature, signed, PKCS1v15(), SHA256())
            else:
                self.public.verify(signature, hashlib.sha256(signed).digest())
        except InvalidSignature:
            return False
        return True


def parse_key_record(text: str) -> KeyRecord:
    """Return the key of a TXT record.

    Raises MailError if it holds none, or one that must not be used: revoked, not for mail,
    not for SHA-256, too short.
    """
    tags = parse_tags(text)
    if "v" in tags and (next(iter(tags)) != "v" or tags["v"] != "DKIM1"):
        raise MailError("the key record is not of version DKIM1")
    if "sha256" not in parse_names(tags.get("h", "sha256")):
        raise MailError("the key is not meant for SHA-256")
    if not {"*", "email"} & set(parse_names(tags.get("s", "*"))):
        raise MailError("the key is not meant for mail")
    if "p" not in tags:
        raise MailError("the key record holds no key")
    if not without_white_space(tags["p"]):
        raise MailError("the key was revoked")
    flags = parse_names(tags.get("t", ""))
    public = _public_key(tags.get("k", "rsa").lower(), parse_base64(tags["p"]))
    return KeyRecord(public, strict="s" in flags, testing="y" in flags)


def _public_key(kind: str, octets: bytes) -> RSAPublicKey | Ed25519PublicKey:
    if kind == "ed25519":
        if len(octets) != _ED25519_OCTETS:
            raise MailError("an Ed25519 key has 32 octets")
        return Ed25519PublicKey.from_public_bytes(octets)
    if kind != "rsa":
        raise MailError(f"unknown kind of key {kind[:20]!r}")
    try:
        public = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MailError("the key can't be read") from error
    if not isinstance(public, RSAPublicKey):
        raise MailError("the key is not an RSA key")
    if not LEAST_RSA_BITS <= public.key_size <= MOST_RSA_BITS:
        raise MailError(f"an RSA key of {public.key_size} bits is not accepted")
    return public


def key_record(private: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """Return the TXT record that publishes the public half."""
    public = private.public_key()
    if isinstance(public, Ed25519PublicKey):
        octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        kind = "ed25519"
    else:
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        kind = "rsa"
    return f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode('ascii')}"
