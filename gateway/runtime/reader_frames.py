"""What a reader process and its gateway say to each other: length-prefixed frames.

    12 octets: length of the JSON (32 bits), length of the octets (64 bits) · JSON · octets

Nothing that comes from a process which has read strangers' mail is ever unpickled or
evaluated; the gateway checks the shape of every answer.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Final

PREFIX: Final = struct.Struct(">IQ")
JSON_OCTETS: Final = 64 * 1024 * 1024
OCTETS: Final = 64 * 1024 * 1024
INLINE_OCTETS: Final = 64 * 1024
"""Attachments up to this size travel in the frame; larger ones as files."""

TAKEN: Final = b"+"
"""Sent by a reader as soon as it has the whole request: from here on the mail is to blame."""


def frame(facts: Mapping[str, Any], octets: bytes = b"") -> bytes:
    """Return the head of a frame and its JSON; the octets follow it."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    encoded = text.encode("utf-8", "replace")
    return PREFIX.pack(len(encoded), len(octets)) + encoded


def plain(value: Any) -> Any:
    """Return a record as JSON knows it: objects, lists, numbers, texts; times in ISO 8601.

    Octets are left out: they travel beside the JSON.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    raise TypeError(f"{type(value).__name__} has no place in a frame")
