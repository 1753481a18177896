"""What is hashed for a signature: the body, and the chosen header fields (RFC 6376, 3.7)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.mail.dkim.canonical import (
    CRLF,
    Field,
    relaxed_body,
    relaxed_header,
    simple_body,
    simple_header,
)

SIMPLE = "simple"
RELAXED = "relaxed"
_HEADERS = {SIMPLE: simple_header, RELAXED: relaxed_header}
_BODIES = {SIMPLE: simple_body, RELAXED: relaxed_body}


@dataclass(frozen=True, slots=True)
class BodyHash:
    """The SHA-256 of a canonical body; `size` counts its octets before any cut by l=."""

    digest: bytes
    size: int


def hash_body(body: bytes, canonicalization: str, length: int | None = None) -> BodyHash:
    """Return the hash of the body, or of its first `length` canonical octets (l=)."""
    canonical = _BODIES[canonicalization](body)
    hashed = canonical if length is None else memoryview(canonical)[:length]
    return BodyHash(hashlib.sha256(hashed).digest(), len(canonical))


def signed_fields(fields: Sequence[Field], names: Iterable[str]) -> list[Field]:
    """Return the fields that an h= list takes: those of one name from the bottom up (5.4.2).

    A name without a further field takes nothing, which keeps anyone from adding one.
    """
    waiting: dict[bytes, list[Field]] = {}
    for field in fields:
        waiting.setdefault(field.name, []).append(field)
    taken: list[Field] = []
    for name in names:
        of_name = waiting.get(name.strip().lower().encode("utf-8", "replace"))
        if of_name:
            taken.append(of_name.pop())
    return taken


def canonical_header(fields: Iterable[Field], canonicalization: str) -> bytes:
    """Return the canonical fields, each with its CRLF."""
    canonical = _HEADERS[canonicalization]
    return b"".join([canonical(field) + CRLF for field in fields])


def canonical_signature(field: Field, canonicalization: str) -> bytes:
    """Return the signature field as it signs itself: without the value of b=, and last CRLF."""
    name, colon, value = field.raw.partition(b":")
    tags = value.split(b";")
    for index, tag in enumerate(tags):
        if tag.partition(b"=")[0].strip(b" \t\r\n") == b"b":
            tags[index] = tag[: tag.index(b"=") + 1]
    return _HEADERS[canonicalization](Field(field.name, name + colon + b";".join(tags)))
