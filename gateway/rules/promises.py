"""What a line of a conversation tells of a promise to pay: facts, said in each one's language."""

from calendar import month_name
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.rules.model import Message

PROMISE = "promise"
"""The kind of the line that tells of a promise, or that it was withdrawn."""


@dataclass(frozen=True, slots=True)
class Told:
    """number: of the invoice; on: by when it is paid; is_withdrawn: that it no longer holds."""

    number: str
    on: date
    is_withdrawn: bool = False

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the line keeps of it, JSON values."""
        return {
            "number": self.number,
            "promised_on": self.on.isoformat(),
            "withdrawn": self.is_withdrawn,
        }

    def english(self, name: str) -> str:
        """Return the line as programs, lists and searches of the company have it."""
        day = f"{self.on.day} {month_name[self.on.month]} {self.on.year}"
        if self.is_withdrawn:
            return f"{name} no longer says that {self.number} will be paid by {day}."
        return f"{name} says: will pay {self.number} by {day}."


def told_by(message: Message) -> Told | None:
    """Return what a line tells, None for a line of an earlier version, which holds words alone."""
    facts = message.facts
    if not facts:
        return None
    on = date.fromisoformat(facts["promised_on"])
    return Told(facts["number"], on, is_withdrawn=bool(facts["withdrawn"]))
