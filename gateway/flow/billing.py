"""What happens to an invoice after it was sent: paid, confirmed, taken back, cancelled."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.flow.companies import stale
from gateway.flow.context import Context
from gateway.flow.drafts import PaymentDraft
from gateway.flow.issuing import issue_drafts
from gateway.flow.refusal import conflict, invalid, not_found
from gateway.ports.lists import Stale
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.model import Invoice, InvoiceStatus, Payment, Tenant
from gateway.rules.payments import ZERO, amount_open, day_of, pending_claims, with_payments
from gateway.rules.reminders import PROMISED_ON, promised_on, with_promise

CHANGEABLE = frozenset({"due_on", "issued_on", "message", "payment", "lines", "locale"})


class Billing:
    """Keeps invoices and payments true."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def mark_paid(self, tenant: Tenant, invoice_id: str, draft: PaymentDraft) -> Invoice:
        """Note a payment that the company knows of; less than the open amount is a part.

        Raises Refused (unknown, cancelled, paid already, an amount of nothing).
        """
        now = self._context.clock.now()

        def pay(work: Work, invoice: Invoice) -> Invoice:
            payment = self.payment_of(tenant, invoice, draft, by="company", now=now)
            work.invoices.add_payment(tenant.id, payment)
            self._tell(work, invoice, payment, events.PAYMENT_CONFIRMED, now)
            return with_payments(invoice, (*invoice.payments, payment))

        return await self._change(tenant, invoice_id, pay)

    async def confirm_payment(
        self, tenant: Tenant, invoice_id: str, payment_id: str | None, *, noted_by: str = ""
    ) -> Invoice:
        """Confirm a claim (None: the only one). Raises Refused: conflict without a claim.

        noted_by: who of the company says so, "" if it is not known.
        """
        now = self._context.clock.now()

        def confirm(work: Work, invoice: Invoice) -> Invoice:
            claims = [p for p in pending_claims(invoice) if payment_id in {None, p.id}]
            if not claims:
                raise conflict("no_claim", "There is no claim of payment to confirm.")
            payment = replace(claims[-1], confirmed=True, noted_by=noted_by)
            work.invoices.change_payment(tenant.id, payment)
            self._tell(work, invoice, payment, events.PAYMENT_CONFIRMED, now)
            invoice = issue_drafts(self._context, work, invoice, payment, now)
            return with_payments(invoice, _with(invoice, payment))

        return await self._change(tenant, invoice_id, confirm)

    async def mark_unpaid(
        self, tenant: Tenant, invoice_id: str, payment_id: str | None, *, noted_by: str = ""
    ) -> Invoice:
        """Take back a payment or claim (None: all). Raises Refused: conflict if there is none.

        noted_by: who of the company does so, "" if it is not known.
        """
        now = self._context.clock.now()

        def withdraw(work: Work, invoice: Invoice) -> Invoice:
            standing = [p for p in invoice.payments if not p.withdrawn]
            wanted = [p for p in standing if payment_id in {None, p.id}]
            if not wanted:
                raise conflict("no_payment", "There is no payment to take back.")
            changed = invoice
            for payment in wanted:
                gone = replace(payment, withdrawn=True, noted_by=noted_by)
                work.invoices.change_payment(tenant.id, gone)
                self._tell(work, invoice, gone, events.PAYMENT_WITHDRAWN, now)
                changed = with_payments(changed, _with(changed, gone))
            return changed

        return await self._change(tenant, invoice_id, withdraw)

    async def cancel(self, tenant: Tenant, invoice_id: str) -> Invoice:
        """Cancel an invoice. Raises Refused: conflict if it is cancelled or paid."""

        def cancel(_: Work, invoice: Invoice) -> Invoice:
            if invoice.status in {InvoiceStatus.CANCELLED, InvoiceStatus.PAID}:
                raise conflict("final", f"The invoice is {invoice.status.value} already.")
            return replace(invoice, status=InvoiceStatus.CANCELLED)

        return await self._change(tenant, invoice_id, cancel)

    async def change(
        self,
        tenant: Tenant,
        invoice_id: str,
        changes: Mapping[str, Any],
        *,
        version: int | None = None,
    ) -> Invoice:
        """Change fields named in `CHANGEABLE`, or `promised_on`.

        Raises Refused (another field, stale, unknown).
        """
        for name in changes:
            if name not in CHANGEABLE and name != PROMISED_ON:
                raise invalid(name, f"{name} of a stored invoice can't be changed.")
        plain = {name: value for name, value in changes.items() if name != PROMISED_ON}

        def change(_: Work, invoice: Invoice) -> Invoice:
            promised = changes.get(PROMISED_ON, promised_on(invoice))
            return with_promise(replace(invoice, **plain), promised)

        return await self._change(tenant, invoice_id, change, version=version)

    def payment_of(
        self, tenant: Tenant, invoice: Invoice, draft: PaymentDraft, *, by: str, now: datetime
    ) -> Payment:
        """Return the payment that a draft tells of. Raises Refused if it makes no sense."""
        if invoice.status is InvoiceStatus.CANCELLED:
            raise conflict(
                "cancelled", "Invoice {number} was cancelled.", values={"number": invoice.number}
            )
        if invoice.status is InvoiceStatus.PAID:
            raise conflict(
                "paid", "Invoice {number} is paid already.", values={"number": invoice.number}
            )
        amount = amount_open(invoice) if draft.amount is None else draft.amount
        if amount <= ZERO:
            raise invalid("amount", "The amount must be more than nothing.")
        return Payment(
            id=self._context.new_id(ids.PAYMENT, now),
            invoice_id=invoice.id,
            amount=amount,
            method=draft.method,
            on=draft.on or day_of(now, tenant.timezone),
            by=by,
            confirmed=by != "customer",
            note=draft.note,
            created_at=now,
            noted_by=draft.noted_by,
        )

    async def _change(
        self,
        tenant: Tenant,
        invoice_id: str,
        change: Callable[[Work, Invoice], Invoice],
        *,
        version: int | None = None,
    ) -> Invoice:
        now = self._context.clock.now()

        def store(work: Work) -> Invoice:
            invoice = work.invoices.get(tenant.id, invoice_id)
            if invoice is None:
                raise not_found("invoice")
            if version is not None and invoice.version != version:
                raise stale("invoice")
            return work.invoices.change(replace(change(work, invoice), updated_at=now))

        try:
            return await self._context.store.write(store)
        except Stale as error:
            raise stale("invoice") from error

    def _tell(
        self, work: Work, invoice: Invoice, payment: Payment, kind: str, now: datetime
    ) -> None:
        about = events.about_payment(invoice, payment)
        work.events.add(self._context.event(invoice.tenant_id, kind, now, about))
        work.wake("events")


def _with(invoice: Invoice, payment: Payment) -> tuple[Payment, ...]:
    return tuple(payment if p.id == payment.id else p for p in invoice.payments)
