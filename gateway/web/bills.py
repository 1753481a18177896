"""Invoices as pages show them: what is asked, until when, and what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from gateway.flow.receipts import cash_without_receipt, standing_receipts
from gateway.rules.currencies import MINOR_DIGITS, shown
from gateway.rules.model import Invoice, InvoiceStatus, Receipt, Tenant
from gateway.rules.pay_codes import kinds_for
from gateway.rules.payments import METHODS, ZERO, amount_open, confirmed, pending_claims
from gateway.web.kinds import words_of
from gateway.web.rendering import grouped
from gateway.web.transfers import code_name, reference_of, transfer_for
from gateway.web.wording import Wording

_SOON_DAYS = 3
METHOD_WORDS = {
    "transfer": "Bank transfer",
    "cash": "Cash",
    "card": "Card",
    "other": "Another way",
}
BY_METHOD = {"transfer": " by bank transfer", "cash": " in cash", "card": " by card"}
assert set(METHOD_WORDS) == set(METHODS)


@dataclass(frozen=True, slots=True)
class Chip:
    """The state of an invoice in a few words. tone: a class of the style sheet."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an invoice; amounts in words, "" where there is none."""

    what: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class BankRow:
    """A line of the bank details. copy: what a bank's form wants to be given."""

    label: str
    value: str
    copy: str


@dataclass(frozen=True, slots=True)
class Code:
    """A picture that a bank's app reads. kind: its name in paths; alt: what it is."""

    kind: str
    name: str
    alt: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt in words. id: of the receipt."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice in words.

    claim: the payment id of the customer's claim, None without one.
    receipts: the ones that stand. may_ask: cash waits for its receipt.
    """

    id: str
    number: str
    title: str
    view: str
    amount: str
    open: str
    open_plain: str
    issued: str
    due: str
    due_label: str
    due_date: str
    chip: Chip
    awaits: bool
    payable: bool
    has_pdf: bool
    on_calendar: bool
    bank: tuple[BankRow, ...]
    codes: tuple[Code, ...]
    rows: tuple[Row, ...]
    customer: str
    message: str
    pay_url: str
    pays: bool
    claim: str | None
    receipts: tuple[Paper, ...]
    may_ask: bool
    replaced_by: str | None


def bill(
    invoice: Invoice,
    tenant: Tenant,
    say: Wording,
    today: date,
    *,
    inbox: bool = False,
    online: bool = False,
) -> Bill:
    """Return an invoice in words; inbox: as the company reads it; online: it has a provider."""
    kind = words_of(invoice.kind)
    claims = pending_claims(invoice)
    awaits = invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.CLAIMED}
    due = say.text(kind.due, date=say.day(invoice.due_on)) if kind.due and invoice.due_on else ""
    payable = kind.payable and awaits and amount_open(invoice) > ZERO
    pay_url = _web_url(invoice.payment.get("url"))
    return Bill(
        id=invoice.id,
        number=invoice.number,
        title=say.text(kind.title, number=invoice.number),
        view=say.text(kind.view),
        amount=say.money(invoice.amount, invoice.currency),
        open=say.money(amount_open(invoice), invoice.currency),
        open_plain=shown(amount_open(invoice), invoice.currency),
        issued=say.day(invoice.issued_on) if invoice.issued_on else "",
        due=due,
        due_label=say.text(kind.date_label).rstrip(":"),
        due_date=say.day(invoice.due_on) if due and invoice.due_on else "",
        chip=chip(invoice, tenant, say, today, inbox=inbox),
        awaits=awaits,
        payable=payable,
        has_pdf=invoice.pdf_attachment_id is not None,
        bank=_bank(invoice, tenant, say) if kind.payable and awaits else (),
        codes=_codes(invoice, tenant, say) if kind.payable and awaits else (),
        on_calendar=kind.payable and awaits and invoice.due_on is not None,
        rows=rows(invoice, say),
        customer=str(invoice.customer.get("name") or invoice.customer.get("email") or ""),
        message=invoice.message,
        pay_url=pay_url,
        pays=payable and not claims and bool(pay_url or online),
        claim=claims[-1].id if claims else None,
        receipts=_papers(invoice, say),
        may_ask=_waits_for_receipt(invoice),
        replaced_by=invoice.replaced_by,
    )


def chip(
    invoice: Invoice, tenant: Tenant, say: Wording, today: date, *, inbox: bool = False
) -> Chip:
    """Return the state of an invoice in a few words."""
    kind = words_of(invoice.kind)
    if invoice.status is InvoiceStatus.CANCELLED:
        return Chip(say.text("Cancelled"), "off")
    if invoice.status is InvoiceStatus.PAID:
        last = max(
            (p.on for p in invoice.payments if p.confirmed and not p.withdrawn), default=None
        )
        return Chip(
            say.text("Paid {date}", date=say.short_day(last)) if last else say.text("Paid"), "paid"
        )
    if invoice.status is InvoiceStatus.CLAIMED:
        if inbox:
            return Chip(say.text("Customer says paid"), "claim")
        words = say.text("You said it's paid. Waiting for {company}", company=tenant.name)
        return Chip(words, "claim")
    if not kind.payable:
        dated = invoice.due_on if kind.due else None
        return Chip(say.text(kind.due, date=say.day(dated)) if dated else "", "off")
    if confirmed(invoice) > ZERO:
        still = say.money(amount_open(invoice), invoice.currency)
        return Chip(say.text("{amount} still open", amount=still), "soon")
    return _due_chip(invoice.due_on, say, today, brief=inbox)


def _due_chip(due_on: date | None, say: Wording, today: date, *, brief: bool) -> Chip:
    if due_on is None:
        return Chip(say.text("Open"), "off")
    days = (due_on - today).days
    if days < 0:
        return Chip(say.many("Overdue {n} day", "Overdue {n} days", -days), "over")
    if days == 0:
        return Chip(say.text("Due today"), "soon")
    if days <= _SOON_DAYS:
        return Chip(say.many("Due in {n} day", "Due in {n} days", days), "soon")
    day = say.short_day(due_on) if brief else say.day(due_on)
    return Chip(say.text("Due {date}", date=day), "off")


def _papers(invoice: Invoice, say: Wording) -> tuple[Paper, ...]:
    def words(receipt: Receipt) -> str:
        if receipt.number is None:
            return say.text("Receipt (draft)")
        return say.text("Receipt {number}", number=receipt.number)

    return tuple(Paper(one.id, words(one)) for one, _ in standing_receipts(invoice))


def _waits_for_receipt(invoice: Invoice) -> bool:
    payment = cash_without_receipt(invoice)
    return payment is not None and payment.id not in {one.payment_id for one in invoice.receipts}


def _bank(invoice: Invoice, tenant: Tenant, say: Wording) -> tuple[BankRow, ...]:
    details = invoice.payment
    iban = str(details.get("iban") or "")
    if not iban:
        return ()
    open_ = amount_open(invoice)
    bic, reference = str(details.get("bic") or ""), reference_of(invoice)
    found = [
        BankRow(say.text("Beneficiary"), tenant.name, tenant.name),
        BankRow(say.text("IBAN"), grouped(iban), "".join(iban.split())),
        BankRow(say.text("BIC"), bic, bic),
        BankRow(
            say.text("Amount"),
            say.money(open_, invoice.currency),
            shown(open_, invoice.currency),
        ),
        BankRow(say.text("Reference"), reference, reference),
    ]
    return tuple(row for row in found if row.value)


def _codes(invoice: Invoice, tenant: Tenant, say: Wording) -> tuple[Code, ...]:
    """Return the codes that fit, the customer's country's first."""
    transfer = transfer_for(tenant, invoice)
    kinds = kinds_for(transfer, say.lang) if transfer is not None else ()
    alt = "{code}: scan it with your bank's app to pay"
    names = [(kind, code_name(kind, say)) for kind in kinds]
    return tuple(Code(kind.value, name, say.text(alt, code=name)) for kind, name in names)


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


def _web_url(value: object) -> str:
    """Return a link to pay, "" if it leads to no web page."""
    url = str(value or "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"https", "http"} and parts.hostname else ""
