"""Receipts: drafts until the company confirms the payment, then numbered without gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.billing import Billing
from gateway.flow.claiming import claim
from gateway.flow.context import Context
from gateway.flow.drafts import PaymentDraft
from gateway.flow.issuing import tell_receipt
from gateway.flow.links import enter, invoice_in, link_of
from gateway.flow.refusal import conflict, not_found
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.model import (
    Conversation,
    Invoice,
    Payment,
    Receipt,
    Tenant,
)
from gateway.rules.payments import CASH, pending_claims
from gateway.rules.receipts import RECEIPT_DRAFT, RECEIPT_ISSUED


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """A receipt with all that stands on its paper."""

    tenant: Tenant
    conversation: Conversation
    invoice: Invoice
    payment: Payment
    receipt: Receipt


class Receipts:
    """Makes receipts, for companies and for customers."""

    def __init__(self, context: Context, billing: Billing) -> None:
        """Work on these ports; `billing` knows what a claim means."""
        self._context = context
        self._billing = billing

    async def make(self, tenant: Tenant, invoice_id: str, payment_id: str | None = None) -> Receipt:
        """Return the receipt of a payment (None: the newest one without): made, if there is none.

        A confirmed payment's is issued at once, a claim's is a draft.

        Raises Refused: the invoice is unknown, or has no such payment.
        """
        now = self._context.clock.now()

        def store(work: Work) -> Receipt:
            invoice = work.invoices.get(tenant.id, invoice_id)
            if invoice is None:
                raise not_found("invoice")
            standing = [p for p in invoice.payments if not p.withdrawn]
            wanted = [p for p in standing if payment_id in {None, p.id}]
            if not wanted:
                raise conflict("no_payment", "There is no payment to give a receipt for.")
            return self._receipt(work, invoice, _without_receipt(invoice, wanted), now)

        return await self._context.store.write(store)

    async def ask(self, token: str, invoice_id: str, draft: PaymentDraft) -> Receipt:
        """Return the receipt that the customer asks for: of what they say they paid in cash.

        A cash claim that waits, or cash that was confirmed, gets its receipt; else the draft
        becomes a claim.

        Raises Refused: for the link, and as `Billing.payment_of`; conflict beside another claim.
        """
        context, now = self._context, self._context.clock.now()
        link = link_of(context, token)

        def store(work: Work) -> Receipt:
            tenant, _, conversation = enter(work, link, now)
            invoice = invoice_in(work, conversation, invoice_id)
            payment = cash_without_receipt(invoice)
            if payment is None:
                cash = replace(draft, method=CASH)
                invoice, payment = claim(
                    context,
                    work,
                    invoice,
                    cash,
                    billing=self._billing,
                    tenant=tenant,
                    conversation=conversation,
                    now=now,
                )
            return self._receipt(work, invoice, payment, now)

        return await context.store.write(store)

    async def held(self, tenant: Tenant, conversation_id: str, receipt_id: str) -> ReceiptFacts:
        """Return a receipt of a company's conversation; raises Refused if unknown."""

        def look(work: Work) -> ReceiptFacts:
            conversation = work.conversations.get(tenant.id, conversation_id)
            if conversation is None:
                raise not_found("conversation")
            return _facts(work, tenant, conversation, receipt_id)

        return await self._context.store.read(look)

    async def show(self, token: str, receipt_id: str) -> ReceiptFacts:
        """Return a receipt of the link's conversation; drafts of what was taken back are gone."""
        context, now = self._context, self._context.clock.now()
        link = link_of(context, token)

        def look(work: Work) -> ReceiptFacts:
            tenant, _, conversation = enter(work, link, now)
            return _facts(work, tenant, conversation, receipt_id)

        return await context.store.read(look)

    def _receipt(self, work: Work, invoice: Invoice, payment: Payment, now: datetime) -> Receipt:
        for known in invoice.receipts:
            if known.payment_id == payment.id:
                return known
        receipt = Receipt(
            id=self._context.new_id(ids.RECEIPT, now),
            invoice_id=invoice.id,
            payment_id=payment.id,
            number=None,
            state=RECEIPT_ISSUED if payment.confirmed else RECEIPT_DRAFT,
            created_at=now,
        )
        receipt = work.invoices.add_receipt(invoice.tenant_id, receipt)
        tell_receipt(self._context, work, invoice, receipt, now)
        return receipt


def _facts(work: Work, tenant: Tenant, conversation: Conversation, receipt_id: str) -> ReceiptFacts:
    for invoice in work.invoices.of_conversation(tenant.id, conversation.id):
        for receipt, payment in standing_receipts(invoice):
            if receipt.id == receipt_id:
                return ReceiptFacts(tenant, conversation, invoice, payment, receipt)
    raise not_found("receipt")


def standing_receipts(invoice: Invoice) -> Sequence[tuple[Receipt, Payment]]:
    """Return an invoice's receipts with their payments, oldest first.

    An issued one stays, whatever becomes of its payment; a draft goes with its claim.
    """
    by_id = {payment.id: payment for payment in invoice.payments}
    found = []
    for receipt in invoice.receipts:
        payment = by_id.get(receipt.payment_id or "")
        if payment and (receipt.number is not None or not payment.withdrawn):
            found.append((receipt, payment))
    return found


def cash_without_receipt(invoice: Invoice) -> Payment | None:
    """Return the cash that has no receipt yet, the newest, or None.

    A claim that waits comes before anything else, so that it keeps its one receipt.
    """
    waiting = [p for p in pending_claims(invoice) if p.method == CASH]
    if waiting:
        return waiting[-1]
    known = {receipt.payment_id for receipt in invoice.receipts}
    paid = [
        p
        for p in invoice.payments
        if p.confirmed and not p.withdrawn and p.method == CASH and p.id not in known
    ]
    return paid[-1] if paid else None


def _without_receipt(invoice: Invoice, payments: Sequence[Payment]) -> Payment:
    known = {receipt.payment_id for receipt in invoice.receipts}
    return next((p for p in reversed(payments) if p.id not in known), payments[-1])
