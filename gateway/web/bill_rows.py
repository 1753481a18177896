"""The lines of an invoice in words; services name their fields in many ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from gateway.rules.currencies import MINOR_DIGITS
from gateway.rules.model import Invoice
from gateway.web.wording import Wording


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an invoice; amounts in words, "" where there is none."""

    what: str
    quantity: str
    price: str
    amount: str


def rows(invoice: Invoice, say: Wording) -> tuple[Row, ...]:
    """Return the lines of an invoice; services name their fields in many ways."""
    return tuple(_row(line, invoice.currency, say) for line in invoice.lines)


def _row(line: Mapping[str, object], currency: str, say: Wording) -> Row:
    what = _first(line, ("description", "name", "title", "text", "item"))
    if not what:
        what = ", ".join(f"{name}: {value}" for name, value in line.items() if value is not None)
    quantity = " ".join(filter(None, (_first(line, ("quantity", "qty")), _first(line, ("unit",)))))
    price = _money(_first(line, ("unit_price", "price")), currency, say)
    given = _first(line, ("amount", "total", "line_total")) or _product(line, currency)
    return Row(what, quantity, price, _money(given, currency, say))


def _product(line: Mapping[str, object], currency: str) -> str:
    """Return quantity times price, "" if either is no number."""
    quantity, price = _first(line, ("quantity", "qty")), _first(line, ("unit_price", "price"))
    try:
        product = Decimal(quantity) * Decimal(price)
        return str(round(product, MINOR_DIGITS.get(currency, 2)))
    except (InvalidOperation, ValueError):
        return ""


def _first(line: Mapping[str, object], names: Sequence[str]) -> str:
    for name in names:
        value = line.get(name)
        if value is not None and value != "":
            return str(value)
    return ""


def _money(text: str, currency: str, say: Wording) -> str:
    """Return an amount in words; what is none stays as it is."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return text
    small = amount.is_finite() and abs(amount) < 10**12
    return say.money(amount, currency) if small else text
