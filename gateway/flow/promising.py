"""A customer says by when they pay; reminders wait until then (`rules.reminders`)."""

from datetime import date, timedelta

from gateway.flow.arrival import arrived
from gateway.flow.context import Context
from gateway.flow.links import enter, invoice_in, link_of
from gateway.flow.outbox import Packed, post
from gateway.flow.refusal import conflict, invalid
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.model import (
    Channel,
    Conversation,
    Direction,
    Invoice,
    Message,
    Participant,
    Tenant,
    Threading,
)
from gateway.rules.payments import day_of, pending_claims
from gateway.rules.promises import PROMISE, Told
from gateway.rules.reminders import (
    MOST_PROMISED_DAYS,
    PROMISED_ON,
    is_reminded_of,
    promised_on,
    with_promise,
)
from gateway.rules.replies import answer_subject


class Promises:
    """Keeps promises. Each raises Refused: NOT_FOUND or GONE for the link."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def make(self, token: str, invoice_id: str, day: date) -> None:
        """Note that the invoice will be paid by a day; another one takes its place.

        A line of the conversation tells of it; the same promise again says nothing.

        Raises Refused: the day is past or far off, there is nothing to pay.
        """
        await self._keep(token, invoice_id, day)

    async def withdraw(self, token: str, invoice_id: str) -> None:
        """Take the promise back; a line tells of it, too. Raises Refused: there is none."""
        await self._keep(token, invoice_id, None)

    async def _keep(self, token: str, invoice_id: str, day: date | None) -> None:
        link, context, now = link_of(self._context, token), self._context, self._context.clock.now()

        def store(work: Work) -> None:
            tenant, person, conversation = enter(work, link, now)
            invoice = invoice_in(work, conversation, invoice_id)
            known = promised_on(invoice)
            if day is None and known is None:
                raise conflict("no_promise", "There is nothing to take back.")
            if day is not None:
                _check(invoice, day, day_of(now, tenant.timezone))
            if day == known:
                return
            work.invoices.change(with_promise(invoice, day))
            told = _told(invoice, day, known)
            message = self._line(tenant, person, conversation, invoice, told)
            stored = post(context, work, Packed(message, (), ()), now)
            arrived(context, work, conversation, stored, now)

        await context.store.write(store)

    def _line(
        self,
        tenant: Tenant,
        person: Participant,
        conversation: Conversation,
        invoice: Invoice,
        told: Told,
    ) -> Message:
        context, now = self._context, self._context.clock.now()
        line = told.english(person.mailbox.name or person.mailbox.address)
        return Message(
            id=context.new_id(ids.MESSAGE, now),
            tenant_id=tenant.id,
            conversation_id=conversation.id,
            direction=Direction.IN,
            channel=Channel.CHAT,
            from_=person.mailbox,
            to=(context.names.sender_mailbox(tenant),),
            subject=answer_subject(conversation),
            received_at=now,
            date=now,
            text=line,
            full_text=line,
            threading=Threading("token", "chat link"),
            author_ref=person.ref,
            kind=PROMISE,
            facts=told.facts,
            invoice_id=invoice.id,
        )


def _told(invoice: Invoice, day: date | None, known: date | None) -> Told:
    """Return what is told: of the promise, or of the known one that holds no longer."""
    on = day or known
    assert on is not None
    return Told(invoice.number, on, is_withdrawn=day is None)


def _check(invoice: Invoice, day: date, today: date) -> None:
    if pending_claims(invoice):
        raise conflict("claimed", "You have told us already that this is paid.")
    if not is_reminded_of(invoice):
        raise conflict("not_payable", "There is nothing to pay.")
    if not today <= day <= today + timedelta(days=MOST_PROMISED_DAYS):
        words = "Choose a day from today on, within the next {n} days."
        raise invalid(PROMISED_ON, words, values={"n": MOST_PROMISED_DAYS})
