"""A customer's word about payment, noted in the caller's transaction."""

from dataclasses import replace
from datetime import datetime

from gateway.flow.billing import Billing
from gateway.flow.context import Context
from gateway.flow.drafts import PaymentDraft
from gateway.flow.refusal import conflict
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.model import Conversation, ConversationStatus, Invoice, Payment, Tenant
from gateway.rules.payments import pending_claims, with_payments


def claim(
    context: Context,
    work: Work,
    invoice: Invoice,
    draft: PaymentDraft,
    *,
    billing: Billing,
    tenant: Tenant,
    conversation: Conversation,
    now: datetime,
) -> tuple[Invoice, Payment]:
    """Note that the customer says they have paid. Raises Refused as `Billing.payment_of`."""
    if invoice.replaced_by is not None:
        words = "Invoice {number} was replaced by a newer one."
        raise conflict("replaced", words, values={"number": invoice.number})
    if pending_claims(invoice):
        raise conflict("claimed", "You have told us already that this is paid.")
    payment = billing.payment_of(tenant, invoice, draft, by="customer", now=now)
    work.invoices.add_payment(tenant.id, payment)
    invoice = work.invoices.change(with_payments(invoice, (*invoice.payments, payment)))
    tell(context, work, conversation, invoice, payment, kind=events.PAYMENT_CLAIMED, now=now)
    return invoice, payment


def tell(
    context: Context,
    work: Work,
    conversation: Conversation,
    invoice: Invoice,
    payment: Payment,
    *,
    kind: str,
    now: datetime,
) -> None:
    """Tell of a payment, and let the conversation come to the company's eyes."""
    about = events.about_payment(invoice, payment)
    work.events.add(context.event(invoice.tenant_id, kind, now, about))
    work.conversations.change(replace(conversation, updated_at=now, status=ConversationStatus.OPEN))
    work.wake("events")
