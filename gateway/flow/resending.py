"""Mail about an invoice that was sent before: once more, or as a reminder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.contents import whole
from gateway.flow.context import Context
from gateway.flow.invoicing import invoice_message, invoice_parcel
from gateway.flow.outbox import Parcel
from gateway.flow.outgoing import Errand, send
from gateway.flow.people import Circle
from gateway.flow.refusal import conflict, not_found
from gateway.flow.writing import Envelope, File
from gateway.mail.mailbox import Mailbox
from gateway.ports.letters import Circumstances
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.automation import OWN_FIELDS
from gateway.rules.model import (
    Attachment,
    Invoice,
    InvoiceStatus,
    Message,
    Participant,
    Tenant,
)
from gateway.rules.own_server import attaches_pdf
from gateway.rules.payments import day_of
from gateway.rules.reminders import is_reminded_of

REMINDER = "reminder"
"""The kind of a reminder."""

Also = Callable[[Work, datetime], None]
"""What else the transaction stores."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored invoice, its PDF if it has one, and who gets mail about it."""

    invoice: Invoice
    pdf: Attachment | None
    to: tuple[Mailbox, ...]


async def find_known(context: Context, tenant: Tenant, invoice_id: str) -> Known:
    """Return what mail about an invoice takes. Raises Refused: unknown, cancelled."""

    def look(work: Work) -> Known | None:
        invoice = work.invoices.get(tenant.id, invoice_id)
        if invoice is None:
            return None
        pdf = work.messages.attachment(tenant.id, invoice.pdf_attachment_id or "")
        people = work.conversations.participants(tenant.id, invoice.conversation_id)
        customer = Mailbox(str(invoice.customer["name"]), str(invoice.customer["email"]))
        to = tuple(person.mailbox for person in people if person.role == "customer")
        return Known(invoice, pdf, to or (customer,))

    known = await context.store.read(look)
    if known is None:
        raise not_found("invoice")
    if known.invoice.status is InvoiceStatus.CANCELLED:
        raise conflict("cancelled", f"Invoice {known.invoice.number} was cancelled.")
    return known


async def resend(
    context: Context, tenant: Tenant, known: Known, *, also: Also
) -> tuple[str, Circle]:
    """Queue the invoice's mail once more; return the message's id and who got it."""
    return await _mail(context, tenant, known, also=also)


async def remind(
    context: Context,
    tenant: Tenant,
    known: Known,
    *,
    also: Also | None = None,
    is_automatic: bool = False,
) -> tuple[str, Circle]:
    """Queue a reminder; return the message's id and who got it.

    is_automatic: by the company's rules, not by somebody's hand.

    Raises Refused where there is nothing to pay, or everybody wants no reminders.
    """
    invoice = known.invoice
    if not is_reminded_of(invoice):
        raise conflict(
            "nothing_to_pay",
            f"{invoice.number} is {invoice.status.value}, there is nothing to remind of.",
        )
    willing = await context.store.read(
        lambda work: tuple(box for box in known.to if not wants_none(work, tenant.id, box.address))
    )
    if not willing:
        raise conflict("no_reminders", "Its recipient wants no reminders by mail.")
    fields = OWN_FIELDS if is_automatic else ()
    return await _mail(
        context,
        tenant,
        replace(known, to=willing),
        also=also,
        reminder=fields,
    )


async def _mail(
    context: Context,
    tenant: Tenant,
    known: Known,
    *,
    also: Also | None = None,
    reminder: tuple[tuple[str, str], ...] | None = None,
) -> tuple[str, Circle]:
    """Queue mail about an invoice. reminder: its further fields, None for the invoice's mail."""
    now = context.clock.now()
    invoice, pdf = known.invoice, known.pdf
    message_id = context.new_id(ids.MESSAGE, now)
    files: tuple[File, ...] = ()
    if pdf is not None and attaches_pdf(tenant):
        data = await whole(context, tenant.id, pdf.sha256)
        files = ((pdf.filename, pdf.content_type, data),)
    today = day_of(now, tenant.timezone) if reminder is not None else None

    def extra(person: Participant) -> tuple[tuple[str, str], ...]:
        url = context.names.reminders_url(context.keys, tenant, person)
        one_click = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        return (*(reminder or ()), ("List-Unsubscribe", f"<{url}>"), one_click)

    def make(circle: Circle, past: Sequence[Message]) -> Parcel:
        message = invoice_message(
            context, tenant, invoice, circle, past, message_id=message_id, now=now
        )
        if reminder is not None:
            message = replace(message, kind=REMINDER, text="", full_text="")
        parcel = invoice_parcel(
            Envelope(context, tenant, message, files),
            invoice,
            circle,
            pdf_size=pdf.size if pdf else 0,
            subject=None,
            circumstances=Circumstances(today=today),
            extra=extra if reminder is not None else None,
        )
        if reminder is None:
            return parcel
        # What the customer reads in the chat window is what the mail is about.
        told = replace(
            parcel.message, text=parcel.message.subject, full_text=parcel.message.subject
        )
        return replace(parcel, message=told)

    def store(work: Work, _circle: Circle, _message: Message) -> None:
        if also is not None:
            also(work, now)

    errand = Errand(tenant, known.to, make, invoice.conversation_id, also=store)
    circle, _ = await send(context, errand, now)
    return message_id, circle


def wants_none(work: Work, tenant_id: str, address: str) -> bool:
    """Say whether an address wants no reminders from a company."""
    return work.facts.get(no_reminders_fact(tenant_id, address)) is not None


def no_reminders_fact(tenant_id: str, address: str) -> str:
    """Return under which name it is remembered that an address wants no reminders."""
    return f"no reminders:{tenant_id}:{address.lower()}"
