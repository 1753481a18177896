"""Values of records ↔ values of rows: moments, JSON, mailboxes, digests."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, overload

from gateway.mail.mailbox import Mailbox

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400
_MILLION = 1_000_000
_KEY_OCTETS = 16
_LOST = "\N{REPLACEMENT CHARACTER}"


@overload
def to_micros(moment: datetime) -> int: ...
@overload
def to_micros(moment: None) -> None: ...
@overload
def to_micros(moment: datetime | None) -> int | None: ...
def to_micros(moment: datetime | None) -> int | None:
    """Return microseconds since 1970; exact. Raises TypeError for a naive moment."""
    if moment is None:
        return None
    since = moment - EPOCH
    return (since.days * _DAY_SECONDS + since.seconds) * _MILLION + since.microseconds


def span_micros(span: timedelta) -> int:
    """Return a span in microseconds; exact."""
    return (span.days * _DAY_SECONDS + span.seconds) * _MILLION + span.microseconds


def from_micros(micros: int) -> datetime:
    """Return the moment, aware, in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def maybe_moment(micros: int | None) -> datetime | None:
    """Return the moment, or None."""
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def to_json(value: object) -> str:
    r"""Return compact JSON in ASCII, so that NUL and lone surrogates survive as \\u escapes."""
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


# `json.dumps` would make a new one at each call.
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_plain)


def list_json(items: Sequence[object]) -> str:
    """Return the JSON of a list; the common empty one costs nothing."""
    return to_json(items) if items else "[]"


def dict_json(items: Mapping[str, Any]) -> str:
    """Return the JSON of a mapping; the common empty one costs nothing."""
    return to_json(dict(items)) if items else "{}"


def from_list(text: str) -> tuple[Any, ...]:
    """Return what `list_json` was given."""
    return () if text == "[]" else tuple(json.loads(text))


def from_dict(text: str) -> dict[str, Any]:
    """Return what `dict_json` was given."""
    value: dict[str, Any] = {} if text == "{}" else json.loads(text)
    return value


def to_pairs(mailboxes: Iterable[Mailbox]) -> list[tuple[str, str]]:
    """Return names and addresses, as JSON keeps them."""
    return [(mailbox.name, mailbox.address) for mailbox in mailboxes]


def from_pairs(pairs: Iterable[Sequence[str]]) -> tuple[Mailbox, ...]:
    """Return what `to_pairs` was given."""
    return tuple(Mailbox(name, address) for name, address in pairs)


def key_of(*parts: str) -> bytes:
    """Return a digest of 16 octets by which rows are found; only the last part may hold NUL."""
    octets = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(octets, digest_size=_KEY_OCTETS).digest()


def address_key(address: str) -> str:
    """Return what two spellings of one address share: letter case is ignored."""
    return address.lower()


def storable(value: object) -> object:
    """Return text without what no database can hold: NUL and lone surrogates."""
    if not isinstance(value, str):
        return value
    text = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", _LOST)
