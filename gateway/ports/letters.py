"""The words and looks of the mails that the gateway writes itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gateway.rules.model import Invoice, Tenant


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture that the HTML part shows by `cid:`."""

    content_id: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. html None: a mail of plain text alone."""

    subject: str
    text: str
    html: str | None = None
    images: tuple[InlineImage, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """On what occasion an invoice mail goes out.

    today: the company's day of a reminder; None for a mail that brings the document.
    replaced: the version that this one takes the place of, or None.
    other_account: the bank account is not the one of the company's earlier invoices.
    """

    today: date | None = None
    replaced: Invoice | None = None
    other_account: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What an invoice mail needs to know.

    pdf_url None: no PDF, so no link. marker: a token that the body carries, so that an
    answer finds its way back even if all headers were lost. subject: given by the
    submitting service, or None for ours. phrase: the customer's two words in English, or ().
    """

    tenant: Tenant
    sender_address: str
    invoice: Invoice
    view_url: str
    pdf_url: str | None
    pdf_size: int
    marker: str
    locale: str
    subject: str | None = None
    host: str = ""
    circumstances: Circumstances = Circumstances()
    phrase: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What the company's answer needs to know.

    quoted: (who wrote, when, text) of the last one. phrase: as in `InvoiceFacts`.
    """

    tenant: Tenant
    subject: str
    text: str
    html: str | None
    view_url: str
    marker: str
    locale: str
    quoted: tuple[str, datetime, str] | None = None
    host: str = ""
    invoices: Sequence[Invoice] = ()
    phrase: tuple[str, ...] = ()


class Letters(Protocol):
    """Writes letters; the same facts give the same letter."""

    def invoice(self, facts: InvoiceFacts) -> Letter:
        """Return the invoice mail, with its button and its link."""

    def answer(self, facts: AnswerFacts) -> Letter:
        """Return a message of the company to its customer."""
