"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a check came out; only `FAILED` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """check: its name. detail: what was seen. remedy: what to do, "" where nothing is."""

    check: str
    state: Health
    detail: str
    remedy: str = ""
