"""Invoices and other documents: sent, read, changed."""

from decimal import Decimal
from typing import Any

from gateway.api.documents import document, pdf_document
from gateway.api.etags import etag, wanted_version
from gateway.api.invoice_views import invoice_sent, invoice_shown
from gateway.api.owners import found
from gateway.api.paging import page_of
from gateway.api.registry import Call, Reply, changes_of
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.invoices import (
    AskedInvoices,
    InvoiceChange,
    InvoiceShown,
    InvoiceTaken,
    PaidTaken,
    PaymentNamed,
    PaymentWays,
)
from gateway.flow.drafts import InvoiceDraft, PaymentDraft, SentInvoice
from gateway.flow.refusal import invalid
from gateway.ports.store import Work
from gateway.rules.currencies import MINOR_DIGITS, fits
from gateway.rules.model import Invoice, Participant, Tenant

_EMPTIED = frozenset({"issued_on", "due_on", "payment", "locale", "promised_on"})


def _check_amount(amount: Decimal, currency: str) -> None:
    if not fits(amount, currency):
        digits = MINOR_DIGITS[currency]
        detail = f"{currency} has {digits} digits behind the point."
        raise invalid("amount", detail, code="invalid_amount")


def _ways(payment: PaymentWays | None) -> dict[str, str]:
    return {} if payment is None else payment.model_dump(exclude_none=True)


def draft_of(body: InvoiceTaken) -> InvoiceDraft:
    """Return the draft that a request describes. Raises Refused."""
    _check_amount(body.amount, body.currency)
    if body.issued_on and body.due_on and body.due_on < body.issued_on:
        raise invalid("due_on", "It is before issued_on.", code="invalid_date")
    return InvoiceDraft(
        number=body.number,
        amount=body.amount,
        currency=body.currency,
        customer=body.customer.mailbox(),
        kind=body.kind,
        customer_locale=body.customer.locale,
        issued_on=body.issued_on,
        due_on=body.due_on,
        replaces=body.replaces,
        cc=tuple(person.email for person in body.cc),
        subject=body.subject,
        message=body.message or "",
        lines=body.lines,
        payment=_ways(body.payment),
        pdf=pdf_document(body.pdf) if body.pdf else None,
        attachments=tuple(document(file) for file in body.attachments),
        conversation_id=body.conversation_id,
        send=body.send,
    )


async def add(call: Call) -> Reply:
    """Store an invoice and mail it."""
    return await add_one(call, call.body(InvoiceTaken))


async def add_one(call: Call, body: InvoiceTaken) -> Reply:
    """Store the invoice that `body` describes and mail it. Raises Refused, Fault."""
    draft = draft_of(body)
    sent = await call.services.submissions.send_invoice(call.company, draft)
    return _sent(call, sent)


def _sent(call: Call, sent: SentInvoice) -> Reply:
    if sent.message_id is not None:
        call.services.meters.accepted("http")
    location = {"Location": f"/v1/invoices/{sent.invoice.id}"}
    return Reply(invoice_sent(sent), {**etag(sent.invoice.version), **location})


async def recover(call: Call, kind: str, stored_id: str) -> Reply | None:
    """Return the answer to an invoice that was sent before."""
    if kind != "Message":
        return None
    tenant, context = call.company, call.services.context

    def look(work: Work) -> tuple[Invoice, Participant] | None:
        message = work.messages.get(tenant.id, stored_id)
        if message is None or message.invoice_id is None:
            return None
        invoice = work.invoices.get(tenant.id, message.invoice_id)
        people = work.conversations.participants(tenant.id, message.conversation_id)
        return None if invoice is None or not people else (invoice, people[0])

    known = await context.store.read(look)
    if known is None:
        return None
    invoice, person = known
    sent = SentInvoice(
        invoice=invoice,
        message_id=stored_id,
        view_url=context.names.chat_url(context.keys, tenant, person),
        pdf_url=context.names.pdf_url(context.keys, tenant, person, invoice),
        status=invoice.status.value,
    )
    return Reply(invoice_sent(sent), etag(invoice.version))


async def page(call: Call) -> Reply:
    """Return invoices."""
    asked = call.asked(AskedInvoices)
    context, now = call.services.context, call.services.context.clock.now()
    tenant_id = call.tenant_id

    def look(work: Work) -> ListOf[InvoiceShown]:
        listed = work.invoices.page(tenant_id, page_of(asked), status=asked.status)
        zones = {call.tenant.id: call.tenant.timezone} if call.tenant else {}
        for owner in {invoice.tenant_id for invoice in listed.items} - set(zones):
            tenant = work.tenants.get(owner)
            zones[owner] = tenant.timezone if tenant else "UTC"
        return ListOf(
            data=[
                invoice_shown(invoice, timezone=zones[invoice.tenant_id], now=now)
                for invoice in listed.items
            ],
            next_cursor=listed.next_cursor,
        )

    return Reply(await context.store.read(look))


async def one(call: Call) -> Reply:
    """Return an invoice."""
    invoice_id, tenant_id = call.path["id"], call.tenant_id

    def look(work: Work) -> tuple[Invoice, Tenant | None]:
        invoice, owner = found(
            work, tenant_id, "invoice", lambda company: work.invoices.get(company, invoice_id)
        )
        return invoice, call.tenant or work.tenants.get(owner)

    invoice, tenant = await call.services.context.store.read(look)
    return _shown(call, invoice, tenant.timezone if tenant else "UTC")


def _shown(call: Call, invoice: Invoice, timezone: str) -> Reply:
    now = call.services.context.clock.now()
    return Reply(invoice_shown(invoice, timezone=timezone, now=now), etag(invoice.version))


def _own(call: Call, invoice: Invoice) -> Reply:
    return _shown(call, invoice, call.company.timezone)


async def change(call: Call) -> Reply:
    """Change an invoice."""
    changes: dict[str, Any] = changes_of(call.body(InvoiceChange), nullable=_EMPTIED)
    if "payment" in changes:
        changes["payment"] = _ways(changes["payment"])
    version = wanted_version(call.request.headers)
    billing = call.services.billing
    return _own(call, await billing.change(call.company, call.path["id"], changes, version=version))


async def send(call: Call) -> Reply:
    """Mail an invoice once more."""
    sent = await call.services.submissions.resend_invoice(call.company, call.path["id"])
    return _sent(call, sent)


async def remind(call: Call) -> Reply:
    """Remind of an invoice by mail."""
    sent = await call.services.submissions.remind(call.company, call.path["id"])
    return _sent(call, sent)


async def mark_paid(call: Call) -> Reply:
    """Note a payment."""
    body, tenant, invoice_id = call.body(PaidTaken), call.company, call.path["id"]
    if body.amount is not None:
        store = call.services.context.store
        invoice = await store.read(lambda work: work.invoices.get(tenant.id, invoice_id))
        if invoice is not None:
            _check_amount(body.amount, invoice.currency)
    draft = PaymentDraft(amount=body.amount, method=body.method, on=body.on, note=body.note)
    return _own(call, await call.services.billing.mark_paid(tenant, invoice_id, draft))


async def mark_unpaid(call: Call) -> Reply:
    """Take a payment back."""
    payment_id = call.body(PaymentNamed).payment_id
    billing = call.services.billing
    return _own(call, await billing.mark_unpaid(call.company, call.path["id"], payment_id))


async def confirm_payment(call: Call) -> Reply:
    """Confirm a customer's claim."""
    payment_id = call.body(PaymentNamed).payment_id
    billing = call.services.billing
    return _own(call, await billing.confirm_payment(call.company, call.path["id"], payment_id))


async def cancel(call: Call) -> Reply:
    """Cancel an invoice."""
    return _own(call, await call.services.billing.cancel(call.company, call.path["id"]))
