"""A mail that did not arrive is sent once more: to the same address, or to the right one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.answering import last_words
from gateway.flow.audit import pen_of
from gateway.flow.contents import whole
from gateway.flow.context import Context
from gateway.flow.invoicing import invoice_parcel
from gateway.flow.outbox import Addressee, Parcel, launch, pack, stop_suppressed
from gateway.flow.people import Circle, history, latest, refuse_own_domains
from gateway.flow.quota import Quota
from gateway.flow.refusal import conflict, invalid, not_found
from gateway.flow.writing import Envelope, File, answer_copies, size_of
from gateway.mail.address import is_mailbox
from gateway.mail.mailbox import Mailbox
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.audit import link_changes
from gateway.rules.model import (
    Attachment,
    Conversation,
    ConversationStatus,
    Delivery,
    Invoice,
    Message,
    Participant,
    Tenant,
)
from gateway.rules.own_server import attaches_pdf
from gateway.rules.states import State

_FAILED = frozenset({State.BOUNCED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class _Broken:
    """A delivery that failed, with what is needed to write its copy anew."""

    delivery: Delivery
    message: Message
    conversation: Conversation
    people: Sequence[Participant]
    past: Sequence[Message]
    invoice: Invoice | None
    pdf: Attachment | None


class Mending:
    """Sends failed mail once more. Each raises Refused: unknown, not failed, `rate_limited`."""

    def __init__(self, context: Context, quota: Quota) -> None:
        """Work on these ports; `quota` bounds what a company may send."""
        self._context = context
        self._quota = quota

    async def again(self, tenant: Tenant, delivery_id: str) -> Delivery:
        """Queue the very same copy once more."""
        context, now = self._context, self._context.clock.now()
        self._quota.take(tenant.id, 1, now)
        new_id = context.new_id(ids.DELIVERY, now)

        def store(work: Work) -> Delivery:
            old = _failed(work, tenant, delivery_id, _FAILED)
            fresh = replace(
                old,
                id=new_id,
                state=State.QUEUED.value,
                sender=context.names.return_path(context.keys, tenant, new_id),
                queued_at=now,
                next_attempt_at=now,
                signature=None,
                reason=None,
                tries=0,
                sending=False,
                complained=False,
                fence=0,
                attempts=(),
                updated_at=None,
            )
            launch(context, work, (fresh,), now)
            conversation = work.conversations.get(tenant.id, old.conversation_id)
            if conversation is not None:
                self._mended(work, latest(work, conversation), now)
            return fresh

        return await context.store.write(store)

    async def correct(self, tenant: Tenant, delivery_id: str, address: str) -> Delivery:
        """Put the right address in the wrong one's place, and send the message there.

        The link that went to the wrong address opens nothing any more. Raises Refused, too, if
        the address is none, the same, or one of ours.
        """
        context, now = self._context, self._context.clock.now()
        if not is_mailbox(address):
            raise invalid("address", "That is not an address such as jana@firma.example.")
        refuse_own_domains(context, (Mailbox("", address),), "address")
        broken = await context.store.read(lambda work: _look(work, tenant, delivery_id))
        old = broken.delivery.recipient
        if old.address.lower() == address.lower():
            raise invalid("address", "That is the address that the mail could not be sent to.")
        self._quota.take(tenant.id, 1, now)
        wrong = next((p for p in broken.people if p.ref == broken.delivery.participant_ref), None)
        known = next((p for p in broken.people if _is_at(p, address)), None)
        person = Participant(
            ref=known.ref if known else context.new_ref(),
            tenant_id=tenant.id,
            conversation_id=broken.conversation.id,
            mailbox=Mailbox(old.name, address),
            role=wrong.role if wrong else "customer",
            created_at=known.created_at if known else now,
            link_issue=known.link_issue if known else 0,
        )
        packed = await pack(context, await self._parcel(tenant, broken, person), now)
        pen = pen_of(context, now)

        def store(work: Work) -> Delivery:
            _failed(work, tenant, delivery_id, _FAILED | {State.SUPPRESSED})
            if known is None:
                work.conversations.add_participant(person)
            else:
                work.conversations.change_participant(person)
            if wrong is not None:
                gone = replace(wrong, role="other", link_issue=wrong.link_issue + 1)
                work.conversations.change_participant(gone)
                place, differs = broken.conversation.id, link_changes(wrong, gone)
                pen.note(work, tenant.id, "link.changed", place, differs)
            going = stop_suppressed(work, packed)
            for kept in going.kept:
                work.contents.add(kept)
            work.messages.change(replace(going.message, raw_sha256=broken.message.raw_sha256))
            launch(context, work, going.deliveries, now)
            self._readdress(work, tenant, broken, person, now)
            return going.deliveries[0]

        return await context.store.write(store)

    async def _parcel(self, tenant: Tenant, broken: _Broken, person: Participant) -> Parcel:
        """Return the message written anew for one person."""
        context, old = self._context, broken.delivery.recipient
        message = replace(
            broken.message,
            to=_replaced(broken.message.to, old, person.mailbox),
            cc=_replaced(broken.message.cc, old, person.mailbox),
        )
        if broken.invoice is not None:
            wanted = (broken.pdf,) if broken.pdf and attaches_pdf(tenant) else ()
            invoice = replace(
                broken.invoice,
                customer={**broken.invoice.customer, "email": person.mailbox.address},
            )
            return invoice_parcel(
                Envelope(context, tenant, message, await self._files(wanted)),
                invoice,
                Circle(broken.conversation, False, (person,), frozenset()),
                pdf_size=broken.pdf.size if broken.pdf else 0,
                subject=message.subject,
            )
        files = await self._files(message.attachments)
        build = answer_copies(
            Envelope(context, tenant, message, files),
            html=message.html,
            locale=broken.conversation.locale,
            quoted=last_words(broken.past),
        )
        return Parcel(tenant, message, (Addressee(person),), build, size_of(files))

    async def _files(self, attachments: Sequence[Attachment]) -> tuple[File, ...]:
        files: list[File] = []
        for one in attachments:
            data = await whole(self._context, one.tenant_id, one.sha256)
            files.append((one.filename, one.content_type, data))
        return tuple(files)

    def _readdress(
        self, work: Work, tenant: Tenant, broken: _Broken, person: Participant, now: datetime
    ) -> None:
        """Bring conversation and invoices up to date with the right address."""
        old = broken.delivery.recipient.address.lower()
        for invoice in work.invoices.of_conversation(tenant.id, broken.conversation.id):
            if str(invoice.customer.get("email", "")).lower() == old:
                customer = {**invoice.customer, "email": person.mailbox.address}
                work.invoices.change(replace(invoice, customer=customer, updated_at=now))
        current = work.conversations.get(tenant.id, broken.conversation.id)
        if current is None:
            return
        if current.customer.address.lower() == old:
            current = replace(current, customer=person.mailbox)
        self._mended(work, current, now)

    def _mended(self, work: Work, conversation: Conversation, now: datetime) -> None:
        status = conversation.status
        if status is ConversationStatus.OPEN and not conversation.unread:
            status = ConversationStatus.WAITING
        changed = work.conversations.change(
            replace(conversation, failed=False, status=status, updated_at=now)
        )
        about = events.about_conversation(changed)
        kind = events.CONVERSATION_UPDATED
        work.events.add(self._context.event(changed.tenant_id, kind, now, about))
        work.wake("events")


def _look(work: Work, tenant: Tenant, delivery_id: str) -> _Broken:
    delivery = _failed(work, tenant, delivery_id, _FAILED | {State.SUPPRESSED})
    message = work.messages.get(tenant.id, delivery.message_id)
    found = work.conversations.get(tenant.id, delivery.conversation_id)
    if message is None or found is None:
        raise not_found("delivery")
    conversation = latest(work, found)
    sends_invoice = message.kind == "invoice" and message.invoice_id is not None
    invoice = work.invoices.get(tenant.id, message.invoice_id or "") if sends_invoice else None
    pdf_id = invoice.pdf_attachment_id if invoice else None
    past = [one for one in history(work, conversation) if one.position < message.position]
    return _Broken(
        delivery,
        message,
        conversation,
        work.conversations.participants(tenant.id, conversation.id),
        past,
        invoice,
        work.messages.attachment(tenant.id, pdf_id) if pdf_id else None,
    )


def _failed(work: Work, tenant: Tenant, delivery_id: str, states: frozenset[State]) -> Delivery:
    delivery = work.deliveries.get(tenant.id, delivery_id)
    if delivery is None:
        raise not_found("delivery")
    if delivery.state not in states:
        raise conflict("wrong_state", f"A delivery that is {delivery.state} needs no mending.")
    return delivery


def _is_at(person: Participant, address: str) -> bool:
    return person.mailbox.address.lower() == address.lower()


def _replaced(given: Sequence[Mailbox], old: Mailbox, new: Mailbox) -> tuple[Mailbox, ...]:
    return tuple(new if one.address.lower() == old.address.lower() else one for one in given)
