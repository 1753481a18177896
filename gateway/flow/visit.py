"""The customer's visits: what a link shows, and what may be done with it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.flow.arrival import arrived
from gateway.flow.billing import Billing
from gateway.flow.claiming import claim, tell
from gateway.flow.contents import stream
from gateway.flow.context import Context
from gateway.flow.drafts import Document, PaymentDraft
from gateway.flow.links import attachment_in, enter, invoice_in, link_of, pdf_in
from gateway.flow.online import held
from gateway.flow.outbox import Packed, documents, post
from gateway.flow.people import history
from gateway.flow.refusal import conflict, invalid
from gateway.flow.taking_back import is_shown
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.customer_pages import BY_LINK, pages_of
from gateway.rules.model import (
    Attachment,
    Channel,
    Conversation,
    Delivery,
    Direction,
    Invoice,
    Message,
    Participant,
    Payment,
    Tenant,
    Threading,
)
from gateway.rules.pay_codes import is_other_account
from gateway.rules.payments import pending_claims, with_payments
from gateway.rules.replies import answer_subject

_MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Visit:
    """What a person sees through their link. messages: oldest first, visible ones alone.

    pays_online: the company has an account at a payment provider.
    other_accounts: the invoices whose bank account none of the company's earlier ones named.
    position: the number of the company's newest event, which the page shows already.
    """

    tenant: Tenant
    participant: Participant
    conversation: Conversation
    invoices: Sequence[Invoice]
    messages: Sequence[Message]
    deliveries: Mapping[str, Sequence[Delivery]]
    pays_online: bool = False
    other_accounts: frozenset[str] = frozenset()
    position: int = 0


class Visits:
    """Answers the chat window's requests. Each raises Refused: NOT_FOUND or GONE for the link."""

    def __init__(self, context: Context, billing: Billing) -> None:
        """Work on these ports; `billing` knows what a claim means."""
        self._context = context
        self._billing = billing

    async def open(self, token: str) -> Visit:
        """Return what the link shows; changes nothing."""
        link = link_of(self._context, token)
        now = self._context.clock.now()

        def look(work: Work) -> Visit:
            tenant, person, conversation = enter(work, link, now)
            messages = [m for m in history(work, conversation) if is_shown(m, now)]
            out = [m.id for m in messages if m.direction is Direction.OUT]
            invoices = work.invoices.of_conversation(tenant.id, conversation.id)
            return Visit(
                tenant=tenant,
                participant=person,
                conversation=conversation,
                invoices=invoices,
                messages=messages,
                deliveries=work.deliveries.of_messages(out),
                pays_online=held(work, tenant.id).is_complete,
                other_accounts=_other_accounts(work, invoices),
                position=work.events.last(tenant.id),
            )

        return await self._context.store.read(look)

    async def write(
        self,
        token: str,
        text: str,
        brought: Sequence[Document] = (),
        *,
        client_id: str | None = None,
        writer: Mailbox | None = None,
        tag: str = "",
    ) -> Message:
        """Store what the person writes; the same client_id again gives the same message.

        writer: who says they write, if they are not the one whose link it is. Nothing is ever
            sent to that address.
        tag: what the conversation is about from now on, for the company; "" for nothing new.
        """
        link, context, now = link_of(self._context, token), self._context, self._context.clock.now()
        if not text.strip() and not brought:
            raise invalid("text", "Write something, or attach a file.")
        tenant, person, _ = await context.store.read(lambda work: enter(work, link, now))
        message_id = context.new_id(ids.MESSAGE, now)
        attachments, kept = await documents(context, tenant.id, message_id, brought, now)

        def store(work: Work) -> Message:
            _, owner, conversation = enter(work, link, now)
            fact = f"chat:{tenant.id}:{person.ref}:{client_id}"
            earlier = work.facts.get(fact) if client_id else None
            known = work.messages.get(tenant.id, earlier) if earlier else None
            if known is not None:
                return known
            message = Message(
                id=message_id,
                tenant_id=tenant.id,
                conversation_id=conversation.id,
                direction=Direction.IN,
                channel=Channel.CHAT,
                from_=writer or owner.mailbox,
                to=(context.names.sender_mailbox(tenant),),
                subject=answer_subject(conversation),
                received_at=now,
                date=now,
                text=text,
                full_text=text,
                threading=Threading("token", "chat link"),
                author_ref=owner.ref,
                kind=BY_LINK if writer else "message",
                sender_expected=writer is None,
                attachments=attachments,
            )
            stored = post(context, work, Packed(message, (), kept), now)
            if client_id:
                work.facts.put(fact, stored.id)
            arrived(context, work, _tagged(conversation, tag), stored, now)
            return stored

        return await context.store.write(store)

    async def claim(self, token: str, invoice_id: str, draft: PaymentDraft) -> Payment:
        """Note that the person says they have paid. Raises Refused as `Billing.payment_of`."""
        link, context, now = link_of(self._context, token), self._context, self._context.clock.now()

        def store(work: Work) -> Payment:
            tenant, _, conversation = enter(work, link, now)
            invoice = invoice_in(work, conversation, invoice_id)
            return claim(
                context,
                work,
                invoice,
                draft,
                billing=self._billing,
                tenant=tenant,
                conversation=conversation,
                now=now,
            )[1]

        return await context.store.write(store)

    async def withdraw(self, token: str, invoice_id: str) -> None:
        """Take back the person's claims that nobody has confirmed."""
        link, context, now = link_of(self._context, token), self._context, self._context.clock.now()

        def store(work: Work) -> None:
            tenant, _, conversation = enter(work, link, now)
            invoice = invoice_in(work, conversation, invoice_id)
            claims = [p for p in pending_claims(invoice) if p.by == "customer"]
            if not claims:
                raise conflict("no_claim", "There is nothing to take back.")
            for pending in claims:
                gone = replace(pending, withdrawn=True)
                work.invoices.change_payment(tenant.id, gone)
                payments = [gone if p.id == gone.id else p for p in invoice.payments]
                invoice = with_payments(invoice, payments)
                kind = events.PAYMENT_WITHDRAWN
                tell(context, work, conversation, invoice, gone, kind=kind, now=now)
            work.invoices.change(invoice)

        await context.store.write(store)

    async def viewed(self, token: str, invoice_id: str) -> None:
        """Note that the person looks at an invoice, once, where the company wants to know."""
        context, now = self._context, self._context.clock.now()
        link = link_of(context, token)

        def store(work: Work) -> None:
            tenant, person, conversation = enter(work, link, now)
            invoice = invoice_in(work, conversation, invoice_id)
            fact = f"viewed:{tenant.id}:{person.ref}:{invoice.id}"
            if not pages_of(tenant.pages).track_views or work.facts.get(fact):
                return
            work.facts.put(fact, now.isoformat())
            about = {**events.about_invoice(invoice), "viewer": person.mailbox.address}
            work.events.add(context.event(tenant.id, events.INVOICE_VIEWED, now, about))
            work.wake("events")

        await context.store.write(store)

    async def documents(self, token: str) -> Sequence[tuple[Attachment, AsyncIterator[bytes]]]:
        """Return every document that the person may see, oldest first, each with its bytes."""
        visit = await self.open(token)
        return [
            (one, stream(self._context, one.tenant_id, one.sha256))
            for message in visit.messages
            if message.direction is not Direction.NOTE
            for one in message.attachments
            if not one.inline
        ]

    async def whose(self, token: str) -> tuple[str, int]:
        """Return the company's id and the person's ref of a link."""
        link, now = link_of(self._context, token), self._context.clock.now()

        def look(work: Work) -> tuple[str, int]:
            tenant, person, _ = enter(work, link, now)
            return tenant.id, person.ref

        return await self._context.store.read(look)

    async def news(self, token: str, after: int | None) -> tuple[int, bool]:
        """Return the number of the company's newest event, and whether any is of this place.

        after: the number known so far; None to begin. Raises Refused once the link opens nothing.
        """
        link, now = link_of(self._context, token), self._context.clock.now()

        def look(work: Work) -> tuple[int, bool]:
            tenant, _, conversation = enter(work, link, now)
            last = work.events.last(tenant.id)
            if after is None or after > last:
                return last, False
            fresh = work.events.after(tenant.id, after, limit=_MOST_EVENTS)
            # After very much has happened a look too many does no harm.
            ours = len(fresh) == _MOST_EVENTS or any(
                event.data.get("conversation_id") == conversation.id for event in fresh
            )
            return last, ours

        return await self._context.store.read(look)

    async def attachment(
        self, token: str, attachment_id: str
    ) -> tuple[Attachment, AsyncIterator[bytes]]:
        """Return a document of a message that the person may see."""
        link, now = link_of(self._context, token), self._context.clock.now()

        def look(work: Work) -> Attachment:
            _, person, conversation = enter(work, link, now)
            return attachment_in(work, conversation, person, attachment_id, now)

        found = await self._context.store.read(look)
        return found, stream(self._context, found.tenant_id, found.sha256)

    async def invoice_pdf(
        self, token: str, invoice_id: str
    ) -> tuple[Attachment, AsyncIterator[bytes]]:
        """Return the PDF of an invoice of the conversation."""
        link, now = link_of(self._context, token), self._context.clock.now()

        def look(work: Work) -> Attachment:
            _, _, conversation = enter(work, link, now)
            return pdf_in(work, invoice_in(work, conversation, invoice_id))

        found = await self._context.store.read(look)
        return found, stream(self._context, found.tenant_id, found.sha256)


def _tagged(conversation: Conversation, tag: str) -> Conversation:
    if not tag or tag in conversation.tags:
        return conversation
    return replace(conversation, tags=(*conversation.tags, tag))


def _other_accounts(work: Work, invoices: Sequence[Invoice]) -> frozenset[str]:
    asked = [one for one in invoices if one.payment.get("iban")]
    return frozenset(
        one.id
        for one in asked
        if is_other_account(one, work.invoices.accounts(one.tenant_id, before=one.id))
    )
