"""DKIM-Signature fields: writing them (RFC 6376, 3.5; RFC 8301; RFC 8463)."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.mail.dkim.canonical import (
    Field,
    demand_canonical_line_ends,
    split_message,
)
from gateway.mail.dkim.hashing import RELAXED, canonical_header, hash_body, signed_fields
from gateway.mail.errors import MailError

RSA = "rsa-sha256"
ED25519 = "ed25519-sha256"
FIELD_NAME = b"dkim-signature"
LIFETIME = timedelta(days=14)
"""How long a signature is good: beyond any retry, short enough to spoil replays."""
COLUMNS = 78
_NAME_OCTETS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-")

# Listed once more than they stand in the mail, so that none can be added (RFC 6376, 8.15).
OVERSIGNED = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Reply-To",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "In-Reply-To",
    "References",
)
_OVERSIGNED_OCTETS = tuple((name, name.lower().encode("ascii")) for name in OVERSIGNED)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the selector under which its public half is published."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """The a= value: `RSA` or `ED25519`."""
        return RSA if isinstance(self.private, RSAPrivateKey) else ED25519

    def sign(self, signed: bytes) -> bytes:
        """Return the signature over those octets (RFC 8463, section 3, for Ed25519)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(signed, PKCS1v15(), SHA256())
        return self.private.sign(hashlib.sha256(signed).digest())


def sign(
    raw: bytes,
    keys: Sequence[SigningKey],
    *,
    domain: str,
    now: datetime,
    lifetime: timedelta | None = LIFETIME,
) -> bytes:
    """Return a DKIM-Signature field for each key, folded, each with its CRLF, to put above `raw`.

    The fields don't sign one another, so a receiver may check any of them. The RSA operation
    releases Python's lock: call this in a thread.

    domain: the d= value, in A-labels.
    lifetime: from t= to x=; None leaves x= out.

    Raises MailError if a line end is not CRLF, or there is not exactly one From.
    """
    demand_canonical_line_ends(raw)
    fields, body = split_message(raw)
    if sum(field.name == b"from" for field in fields) != 1:
        raise MailError("a signed mail has exactly one From")
    names = names_to_sign(fields)
    body_hash = base64.b64encode(hash_body(body, RELAXED).digest).decode("ascii")
    signed_at = int(now.timestamp())
    words = ["c=relaxed/relaxed;", f"d={domain};", f"t={signed_at};"]
    if lifetime is not None:
        words.append(f"x={signed_at + int(lifetime.total_seconds())};")
    lines = [*_fold(_listed(names), ""), f"bh={body_hash};", "b="]
    covered = canonical_header(signed_fields(fields, names), RELAXED)
    return b"".join([_sign(key, covered, words, lines) for key in keys])


def names_to_sign(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the h= list: each name once more often than it stands in the mail.

    List fields are taken only where they stand: a customer's list must be able to add its own.
    """
    counts = Counter([field.name for field in fields])
    names: list[str] = []
    for name, octets in _OVERSIGNED_OCTETS:
        names += [name] * (counts[octets] + 1)
    for present in sorted(counts):
        if present.startswith(b"list-") and _NAME_OCTETS.issuperset(present):
            names += [present.decode("ascii")] * (counts[present] + 1)
    return tuple(names)


def _sign(key: SigningKey, covered: bytes, words: Sequence[str], lines: Sequence[str]) -> bytes:
    """Return the field of one key; `words` and `lines` are what all keys' fields say alike."""
    own = ["v=1;", f"a={key.algorithm};", f"s={key.selector};", *words]
    parts = [*_fold(["DKIM-Signature:", *own], " "), *lines]
    # In its relaxed form each fold is a space, and the one behind the name is none.
    itself = " ".join(parts).replace("DKIM-Signature: ", "dkim-signature:", 1).encode("ascii")
    unsigned = "\r\n ".join(parts).encode("ascii")
    signature = base64.b64encode(key.sign(covered + itself))
    width = COLUMNS - len(" b=")
    pieces = [signature[at : at + width] for at in range(0, len(signature), width)]
    return unsigned + b"\r\n ".join(pieces) + b"\r\n"


def _listed(names: Sequence[str]) -> list[str]:
    first, *others = names
    return [f"h={first}", *(f":{name}" for name in others), ";"]


def _fold(words: Iterable[str], joint: str) -> list[str]:
    """Return lines of whole words that leave room for the space which begins a folded line."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(joint) + len(word) < COLUMNS:
            lines[-1] += joint + word
        else:
            lines.append(word)
    return lines
