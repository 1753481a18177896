"""What an invoice mail says in each of its states (ux.md, 2.1)."""

import json
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from gateway.ports.letters import AnswerFacts, InlineImage, InvoiceFacts
from gateway.rules.colours import readable_under
from gateway.rules.currencies import shown
from gateway.rules.model import Invoice, InvoiceStatus, Tenant
from gateway.rules.occasions import Occasion, days_left, occasion_of
from gateway.rules.pay_codes import Transfer, kinds_for, payload
from gateway.rules.payments import amount_open
from gateway.rules.testing import is_test
from gateway.web import invoice_words as words
from gateway.web import qr
from gateway.web.invoice_words import Case
from gateway.web.kinds import KindWords, words_of
from gateway.web.rendering import grouped
from gateway.web.transfers import code_name, references_of, transfer_for
from gateway.web.wording import Wording

BUTTON = "#124bbf"
"""Readable before and after a mail program has inverted it (ux.md, 2.1, dark mode)."""

CODE_ID = "pay-code@postroom"
_CODE_SCALE = 6
_ASKING = frozenset({Occasion.NEW, Occasion.DUE_SOON, Occasion.OVERDUE, Occasion.PART_PAID,
                     Occasion.CORRECTED})  # fmt: skip
_MOST_LINES = 8


def invoice_values(facts: InvoiceFacts, say: Wording) -> dict[str, Any]:
    """Return what the templates of an invoice mail need."""
    invoice, given = facts.invoice, facts.circumstances
    kind = words_of(invoice.kind)
    occasion = occasion_of(invoice, given.today)
    title = say.text(kind.title, number=invoice.number)
    low = say.text(kind.low, number=invoice.number)
    case = Case(facts, say, kind, occasion, title, low, days_left(invoice, given.today))
    asks = kind.payable and occasion in _ASKING
    due = words.due(case)
    transfer = transfer_for(facts.tenant, invoice) if asks else None
    return {
        "say": say,
        "company": facts.tenant.name,
        "title": say.text("{title} from {company}", title=title, company=facts.tenant.name),
        "heading": words.heading(case),
        "subject": words.subject(case),
        "preheader": words.preheader(case),
        "amount": say.money(
            amount_open(invoice) if occasion is Occasion.PART_PAID else invoice.amount,
            invoice.currency,
        ),
        "payments": _payments(invoice, say) if occasion is Occasion.PART_PAID else [],
        "changes": _changes(case) if occasion is Occasion.CORRECTED else [],
        "due": due,
        "late": occasion is Occasion.OVERDUE or (case.days or 0) < 0,
        "date": (say.text(kind.date_label), say.day(invoice.due_on))
        if due and invoice.due_on and kind.date_label
        else None,
        "message": words.message(case),
        "asks_if_paid": asks and given.today is not None,
        "other_account": asks and given.other_account,
        "view": say.text(kind.view),
        "view_url": facts.view_url,
        "button_colour": button_colour(facts.tenant),
        "pdf_url": facts.pdf_url,
        "pdf_size": say.size(facts.pdf_size) if facts.pdf_size else "",
        "receipt": occasion is Occasion.PAID and any(one.number for one in invoice.receipts),
        "bank": _bank(invoice, say) if asks else [],
        "code": _code(transfer, facts, say),
        "structured": _structured(facts, kind, occasion),
        **foot(facts, say),
    }


def code_images(values: dict[str, Any]) -> tuple[InlineImage, ...]:
    """Return the picture that the mail shows, if it shows one."""
    code = values["code"]
    return (InlineImage(CODE_ID, "image/png", code["png"]),) if code else ()


def foot(facts: InvoiceFacts | AnswerFacts, say: Wording) -> dict[str, Any]:
    """Return what stands around every mail of ours."""
    link_host = urlsplit(facts.view_url).netloc
    return {
        "host": facts.host or link_host,
        "link_host": link_host,
        "marker": facts.marker,
        "test": is_test(facts.tenant.id),
        "phrase": say.pair(facts.phrase),
    }


def _payments(invoice: Invoice, say: Wording) -> list[tuple[str, str]]:
    """Return (day, amount) of what was paid; the last ones of many."""
    counted = [one for one in invoice.payments if one.confirmed and not one.withdrawn]
    return [
        (say.day(one.on), say.money(one.amount, invoice.currency)) for one in counted[-_MOST_LINES:]
    ]


def _changes(case: Case) -> list[tuple[str, str, str]]:
    """Return (what, old, new) of the facts in which the new version differs."""
    say, kind = case.say, case.kind
    old, new = case.facts.circumstances.replaced, case.facts.invoice
    if old is None:
        return []
    rows = [
        (say.text("Number"), old.number, new.number),
        (
            say.text("Amount"),
            say.money(old.amount, old.currency),
            say.money(new.amount, new.currency),
        ),
        (
            say.text(kind.date_label).removesuffix(":") if kind.date_label else "",
            say.day(old.due_on) if old.due_on else "–",
            say.day(new.due_on) if new.due_on else "–",
        ),
        (say.text("IBAN"), _account(old) or "–", _account(new) or "–"),
    ]
    return [row for row in rows if row[0] and row[1] != row[2]]


def _account(invoice: Invoice) -> str:
    return grouped(str(invoice.payment.get("iban") or ""))


def _bank(invoice: Invoice, say: Wording) -> list[tuple[str, str, str]]:
    """Return (label, value for HTML, value for text) of the bank details."""
    iban, due = _account(invoice), amount_open(invoice)
    if not iban:
        return []
    rows = [(say.text("IBAN"), iban, iban)]
    if bic := str(invoice.payment.get("bic") or ""):
        rows.append((say.text("BIC"), bic, bic))
    plain = f"{shown(due, invoice.currency)} {invoice.currency}"
    rows.append((say.text("Amount"), say.money(due, invoice.currency), plain))
    return rows + [(label, value, value) for label, value in references_of(invoice, say)]


def _code(transfer: Transfer | None, facts: InvoiceFacts, say: Wording) -> dict[str, Any] | None:
    """Return the payment code that suits the customer, or None."""
    kinds = kinds_for(transfer, facts.locale) if transfer is not None else ()
    if transfer is None or not kinds:
        return None
    png, width = qr.png(payload(transfer, kinds[0]), kinds[0], _CODE_SCALE)
    name = code_name(kinds[0], say)
    alt = say.text("{code}: scan it with your bank's app to pay", code=name)
    return {"png": png, "width": width // 2, "id": CODE_ID, "alt": alt, "name": name}


def button_colour(tenant: Tenant) -> str:
    """Return the company's colour, made readable under white words; ours without one."""
    try:
        return readable_under("#ffffff", tenant.brand["color"])
    except (KeyError, ValueError):
        return BUTTON


def _structured(facts: InvoiceFacts, kind: KindWords, occasion: Occasion) -> Markup | None:
    """Return the invoice as schema.org describes it, for readers that look for it."""
    invoice = facts.invoice
    if not kind.payable or occasion is Occasion.CANCELLED:
        return None
    status = "PaymentDue"
    if invoice.status is InvoiceStatus.PAID:
        status = "PaymentComplete"
    elif occasion is Occasion.OVERDUE:
        status = "PaymentPastDue"
    described = {
        "@context": "https://schema.org",
        "@type": "Invoice",
        "identifier": invoice.number,
        "provider": {"@type": "Organization", "name": facts.tenant.name},
        "customer": {"@type": "Person", "name": str(invoice.customer.get("name") or "")},
        "paymentStatus": f"https://schema.org/{status}",
        "totalPaymentDue": {
            "@type": "PriceSpecification",
            "price": shown(amount_open(invoice), invoice.currency),
            "priceCurrency": invoice.currency,
        },
        "url": facts.view_url,
        "potentialAction": {"@type": "ViewAction", "target": facts.view_url},
    }
    if invoice.due_on is not None:
        described["paymentDueDate"] = invoice.due_on.isoformat()
    text = json.dumps(described, ensure_ascii=True, separators=(",", ":"))
    # No character of a name may end the element, or begin a comment in it.
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 (escaped for this place above)
