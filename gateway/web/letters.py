"""The mails that the gateway writes itself (ux.md, 2.1); implements `ports.letters`."""

import json
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment
from markupsafe import Markup

from gateway.mail.html_clean import clean
from gateway.ports.letters import AnswerFacts, InvoiceFacts, Letter
from gateway.rules.currencies import shown
from gateway.rules.model import Invoice, InvoiceStatus
from gateway.rules.payments import ZERO, amount_open, confirmed
from gateway.web.kinds import UNDATED, KindWords, words_of
from gateway.web.rendering import environment, grouped
from gateway.web.wording import Wording, wording

_QUOTED_CHARS = 8_000
_PREHEADER_CHARS = 110
_HTML_CHARS = 24_000


class TemplateLetters:
    """Writes letters from the templates in `templates/mail`."""

    def __init__(self, templates: Environment | None = None) -> None:
        """Use these templates, or load our own."""
        self._templates = templates or environment()

    def invoice(self, facts: InvoiceFacts) -> Letter:
        """Return the mail that brings an invoice, or another kind of document."""
        say = wording(facts.locale)
        values = _invoice_values(facts, say)
        return Letter(
            subject=facts.subject or values["subject"],
            text=self._text("invoice", values),
            html=self._render("mail/invoice.html", values),
        )

    def answer(self, facts: AnswerFacts) -> Letter:
        """Return a message of the company, the last message quoted below."""
        say = wording(facts.locale)
        cleaned = clean(facts.html) if facts.html else None
        formatted = cleaned is not None and len(cleaned.html) <= _HTML_CHARS
        values = {
            "say": say,
            "company": facts.tenant.name,
            "subject": facts.subject,
            "text": facts.text,
            "formatted": Markup(cleaned.html) if cleaned and formatted else None,  # noqa: S704 (cleaned)
            "preheader": _beginning(facts.text, _PREHEADER_CHARS),
            "view_url": facts.view_url,
            "quoted": _quoted(facts, say),
            **_foot(facts.view_url, facts.host, facts.marker),
        }
        return Letter(
            subject=facts.subject,
            text=self._text("answer", values),
            html=self._render("mail/answer.html", values),
        )

    def _text(self, name: str, values: dict[str, Any]) -> str:
        lines = self._render(f"mail/{name}.txt", values).split("\n")
        kept = [
            line.rstrip() if line != "-- " else line
            for number, line in enumerate(lines)
            if line or (number and lines[number - 1])
        ]
        return "\n".join(kept).strip("\n") + "\n"

    def _render(self, template: str, values: dict[str, Any]) -> str:
        return self._templates.get_template(template).render(values)


def _invoice_values(facts: InvoiceFacts, say: Wording) -> dict[str, Any]:
    invoice = facts.invoice
    kind = words_of(invoice.kind)
    title = say.text(kind.title, number=invoice.number)
    low = say.text(kind.low, number=invoice.number)
    amount = say.money(invoice.amount, invoice.currency)
    asks = kind.payable and invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.CLAIMED}
    due, subject, preheader = (
        "",
        f"{title} · {amount}",
        say.text(UNDATED, title=title, amount=amount),
    )
    if invoice.due_on is not None and kind.due:
        due = say.text(kind.due, date=say.day(invoice.due_on))
        subject += " · " + say.text(kind.due_short, date=say.short_day(invoice.due_on))
        preheader = say.text(kind.preheader, amount=amount, date=say.day(invoice.due_on))
    heading, state = title, ""
    if invoice.status is InvoiceStatus.CANCELLED:
        heading = state = say.text("{title} was cancelled. Nothing to pay", title=title)
        subject = say.text("Cancelled: {low} · nothing to pay", low=low)
    elif invoice.status is InvoiceStatus.PAID:
        heading = state = say.text("{title} is paid. Thank you", title=title)
        subject = say.text("Paid: {low} · thank you", low=low)
    elif invoice.replaces:
        heading = say.text("New version of {low}", low=low)
        subject = say.text("New version of {low}", low=low) + subject.removeprefix(title)
    if state:
        due, preheader = "", f"{state}. {say.text('View it online or just reply.')}"
    return {
        "say": say,
        "company": facts.tenant.name,
        "title": say.text("{title} from {company}", title=title, company=facts.tenant.name),
        "heading": heading,
        "subject": subject,
        "preheader": preheader,
        "amount": amount,
        "open": _open_amount(invoice, say),
        "due": due,
        "date": (say.text(kind.date_label), say.day(invoice.due_on))
        if due and invoice.due_on
        else None,
        "message": invoice.message.strip() or _greeting(invoice, low, say),
        "view": say.text(kind.view),
        "view_url": facts.view_url,
        "pdf_url": facts.pdf_url,
        "pdf_size": say.size(facts.pdf_size) if facts.pdf_size else "",
        "bank": _bank(invoice, say) if asks else [],
        "structured": _structured(facts, kind),
        **_foot(facts.view_url, facts.host, facts.marker),
    }


def _open_amount(invoice: Invoice, say: Wording) -> str:
    """Return how much of a part-paid invoice is open, "" for others."""
    if invoice.status is InvoiceStatus.CANCELLED or not ZERO < confirmed(invoice) < invoice.amount:
        return ""
    return say.text(
        "{open} of {amount} still open",
        open=say.money(amount_open(invoice), invoice.currency),
        amount=say.money(invoice.amount, invoice.currency),
    )


def _greeting(invoice: Invoice, low: str, say: Wording) -> str:
    name = str(invoice.customer.get("name") or "")
    hello = say.text("Hello {name},", name=name) if name else say.text("Hello,")
    return hello + "\n" + say.text("here is {low}. Thank you.", low=low)


def _bank(invoice: Invoice, say: Wording) -> list[tuple[str, str, str]]:
    """Return (label, value for HTML, value for text) of the bank details."""
    details = invoice.payment
    iban = str(details.get("iban") or "")
    if not iban:
        return []
    due = amount_open(invoice)
    reference = str(details.get("reference") or details.get("variable_symbol") or invoice.number)
    rows = [(say.text("IBAN"), grouped(iban), grouped(iban))]
    if bic := str(details.get("bic") or ""):
        rows.append((say.text("BIC"), bic, bic))
    plain = f"{shown(due, invoice.currency)} {invoice.currency}"
    rows.append((say.text("Amount"), say.money(due, invoice.currency), plain))
    rows.append((say.text("Reference"), reference, reference))
    return rows


def _structured(facts: InvoiceFacts, kind: KindWords) -> Markup | None:
    """Return the invoice as schema.org describes it, for readers that look for it."""
    invoice = facts.invoice
    if not kind.payable or invoice.status is InvoiceStatus.CANCELLED:
        return None
    paid = invoice.status is InvoiceStatus.PAID
    described = {
        "@context": "https://schema.org",
        "@type": "Invoice",
        "identifier": invoice.number,
        "provider": {"@type": "Organization", "name": facts.tenant.name},
        "customer": {"@type": "Person", "name": str(invoice.customer.get("name") or "")},
        "paymentStatus": f"https://schema.org/Payment{'Complete' if paid else 'Due'}",
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


def _quoted(facts: AnswerFacts, say: Wording) -> dict[str, str] | None:
    if facts.quoted is None:
        return None
    name, when, text = facts.quoted
    if len(text) > _QUOTED_CHARS:
        text = text[:_QUOTED_CHARS].rstrip() + "\n[…]"
    moment = say.moment(when, facts.tenant.timezone)
    line = say.text("On {moment}, {name} wrote:", moment=moment, name=" ".join(name.split()))
    return {"attribution": line, "text": text.strip("\r\n")}


def _foot(view_url: str, host: str, marker: str) -> dict[str, str]:
    link_host = urlsplit(view_url).netloc
    return {"host": host or link_host, "link_host": link_host, "marker": marker}


def _beginning(text: str, chars: int) -> str:
    line = " ".join(text[: chars * 4].split())
    return line if len(line) <= chars else line[: chars - 1].rstrip() + "…"
