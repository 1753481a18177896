"""Questions that customers ask again and again, ready to be sent (ux.md, 4: question chips)."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.rules.model import Invoice, InvoiceStatus
from gateway.web.kinds import words_of
from gateway.web.wording import Wording

_KNOWN = {
    "order-number": (
        "Order number is missing",
        "Our order number is missing on {number}. Please add it:",
        "order number missing",
    ),
    "address": (
        "Wrong company address",
        "Our company's address on {number} is wrong. The right one is:",
        "wrong address",
    ),
    "copy": (
        "I need a copy for my accountant",
        "Please send me a copy of {number} for my accountant.",
        "copy wanted",
    ),
}
"""By key: what the chip says, the sentence it writes, the tag that the conversation gets."""


@dataclass(frozen=True, slots=True)
class Question:
    """A chip. key: its name in forms; label: what it says; sentence: what it writes."""

    key: str
    label: str
    sentence: str


def questions_about(invoice: Invoice | None, say: Wording) -> tuple[Question, ...]:
    """Return the chips that a document offers; none for what is never paid or was cancelled."""
    if invoice is None or invoice.status is InvoiceStatus.CANCELLED:
        return ()
    if not words_of(invoice.kind).payable:
        return ()
    return tuple(
        Question(key, say.text(label), say.text(sentence, number=invoice.number))
        for key, (label, sentence, _) in _KNOWN.items()
    )


def tag_of(fields: Mapping[str, str]) -> str:
    """Return the tag that a message sent with these fields gives, "" without a chip's key."""
    _, _, tag = _KNOWN.get(fields.get("about", ""), ("", "", ""))
    return tag
