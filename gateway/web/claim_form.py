"""What a customer fills in about a payment or about themselves, read as people write it."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from gateway.flow.drafts import PaymentDraft
from gateway.flow.refusal import invalid
from gateway.mail.address import is_mailbox
from gateway.mail.fields import presentable
from gateway.mail.mailbox import Mailbox
from gateway.rules.currencies import amount_of, fits
from gateway.rules.model import Invoice
from gateway.rules.payments import METHODS

_NOTE_CHARS = 500
_NAME_CHARS = 100


def draft_of(given: dict[str, str], invoice: Invoice, today: date) -> PaymentDraft:
    """Return the claim that a form makes; raises Refused for what makes no sense."""
    method = given.get("method") or "transfer"
    if method not in METHODS:
        raise invalid("method", "Choose how you paid.")
    note = given.get("note", "").strip()
    if len(note) > _NOTE_CHARS:
        raise invalid(
            "note", "The note can have {n} characters at most.", values={"n": _NOTE_CHARS}
        )
    return PaymentDraft(
        amount=_amount(given.get("amount", ""), invoice),
        method=method,
        on=_day(given.get("on") or given.get("date") or "", today),
        note=note,
    )


def _amount(text: str, invoice: Invoice) -> Decimal | None:
    text = "".join(text.split())
    if not text:
        return None
    # People write 1.254,00 and 1,254.00: what stands last is the decimal mark, if it has two
    # digits or fewer behind it.
    for thousands, point in ((",", "."), (".", ",")):
        whole, mark, rest = text.rpartition(point)
        if mark and len(rest) <= 2 and point not in whole:
            text = whole.replace(thousands, "") + "." + rest
            break
    else:
        text = text.replace(",", "")
    try:
        amount = amount_of(text)
    except ValueError as error:
        raise invalid("amount", "The amount is a number such as 1254.00.") from error
    if amount <= 0 or not fits(amount, invoice.currency):
        raise invalid(
            "amount", "The amount is none in {currency}.", values={"currency": invoice.currency}
        )
    return amount


def _day(text: str, today: date) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise invalid("on", "The date is a day such as 2026-12-05.") from error
    # East of the company it may be tomorrow already.
    if day > today + timedelta(days=1):
        raise invalid("on", "The date is still to come.")
    return day


def writer_of(given: Mapping[str, str]) -> Mailbox | None:
    """Return who says they write, None if it is the one whose link it is. Raises Refused."""
    name = presentable(given.get("writer_name", "")).strip()
    address = given.get("writer_email", "").strip()
    if not name and not address:
        return None
    if not name or len(name) > _NAME_CHARS:
        raise invalid("writer_name", "Write your name, so that they know who asks.")
    if not is_mailbox(address):
        raise invalid("writer_email", "Write your email address, such as jana@example.com.")
    return Mailbox(name, address)
