"""The collected real mail that some tests judge by; it is not part of the repository.

It lies at `$POSTROOM_CORPORA`, else at `../shared/corpora` seen from the checkout. Where it
is absent, the tests that ask for it skip.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Line:
    """One expectation. path: the file it speaks of; line: everything that stands in it."""

    id: str
    path: Path
    expect: Mapping[str, Any]
    line: Mapping[str, Any]

    def octets(self) -> bytes:
        """Return the bytes of the file."""
        return self.path.read_bytes()


def corpora_folder() -> Path:
    """Return where the sets lie, or would lie."""
    given = os.environ.get("POSTROOM_CORPORA")
    return Path(given) if given else _CHECKOUT.parent / "shared" / "corpora"


def set_names(prefix: str = "") -> list[str]:
    """Return the names of the sets that are there."""
    folder = corpora_folder()
    found = folder.glob(f"{prefix}*/expect.jsonl") if folder.is_dir() else ()
    return sorted(path.parent.name for path in found)


@cache
def lines_of(name: str) -> tuple[Line, ...]:
    """Return the expectations of a set; empty if it is absent."""
    folder = corpora_folder() / name
    if not (folder / "expect.jsonl").is_file():
        return ()
    lines = (json.loads(text) for text in (folder / "expect.jsonl").open(encoding="utf-8"))
    return tuple(
        Line(line["id"], folder / line["file"], line.get("expect", {}), line)
        for line in lines
        if "file" in line
    )


def corpora_set(name: str) -> list[Line]:
    """Return the expectations of a set; skip the test if it is absent."""
    lines = lines_of(name)
    if not lines:
        pytest.skip(f"the set {name} is absent: {corpora_folder()}", allow_module_level=True)
    return list(lines)
