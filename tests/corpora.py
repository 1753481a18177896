"""Where the collected real mail lies; tests skip where it is absent."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_CHECKOUT = Path(__file__).resolve().parent.parent


def corpora_folder() -> Path | None:
    """Return the folder of sets, or None where there is none."""
    named = os.environ.get("POSTROOM_CORPORA")
    folder = Path(named) if named else _CHECKOUT.parent / "shared" / "corpora"
    return folder if folder.is_dir() else None


def corpora_set(name: str) -> tuple[Path, list[dict[str, Any]]]:
    """Return the folder of a set and its expectations; skip the test where it is absent."""
    folder = corpora_folder()
    if folder is None or not (folder / name / "expect.jsonl").is_file():
        pytest.skip(f"the collected mail of {name} is not here (set POSTROOM_CORPORA)")
    lines = (folder / name / "expect.jsonl").read_text(encoding="utf-8").splitlines()
    return folder / name, [json.loads(line) for line in lines if line.strip()]
