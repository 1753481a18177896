"""Invoices as pages show them: what is asked, until when, and what can be done."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from gateway.flow.receipts import cash_without_receipt, standing_receipts
from gateway.rules.currencies import shown
from gateway.rules.customer_pages import CASH_RECEIPT, MARK_PAID, PAY_ONLINE, pages_of
from gateway.rules.model import Invoice, InvoiceStatus, Receipt, Tenant
from gateway.rules.pay_codes import kinds_for, payment_link
from gateway.rules.payments import METHODS, ZERO, amount_open, confirmed, pending_claims
from gateway.rules.reminders import MOST_PROMISED_DAYS, is_reminded_of, promised_on
from gateway.web.bill_rows import Row, rows
from gateway.web.kinds import words_of
from gateway.web.rendering import grouped
from gateway.web.transfers import code_name, references_of, transfer_for
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
    """The state of an invoice in a few words. tone: a class of the style sheet.

    tells_due: the words say when it is due.
    """

    words: str
    tone: str
    tells_due: bool = False


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
class Promise:
    """By when the customer pays, if they said so.

    on: in words, "" without a promise. plain, first, last: the day and the days that may be
        chosen, as forms write them. missed: the day has passed.
    """

    on: str
    plain: str
    first: str
    last: str
    missed: bool


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice in words.

    promise: None where none can be made.
    bank_app: a link that opens the transfer in a bank's app, "" without one.
    claim: the payment id of the customer's claim, None without one.
    receipts: the ones that stand. may_ask: a receipt of cash may be asked for; waits_for_receipt:
        of cash that was told of already.
    credit_note: the id of the one that stands for it once it is cancelled, "" without one.
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
    bank_app: str
    rows: tuple[Row, ...]
    customer: str
    message: str
    pay_url: str
    pays: bool
    may_claim: bool
    promise: Promise | None
    claim: str | None
    receipts: tuple[Paper, ...]
    may_ask: bool
    waits_for_receipt: bool
    replaced_by: str | None
    other_account: bool
    credit_note: str = ""


def bill(
    invoice: Invoice,
    tenant: Tenant,
    say: Wording,
    today: date,
    *,
    inbox: bool = False,
    online: bool = False,
    other_account: bool = False,
    credit_note: str = "",
) -> Bill:
    """Return an invoice in words; inbox: as the company reads it; online: it has a provider.

    other_account: the bank account is another one than before. credit_note: as in `Bill`.
    """
    kind = words_of(invoice.kind)
    claims = pending_claims(invoice)
    unpaid = invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.CLAIMED}
    awaits = unpaid and invoice.replaced_by is None
    due = say.text(kind.due, date=say.day(invoice.due_on)) if kind.due and invoice.due_on else ""
    payable = kind.payable and awaits and amount_open(invoice) > ZERO
    actions, waits = pages_of(tenant.pages).actions, _waits_for_receipt(invoice)
    fresh = payable and not claims
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
        bank_app=_bank_app(invoice, tenant) if kind.payable and awaits else "",
        on_calendar=kind.payable and awaits and invoice.due_on is not None,
        rows=rows(invoice, say),
        customer=str(invoice.customer.get("name") or invoice.customer.get("email") or ""),
        message=invoice.message,
        pay_url=pay_url,
        pays=fresh and PAY_ONLINE in actions and bool(pay_url or online),
        may_claim=fresh and MARK_PAID in actions,
        promise=_promise(invoice, say, today) if fresh and is_reminded_of(invoice) else None,
        claim=claims[-1].id if claims else None,
        receipts=_papers(invoice, say),
        may_ask=CASH_RECEIPT in actions and (fresh or waits),
        waits_for_receipt=waits,
        replaced_by=invoice.replaced_by,
        other_account=other_account,
        credit_note=credit_note,
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
    if invoice.replaced_by is not None:
        return Chip(say.text("Replaced"), "off")
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
        return Chip(say.text("Due today"), "soon", tells_due=True)
    if days <= _SOON_DAYS:
        words = say.many("Due in {n} day", "Due in {n} days", days)
        return Chip(words, "soon", tells_due=True)
    day = say.short_day(due_on) if brief else say.day(due_on)
    return Chip(say.text("Due {date}", date=day), "off", tells_due=True)


def _promise(invoice: Invoice, say: Wording, today: date) -> Promise:
    day = promised_on(invoice)
    return Promise(
        on=say.day(day) if day else "",
        plain=day.isoformat() if day else "",
        first=today.isoformat(),
        last=(today + timedelta(days=MOST_PROMISED_DAYS)).isoformat(),
        missed=day is not None and day < today,
    )


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
    bic = str(details.get("bic") or "")
    found = [
        BankRow(say.text("Beneficiary"), tenant.name, tenant.name),
        BankRow(say.text("IBAN"), grouped(iban), "".join(iban.split())),
        BankRow(say.text("BIC"), bic, bic),
        BankRow(
            say.text("Amount"),
            say.money(open_, invoice.currency),
            shown(open_, invoice.currency),
        ),
        *(BankRow(label, value, value) for label, value in references_of(invoice, say)),
    ]
    return tuple(row for row in found if row.value)


def _codes(invoice: Invoice, tenant: Tenant, say: Wording) -> tuple[Code, ...]:
    """Return the codes that fit, the customer's country's first."""
    transfer = transfer_for(tenant, invoice)
    kinds = kinds_for(transfer, say.lang) if transfer is not None else ()
    alt = "{code}: scan it with your bank's app to pay"
    names = [(kind, code_name(kind, say)) for kind in kinds]
    return tuple(Code(kind.value, name, say.text(alt, code=name)) for kind, name in names)


def _bank_app(invoice: Invoice, tenant: Tenant) -> str:
    transfer = transfer_for(tenant, invoice)
    return payment_link(transfer) if transfer is not None else ""


def _web_url(value: object) -> str:
    """Return a link to pay, "" if it leads to no web page."""
    url = str(value or "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"https", "http"} and parts.hostname else ""
