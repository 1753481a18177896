"""What each kind of document is called, and what its date means (contract §5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind's words in English, each to be passed through `Wording.text`.

    due, due_short, date_label: what the due date says, "" if the kind shows none.
    preheader: the line that lists show beside the subject. payable: whether it asks for money.
    """

    title: str
    low: str
    view: str
    due: str
    due_short: str
    preheader: str
    date_label: str = ""
    payable: bool = False


_SEE = "View it online, download the PDF or just reply."

KINDS = {
    "invoice": KindWords(
        "Invoice {number}",
        "invoice {number}",
        "View invoice",
        "Due {date}",
        "due {date}",
        "{amount}, please pay by {date}. " + _SEE,
        "Due:",
        payable=True,
    ),
    "proforma": KindWords(
        "Proforma invoice {number}",
        "proforma invoice {number}",
        "View proforma invoice",
        "Due {date}",
        "due {date}",
        "{amount}, please pay by {date}. " + _SEE,
        "Due:",
        payable=True,
    ),
    "quote": KindWords(
        "Quote {number}",
        "quote {number}",
        "View quote",
        "Valid until {date}",
        "valid until {date}",
        "{amount}, valid until {date}. " + _SEE,
        "Valid until:",
    ),
    "credit_note": KindWords(
        "Credit note {number}",
        "credit note {number}",
        "View credit note",
        "",
        "",
        "",
    ),
    "order": KindWords(
        "Order {number}",
        "order {number}",
        "View order",
        "Delivery by {date}",
        "delivery by {date}",
        "{amount}, delivery by {date}. " + _SEE,
        "Delivery by:",
    ),
    "delivery_note": KindWords(
        "Delivery note {number}",
        "delivery note {number}",
        "View delivery note",
        "Delivery on {date}",
        "delivery on {date}",
        "Delivery on {date}. " + _SEE,
        "Delivery on:",
    ),
    "other": KindWords(
        "Document {number}",
        "document {number}",
        "View document",
        "Due {date}",
        "due {date}",
        "{amount}, due {date}. " + _SEE,
        "Due:",
    ),
}

UNDATED = "{title}, {amount}. " + _SEE
"""The preheader of a document that shows no date."""


def words_of(kind: str) -> KindWords:
    """Return the words of a kind; those of "other" for one that is not known."""
    return KINDS.get(kind, KINDS["other"])
