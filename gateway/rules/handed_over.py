"""The `X-Postroom-*` fields of a submitted mail (contract §4, "submission")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.rules.currencies import MINOR_DIGITS, amount_of
from gateway.rules.documents import TITLES

PREFIX = "x-postroom-"
INVOICE = "X-Postroom-Invoice-"
IDEMPOTENCY_KEY = "X-Postroom-Idempotency-Key"


class BadField(ValueError):  # noqa: N818 (it names whose fault it is: a field of theirs)
    """A field says what can't be; the text names it and says what would be right."""


@dataclass(frozen=True, slots=True)
class InvoiceFields:
    """What the fields say of an invoice."""

    number: str
    kind: str
    amount: Decimal
    currency: str
    due_on: date | None
    issued_on: date | None
    payment: Mapping[str, str]
    locale: str | None


def invoice_fields(fields: Sequence[tuple[str, str]]) -> InvoiceFields | None:
    """Return what the fields say, or None if there is no number, so that it is no invoice.

    fields: (name, decoded value). Raises BadField.
    """
    found = {
        name.lower(): value.strip() for name, value in fields if name.lower().startswith(PREFIX)
    }

    def value(name: str) -> str | None:
        return found.get((INVOICE + name).lower()) or found.get((PREFIX + name).lower()) or None

    number = value("Number")
    if number is None:
        return None
    kind = value("Kind") or "invoice"
    if kind not in TITLES:
        raise BadField(f"{INVOICE}Kind: {kind!r} is none of {', '.join(TITLES)}")
    payment = {"iban": value("Iban"), "url": value("Payment-Url")}
    return InvoiceFields(
        number=number,
        kind=kind,
        amount=_amount(value("Amount")),
        currency=_currency(value("Currency")),
        due_on=_date("Due", value("Due")),
        issued_on=_date("Issued", value("Issued")),
        payment={name: said for name, said in payment.items() if said},
        locale=value("Locale"),
    )


def _amount(text: str | None) -> Decimal:
    if text is None:
        raise BadField(f"{INVOICE}Amount is missing: write a decimal number, such as 1254.00")
    try:
        return amount_of(text)
    except ValueError:
        raise BadField(
            f"{INVOICE}Amount: {text[:40]!r} is no amount; write one such as 1254.00"
        ) from None


def _currency(text: str | None) -> str:
    if text is None:
        raise BadField(f"{INVOICE}Currency is missing: write an ISO 4217 code, such as EUR")
    if text.upper() not in MINOR_DIGITS:
        raise BadField(f"{INVOICE}Currency: {text[:40]!r} is no ISO 4217 code, such as EUR")
    return text.upper()


def _date(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadField(
            f"{INVOICE}{name}: {text[:40]!r} is no date; write one such as 2026-12-05"
        ) from None
