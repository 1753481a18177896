"""An invoice draft turned into the invoice and the message that carries it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.drafts import InvoiceDraft
from gateway.flow.outbox import Addressee, Parcel
from gateway.flow.people import Circle
from gateway.flow.writing import Envelope, invoice_letter, size_of
from gateway.mail.envelope import Envelope as MailEnvelope
from gateway.ports.letters import Circumstances, Letter
from gateway.rules.documents import TITLES
from gateway.rules.model import Channel, Direction, Invoice, Message, Participant, Tenant, Threading
from gateway.rules.replies import references_of

_PLAIN = Circumstances()


def invoice_of(tenant: Tenant, draft: InvoiceDraft, invoice_id: str, now: datetime) -> Invoice:
    """Return the invoice that a draft asks for, not yet in a conversation."""
    return Invoice(
        id=invoice_id,
        tenant_id=tenant.id,
        conversation_id="",
        number=draft.number,
        amount=draft.amount,
        currency=draft.currency,
        customer={
            "name": draft.customer.name,
            "email": draft.customer.address,
            "locale": draft.customer_locale,
        },
        created_at=now,
        updated_at=now,
        kind=draft.kind,
        issued_on=draft.issued_on,
        due_on=draft.due_on,
        lines=draft.lines,
        payment=draft.payment,
        message=draft.message,
        locale=draft.customer_locale,
    )


def invoice_message(
    context: Context,
    tenant: Tenant,
    invoice: Invoice,
    circle: Circle,
    past: Sequence[Message],
    *,
    message_id: str,
    now: datetime,
) -> Message:
    """Return the message that carries an invoice to the circle's people."""
    in_reply_to, references = references_of(past)
    people = circle.people
    return Message(
        id=message_id,
        tenant_id=tenant.id,
        conversation_id=circle.conversation.id,
        direction=Direction.OUT,
        channel=Channel.EMAIL,
        from_=context.names.sender_mailbox(tenant),
        to=(people[0].mailbox,),
        cc=tuple(person.mailbox for person in people[1:]),
        subject=f"{TITLES[invoice.kind]} {invoice.number}",
        received_at=now,
        date=now,
        message_id=context.names.message_id(context.keys, tenant, message_id),
        text=invoice.message,
        full_text=invoice.message,
        in_reply_to=in_reply_to,
        references=references,
        threading=Threading("new" if circle.is_new else "conversation", "handed over"),
        kind="invoice",
        invoice_id=invoice.id,
    )


def invoice_parcel(
    envelope: Envelope,
    invoice: Invoice,
    circle: Circle,
    *,
    pdf_size: int,
    subject: str | None,
    circumstances: Circumstances = _PLAIN,
    wishes: MailEnvelope | None = None,
    extra: Callable[[Participant], tuple[tuple[str, str], ...]] | None = None,
) -> Parcel:
    """Return the invoice mail for everybody of the circle; its subject is the letter's.

    circumstances: the occasion, where it is more than a new document.
    wishes: what the submitting service wants to hear of each recipient, or None.
    extra: further fields of a person's copy.
    """
    written: dict[int, Letter] = {}

    def letter(person: Participant) -> Letter:
        # The customer's is asked for twice: for the message's subject, and for the copy.
        if person.ref not in written:
            written[person.ref] = invoice_letter(
                envelope,
                invoice,
                person,
                pdf_size=pdf_size,
                subject=subject,
                circumstances=circumstances,
            )
        return written[person.ref]

    def build(person: Participant) -> bytes:
        sealed = replace(envelope, extra=extra(person)) if extra else envelope
        return sealed.seal(person, letter(person))

    message = replace(envelope.message, subject=letter(circle.customer).subject)
    wished = {one.address.lower(): one for one in wishes.recipients} if wishes else {}
    people = []
    for person in circle.people:
        wish = wished.get(person.mailbox.address.lower())
        people.append(Addressee(person, wish.notify, wish.orcpt) if wish else Addressee(person))
    return Parcel(
        envelope.tenant,
        message,
        tuple(people),
        build,
        size_of(envelope.files),
        wishes.ret if wishes else None,
        wishes.envid if wishes else None,
        submitter=wishes.sender if wishes else "",
    )
