"""What stays of a person who was erased: accounting facts, and stones that stop a return."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

ERASED_ADDRESS = "erased@erased.invalid"
"""Stands where a person's address stood."""

ERASED_KIND = "erased"
"""The kind of a message whose content was erased."""

GONE = 410
"""The status under which the answer to a request is kept whose effect was erased."""

_ABOUT_PEOPLE = frozenset(
    {"address", "email", "from", "name", "plain", "recipient", "reply", "subject", "to", "verbatim"}
)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much of a person was erased. invoices: whose facts were kept, without the person."""

    conversations: int = 0
    messages: int = 0
    attachments: int = 0
    deliveries: int = 0
    invoices: int = 0

    def __add__(self, other: "Erased") -> "Erased":
        """Return the sum."""
        return Erased(
            max(self.conversations, other.conversations),
            self.messages + other.messages,
            self.attachments + other.attachments,
            self.deliveries + other.deliveries,
            max(self.invoices, other.invoices),
        )


def without_person(data: Mapping[str, Any], words: Collection[str]) -> dict[str, Any]:
    """Return an event's data without what tells of a person; ids, numbers and states stay.

    words: in lower case; a text that holds one of them goes, wherever it stands.
    """
    return {name: _redacted(name, value, words) for name, value in data.items()}


def _redacted(name: str, value: Any, words: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return without_person(value, words)
    if isinstance(value, list):
        return [_redacted(name, one, words) for one in value]
    if isinstance(value, str) and (
        name in _ABOUT_PEOPLE or any(word in value.lower() for word in words)
    ):
        return ERASED_ADDRESS if name in {"address", "email", "recipient"} else ""
    return value


def without_words(text: str, words: Collection[str]) -> str:
    """Return a text in which each of the words, in any letter case, is replaced by "…"."""
    for word in words:
        low = text.lower()
        # A letter may have another length in lower case; then nothing is certain, and all goes.
        if len(low) != len(text):
            return "…" if word in low else text
        at = low.find(word)
        while at >= 0:
            text = text[:at] + "…" + text[at + len(word) :]
            low = text.lower()
            at = low.find(word, at + 1)
    return text
