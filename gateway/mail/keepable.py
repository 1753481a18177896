"""Text that databases and JSON readers take: no NUL, no lone surrogate."""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

_Record = TypeVar("_Record")

_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def keepable(text: str) -> str:
    """Return the text with U+FFFD for what can't be kept."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNKEEPABLE.sub("\ufffd", text) if _UNKEEPABLE.search(text) else text


def keepable_record(record: _Record) -> _Record:
    """Return a record of records, tuples and texts, every text in it keepable."""
    kept: _Record = _kept(record)
    return kept


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, tuple):
        return tuple(_kept(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{one.name: _kept(getattr(value, one.name)) for one in fields(value)}
        )
    return value
