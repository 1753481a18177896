"""One file of the configuration: its TOML, and the place of every key of it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.settings.mistakes import Mistake, Place
from gateway.settings.positions import Address, Position, positions, syntax_error

Content = bytes | OSError
"""The bytes of a file, or why there are none."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a file holds. The place of `()` is the beginning of the file."""

    tree: dict[str, Any]
    places: Mapping[Address, Place]


def content_of(file: Path) -> Content:
    """Return the bytes of a file, or the error that reading it gave."""
    try:
        return file.read_bytes()
    except OSError as error:
        return error


def parse(name: str, content: Content) -> Text | Mistake:
    """Return what a file holds, or the one mistake that hides all others."""
    if isinstance(content, OSError):
        return Mistake(Place(name), f"can't be read: {content.strerror or content}")
    try:
        # Editors of Windows put a byte order mark before, and CRLF at the end of lines.
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        where = Position(before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        return Mistake(Place(name, where), "is not UTF-8: save the file as UTF-8")
    try:
        tree = tomllib.loads(text)
        places = {address: Place(name, where) for address, where in positions(text).items()}
    except RecursionError:
        return Mistake(Place(name, Position(1, 1)), "has values too deep within each other")
    except ValueError as error:
        what, where = syntax_error(error, text)
        return Mistake(Place(name, where), f"is not TOML: {what}")
    return Text(tree, {(): Place(name, Position(1, 1)), **places})
