"""The body of an event in the standard format."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MEDIA_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as receivers see it; sequence: gapless per company, 0 for a test."""

    id: str
    type: str
    timestamp: datetime
    tenant_id: str
    sequence: int
    data: Mapping[str, Any]


def body(happening: Happening) -> bytes:
    """Return the JSON; the same event always gives the same octets."""
    moment = happening.timestamp.astimezone(UTC).isoformat(timespec="milliseconds")
    said = {
        "id": happening.id,
        "type": happening.type,
        "timestamp": moment.removesuffix("+00:00") + "Z",
        "tenant_id": happening.tenant_id,
        "sequence": happening.sequence,
        "data": dict(happening.data),
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "backslashreplace"
    )
