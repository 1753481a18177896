"""Who of a company is at the same conversation just now. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FRESH = timedelta(seconds=15)
"""How long somebody counts as there after their page last said so."""

AGAIN = timedelta(seconds=8)
"""How old what is kept may become before it is written anew."""


class Doing(StrEnum):
    """What somebody does at a conversation."""

    LOOKING = "looking"
    WRITING = "writing"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody at a conversation. name: "" where a key signed in; at: ISO 8601."""

    name: str
    doing: str
    at: str


def kept(colleague: Colleague) -> str:
    """Return it as a fact keeps it."""
    return json.dumps(asdict(colleague), ensure_ascii=False)


def read(text: str) -> Colleague:
    """Return it as it was kept."""
    return Colleague(**json.loads(text))


def is_there(colleague: Colleague, now: datetime) -> bool:
    """Say whether somebody still counts as there."""
    return now - datetime.fromisoformat(colleague.at) <= FRESH


def says_nothing_new(known: Colleague | None, told: Colleague) -> bool:
    """Say whether what is told needs no writing: the same was told a moment ago."""
    if known is None or (known.name, known.doing) != (told.name, told.doing):
        return False
    return datetime.fromisoformat(told.at) - datetime.fromisoformat(known.at) < AGAIN


def others(here: Mapping[str, Colleague], me: str, now: datetime) -> Sequence[Colleague]:
    """Return who else is there, those who write first. here: by who they are; me: who asks."""
    found = [one for who, one in here.items() if who != me and is_there(one, now)]
    return sorted(found, key=lambda one: (one.doing != Doing.WRITING, one.name))
