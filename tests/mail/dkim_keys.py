"""Keys for tests about signatures, made once a run."""

import functools

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from gateway.mail.dkim.keys import key_record
from gateway.mail.dkim.signature import SigningKey

DOMAIN = "mail.example.com"


@functools.cache
def rsa_key():
    return SigningKey("r1", generate_private_key(65537, 2048))


@functools.cache
def ed25519_key():
    return SigningKey("e1", Ed25519PrivateKey.generate())


def both_keys():
    return [rsa_key(), ed25519_key()]


@functools.cache
def zone():
    return {f"{key.selector}._domainkey.{DOMAIN}": [key_record(key.private)] for key in both_keys()}
