"""Invoices and other mail that a company hands over by HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.drafts import InvoiceDraft, MessageDraft, SentInvoice
from gateway.flow.invoicing import invoice_message, invoice_of, invoice_parcel
from gateway.flow.outbox import Addressee, Parcel, documents, files_of
from gateway.flow.outgoing import Errand, send
from gateway.flow.own_addresses import own_addresses
from gateway.flow.people import Circle, refuse_own_domains
from gateway.flow.quota import Quota
from gateway.flow.refusal import conflict, invalid
from gateway.flow.resending import Known, find_known, remind, resend
from gateway.flow.writing import Envelope, plain_copies, shown_html, size_of
from gateway.mail.envelope import Envelope as MailEnvelope
from gateway.mail.mailbox import Mailbox
from gateway.ports.letters import Circumstances
from gateway.ports.lists import Taken
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.documents import TITLES
from gateway.rules.model import (
    Channel,
    Direction,
    Invoice,
    Message,
    Participant,
    Tenant,
    Threading,
)
from gateway.rules.own_fields import is_own_field
from gateway.rules.own_server import attaches_pdf
from gateway.rules.pay_codes import is_other_account
from gateway.rules.replies import references_of


class Submissions:
    """Takes invoices and messages from companies' services into the queue."""

    def __init__(self, context: Context, quota: Quota) -> None:
        """Work on these ports; `quota` bounds what a company may hand over."""
        self._context = context
        self.quota = quota

    async def send_invoice(
        self,
        tenant: Tenant,
        draft: InvoiceDraft,
        *,
        envelope: MailEnvelope | None = None,
        also: Callable[[Work, str], None] | None = None,
    ) -> SentInvoice:
        """Store an invoice and queue its mail, all or nothing.

        envelope: what a submitting service wants to hear of it (RFC 3461), or None.
        also: what else the transaction stores, given the message's id.

        Raises Refused: `number_taken`, unknown conversation or predecessor, own domains,
        `rate_limited`.
        """
        context, now = self._context, self._context.clock.now()
        to = (draft.customer, *(Mailbox("", address) for address in draft.cc))
        refuse_own_domains(context, to[:1], "customer.email")
        refuse_own_domains(context, to[1:], "cc")
        replaced, accounts = await self._before(tenant, draft)
        if draft.send:
            self.quota.take(tenant.id, len(to), now)
        message_id = context.new_id(ids.MESSAGE, now)
        brought = (*((draft.pdf,) if draft.pdf else ()), *draft.attachments)
        attachments, kept = await documents(context, tenant.id, message_id, brought, now)
        pdf = attachments[0] if draft.pdf else None
        invoice = invoice_of(tenant, draft, context.new_id(ids.INVOICE, now), now)
        invoice = replace(
            invoice,
            message_id=message_id,
            pdf_attachment_id=pdf.id if pdf else None,
            replaces=replaced.id if replaced else None,
        )
        attach = pdf is not None and draft.send and attaches_pdf(tenant)
        files = await files_of(context, attachments[:1], kept[:1]) if attach else ()

        def make(circle: Circle, past: Sequence[Message]) -> Parcel:
            message = invoice_message(
                context, tenant, invoice, circle, past, message_id=message_id, now=now
            )
            message = replace(
                message,
                attachments=attachments,
                submitted_message_id=draft.submitted_message_id,
                labels=draft.labels,
            )
            if not draft.send:
                message = replace(message, channel=Channel.API)
                return Parcel(tenant, message, (), lambda _: b"")
            return invoice_parcel(
                Envelope(context, tenant, message, files),
                invoice,
                circle,
                pdf_size=pdf.size if pdf else 0,
                subject=draft.subject,
                circumstances=Circumstances(
                    replaced=replaced, other_account=is_other_account(invoice, accounts)
                ),
                wishes=envelope,
            )

        def store(work: Work, circle: Circle, _: Message) -> None:
            placed = replace(invoice, conversation_id=circle.conversation.id)
            if replaced is not None:
                work.invoices.change(replace(replaced, replaced_by=invoice.id, updated_at=now))
            work.invoices.add(placed)
            if draft.send:
                about = events.about_invoice(placed)
                work.events.add(context.event(tenant.id, events.INVOICE_SENT, now, about))
            if also is not None:
                also(work, message_id)

        subject = draft.subject or f"{TITLES[draft.kind]} {draft.number}"
        conversation_id = draft.conversation_id or (replaced.conversation_id if replaced else None)
        errand = Errand(
            tenant, to, make, conversation_id, subject, draft.customer_locale, kept, store
        )
        try:
            circle, _ = await send(context, errand, now)
        except Taken as taken:
            raise _number_taken(draft, taken.holder) from taken
        placed = replace(invoice, conversation_id=circle.conversation.id)
        return self._sent(tenant, placed, circle.customer, message_id if draft.send else None)

    async def resend_invoice(self, tenant: Tenant, invoice_id: str) -> SentInvoice:
        """Queue the mail of a stored invoice once more, in its conversation.

        Raises Refused if it is unknown or cancelled.
        """
        known = await self.known(tenant, invoice_id)
        invoice = known.invoice
        self.quota.take(tenant.id, len(known.to), self._context.clock.now())

        def tell(work: Work, now: datetime) -> None:
            about = events.about_invoice(invoice)
            work.events.add(self._context.event(tenant.id, events.INVOICE_SENT, now, about))

        message_id, circle = await resend(self._context, tenant, known, also=tell)
        return self._sent(tenant, invoice, circle.customer, message_id)

    async def remind(self, tenant: Tenant, invoice_id: str) -> SentInvoice:
        """Queue a reminder of an invoice, in its conversation: the company asks for it.

        Raises Refused if it is unknown, or there is nothing to pay, or nobody who may be reminded.
        """
        known = await self.known(tenant, invoice_id)
        self.quota.take(tenant.id, len(known.to), self._context.clock.now())
        message_id, circle = await remind(self._context, tenant, known)
        return self._sent(tenant, known.invoice, circle.customer, message_id)

    async def known(self, tenant: Tenant, invoice_id: str) -> Known:
        """Return what mail about a stored invoice takes. Raises Refused: unknown, cancelled."""
        return await find_known(self._context, tenant, invoice_id)

    async def send_message(self, tenant: Tenant, draft: MessageDraft) -> Message:
        """Queue any transactional mail; raises Refused like `send_invoice`."""
        context, now = self._context, self._context.clock.now()
        to = (*draft.to, *draft.cc, *draft.bcc)
        if not to:
            raise invalid("to", "A message needs a recipient.")
        refuse_own_domains(context, to, "to")
        for name, _ in draft.headers:
            if is_own_field(name):
                raise invalid("headers", f"{name} is set by the gateway.")
        own = context.names.sender_mailbox(tenant)
        if draft.from_ is not None:
            allowed = await own_addresses(context, tenant)
            if draft.from_.address.lower() not in allowed:
                raise invalid("from", f"From must be {own.address}.", code="foreign_from")
        self.quota.take(tenant.id, len(to), now)
        message_id = context.new_id(ids.MESSAGE, now)
        attachments, kept = await documents(context, tenant.id, message_id, draft.attachments, now)
        files = await files_of(context, attachments, kept)

        def make(circle: Circle, past: Sequence[Message]) -> Parcel:
            in_reply_to, references = references_of(past)
            message = Message(
                id=message_id,
                tenant_id=tenant.id,
                conversation_id=circle.conversation.id,
                direction=Direction.OUT,
                channel=Channel.EMAIL,
                from_=Mailbox((draft.from_ or own).name or own.name, own.address),
                to=draft.to,
                cc=draft.cc,
                subject=draft.subject,
                received_at=now,
                date=now,
                message_id=context.names.message_id(context.keys, tenant, message_id),
                text=draft.text,
                full_text=draft.text,
                html=shown_html(draft.html),
                in_reply_to=in_reply_to,
                references=references,
                threading=Threading("new" if circle.is_new else "conversation", "handed over"),
                attachments=attachments,
            )
            envelope = Envelope(context, tenant, message, files, draft.headers)
            build = plain_copies(envelope, text=draft.text, html=draft.html)
            people = tuple(Addressee(person) for person in circle.people)
            return Parcel(tenant, message, people, build, size_of(files))

        errand = Errand(tenant, to, make, draft.conversation_id, draft.subject, kept=kept)
        return (await send(context, errand, now))[1]

    async def _before(
        self, tenant: Tenant, draft: InvoiceDraft
    ) -> tuple[Invoice | None, Sequence[str]]:
        """Return the invoice that the draft replaces, and the accounts of earlier ones.

        Raises Refused if the number is taken.
        """

        def look(work: Work) -> tuple[Invoice | None, Invoice | None, Sequence[str]]:
            old = draft.replaces
            named = work.invoices.get(tenant.id, old) if old else None
            if old and named is None:
                named = work.invoices.by_number(tenant.id, draft.kind, old)
            same = work.invoices.by_number(tenant.id, draft.kind, draft.number)
            return named, same, work.invoices.accounts(tenant.id)

        named, same, accounts = await self._context.store.read(look)
        if draft.replaces and named is None:
            raise invalid("replaces", f"There is no {draft.kind} {draft.replaces} to replace.")
        if same is not None and (named is None or named.id != same.id):
            raise _number_taken(draft, same.id)
        return named, accounts

    def _sent(
        self, tenant: Tenant, invoice: Invoice, person: Participant, message_id: str | None
    ) -> SentInvoice:
        context = self._context
        return SentInvoice(
            invoice=invoice,
            message_id=message_id,
            view_url=context.names.chat_url(context.keys, tenant, person),
            pdf_url=context.names.pdf_url(context.keys, tenant, person, invoice),
            status=invoice.status.value,
        )


def _number_taken(draft: InvoiceDraft, holder: str) -> Exception:
    return conflict(
        "number_taken",
        f"{TITLES[draft.kind]} {draft.number} exists already as {holder}.",
        param="number",
    )
