"""Tokens: letters and digits that carry a reference and a MAC.

    label + key mark, two characters, then base32 of (payload ‖ MAC).

A token names what it may be used for by its label, and the label is part of what the
MAC covers, so one kind can't stand in for another. Letter case doesn't matter, since
some mail servers change it. The length of payload and MAC together is a multiple of
five octets, so base32 has no spare bits: any other altered character is refused.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_TENANT_OCTETS = 3
_REF_OCTETS = 5
_ID_OCTETS = 15
_KEY_MARKS = "abcdefghijklmnopqrstuvwxyz234567"
MOST_SECRETS = len(_KEY_MARKS)


class Label(Enum):
    """What a token may be used for: (first character, payload octets, MAC octets)."""

    ANSWER = ("r", 8, 12)
    RETURN_PATH = ("b", 18, 12)
    MESSAGE_ID = ("m", 18, 12)
    BODY_MARKER = ("k", 18, 12)
    CHAT = ("c", 9, 16)
    PDF = ("d", 24, 16)
    REMINDERS = ("u", 8, 12)
    READER = ("v", 24, 16)
    STAFF = ("s", 18, 12)

    def __init__(self, mark: str, payload: int, mac: int) -> None:
        """Keep the three parts under their names."""
        self.mark = mark
        self.payload_octets = payload
        self.mac_octets = mac

    @property
    def chars(self) -> int:
        """The length of such a token in characters."""
        return 2 + (self.payload_octets + self.mac_octets) * 8 // 5


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets that tokens are made with; the first one makes new tokens.

    Raises ValueError if there is none, or more than 32.
    """

    secrets: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Check the number of secrets."""
        if not 1 <= len(self.secrets) <= MOST_SECRETS:
            raise ValueError("a key ring has 1 to 32 secrets")

    def marked(self, mark: str) -> tuple[bytes, ...]:
        """Return the secrets with this mark: with 32 marks, two may well share one."""
        return tuple(secret for secret in self.secrets if mark_of(secret) == mark)


@lru_cache(maxsize=64)
def mark_of(secret: bytes) -> str:
    """Return the character by which tokens name the secret that made them."""
    return _KEY_MARKS[hashlib.sha256(b"postroom key mark" + secret).digest()[0] % 32]


def _mac(secret: bytes, label: Label, payload: bytes) -> bytes:
    text = b"postroom token v1\0" + label.mark.encode() + b"\0" + payload
    return hmac.digest(secret, text, "sha256")[: label.mac_octets]


def _make(keys: Keyring, label: Label, payload: bytes) -> str:
    if len(payload) != label.payload_octets:
        raise ValueError(f"the payload of {label.name} is {label.payload_octets} octets")
    secret = keys.secrets[0]
    body = base64.b32encode(payload + _mac(secret, label, payload)).decode("ascii").lower()
    return label.mark + mark_of(secret) + body


def _open(keys: Keyring, label: Label, token: str) -> bytes | None:
    if len(token) != label.chars or not token.isascii():
        return None
    return _opened(keys, label, token.lower())


# The same few tokens are asked about again and again: at RCPT, when a mail is taken over, and
# when it is placed, by its envelope and by its header.
@lru_cache(maxsize=4096)
def _opened(keys: Keyring, label: Label, token: str) -> bytes | None:
    if token[0] != label.mark:
        return None
    try:
        body = base64.b32decode(token[2:].upper())
    except ValueError:
        return None
    payload, mac = body[: label.payload_octets], body[label.payload_octets :]
    for secret in keys.marked(token[1]):
        if hmac.compare_digest(mac, _mac(secret, label, payload)):
            return payload
    return None


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A participant of a company: `number` of the tenant, `ref` of the participant."""

    tenant_number: int
    ref: int


@dataclass(frozen=True, slots=True)
class ItemRef:
    """An item of a company: `number` of the tenant, the 15 octets of the item's id."""

    tenant_number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class LinkRef:
    """A participant's link, and which issue of it."""

    person: PersonRef
    issue: int


@dataclass(frozen=True, slots=True)
class PdfRef:
    """A participant's link to one document."""

    link: LinkRef
    body: bytes


def _person(ref: PersonRef) -> bytes:
    return ref.tenant_number.to_bytes(_TENANT_OCTETS, "big") + ref.ref.to_bytes(_REF_OCTETS, "big")


def _read_person(payload: bytes) -> PersonRef:
    return PersonRef(
        int.from_bytes(payload[:_TENANT_OCTETS], "big"),
        int.from_bytes(payload[_TENANT_OCTETS : _TENANT_OCTETS + _REF_OCTETS], "big"),
    )


def answer_token(keys: Keyring, person: PersonRef) -> str:
    """Return the token that lets a person append to their conversation by mail."""
    return _make(keys, Label.ANSWER, _person(person))


def read_answer_token(keys: Keyring, token: str) -> PersonRef | None:
    """Return whom an answer token was given to, or None if it is none of ours."""
    payload = _open(keys, Label.ANSWER, token)
    return None if payload is None else _read_person(payload)


def reminders_token(keys: Keyring, person: PersonRef) -> str:
    """Return the token by which a person stops reminders, and does nothing else."""
    return _make(keys, Label.REMINDERS, _person(person))


def read_reminders_token(keys: Keyring, token: str) -> PersonRef | None:
    """Return whose reminders a token stops, or None if it is none of ours."""
    payload = _open(keys, Label.REMINDERS, token)
    return None if payload is None else _read_person(payload)


def item_token(keys: Keyring, label: Label, item: ItemRef) -> str:
    """Return a token of label RETURN_PATH, MESSAGE_ID, BODY_MARKER or STAFF for an item."""
    return _make(keys, label, item.tenant_number.to_bytes(_TENANT_OCTETS, "big") + item.body)


def read_item_token(keys: Keyring, label: Label, token: str) -> ItemRef | None:
    """Return the item a token names, or None if it is none of ours with that label."""
    payload = _open(keys, label, token)
    if payload is None:
        return None
    number = int.from_bytes(payload[:_TENANT_OCTETS], "big")
    return ItemRef(number, payload[_TENANT_OCTETS:])


def chat_token(keys: Keyring, link: LinkRef) -> str:
    """Return the token of a person's chat window."""
    return _make(keys, Label.CHAT, _person(link.person) + bytes([link.issue]))


def read_chat_token(keys: Keyring, token: str) -> LinkRef | None:
    """Return whose chat window a token opens, or None if it is none of ours."""
    payload = _open(keys, Label.CHAT, token)
    return None if payload is None else LinkRef(_read_person(payload), payload[8])


def pdf_token(keys: Keyring, pdf: PdfRef) -> str:
    """Return the token that downloads one document and does nothing else."""
    return _document_token(keys, Label.PDF, pdf)


def read_pdf_token(keys: Keyring, token: str) -> PdfRef | None:
    """Return which document a token downloads for whom, or None if it is none of ours."""
    return _read_document_token(keys, Label.PDF, token)


def reader_token(keys: Keyring, pdf: PdfRef) -> str:
    """Return the token that shows one document to whom its person passes it on."""
    return _document_token(keys, Label.READER, pdf)


def read_reader_token(keys: Keyring, token: str) -> PdfRef | None:
    """Return which document of whom a token shows, or None if it is none of ours."""
    return _read_document_token(keys, Label.READER, token)


def _document_token(keys: Keyring, label: Label, pdf: PdfRef) -> str:
    link = pdf.link
    return _make(keys, label, _person(link.person) + bytes([link.issue]) + pdf.body)


def _read_document_token(keys: Keyring, label: Label, token: str) -> PdfRef | None:
    payload = _open(keys, label, token)
    if payload is None:
        return None
    return PdfRef(LinkRef(_read_person(payload), payload[8]), payload[9:])


def find_answer_token(keys: Keyring, local_part: str) -> PersonRef | None:
    """Return whom the token at the end of a reply address' local part was given to, or None.

    What stands before the token is decoration and may be anything.
    """
    return read_answer_token(keys, local_part[-Label.ANSWER.chars :])


def find_marked(keys: Keyring, label: Label, words: Sequence[str]) -> ItemRef | None:
    """Return the item of the first word that is a token with that label, or None."""
    for word in words:
        item = read_item_token(keys, label, word)
        if item is not None:
            return item
    return None
