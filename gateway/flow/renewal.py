"""A link that has expired: a new one goes to the address that it was given to, nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.answering import answer_message
from gateway.flow.context import Context
from gateway.flow.drafts import AnswerDraft
from gateway.flow.links import next_issue
from gateway.flow.outbox import Addressee, Parcel
from gateway.flow.outgoing import Errand, send
from gateway.flow.people import Circle, latest
from gateway.flow.refusal import Kind, Refused, not_found
from gateway.flow.writing import Envelope, answer_copies
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.automation import ONE_A, OWN_FIELDS, automatic_fact, may_send
from gateway.rules.model import Channel, Conversation, Message, Participant, Tenant
from gateway.rules.tokens import LinkRef, read_chat_token


@dataclass(frozen=True, slots=True)
class Lost:
    """A link of ours that opens nothing any more. renewable: its person may have a new one."""

    tenant: Tenant
    person: Participant
    conversation: Conversation
    renewable: bool


class Renewal:
    """Knows expired links, and sends new ones. Each raises Refused NOT_FOUND for others' links."""

    def __init__(self, context: Context) -> None:
        """Work on these ports."""
        self._context = context

    async def lost(self, token: str) -> Lost:
        """Return whose link this was; changes nothing."""
        link, now = read_chat_token(self._context.keys, token), self._context.clock.now()
        if link is None:
            raise not_found("link")
        return await self._context.store.read(lambda work: _lost(work, link, now))

    async def renew(self, token: str, text: str) -> Lost:
        """Send the person a new link, with these words before it.

        Raises Refused: GONE if the company took the link away, TOO_MANY within a day of the last
        automatic mail to them.
        """
        context, now = self._context, self._context.clock.now()
        link = read_chat_token(context.keys, token)
        if link is None:
            raise not_found("link")

        def store(work: Work) -> Lost:
            lost = _lost(work, link, now)
            if not lost.renewable:
                raise Refused(Kind.GONE, "link_gone", "This link has expired.")
            fact = automatic_fact(lost.tenant.id, lost.person.ref)
            if not may_send(work.facts.get(fact), now):
                raise Refused(
                    Kind.TOO_MANY,
                    "link_sent",
                    "A new link was sent to you within the last day. "
                    "Look for it in your mailbox, and among spam.",
                    retry_after=int(ONE_A.total_seconds()),
                )
            work.facts.put(fact, now.isoformat())
            person = lost.person
            if person.link_expires_at is not None and person.link_expires_at <= now:
                person = replace(person, link_issue=next_issue(person), link_expires_at=None)
                work.conversations.change_participant(person)
            return replace(lost, person=person)

        lost = await context.store.write(store)
        await send(context, self._errand(lost, text, now), now)
        return lost

    def _errand(self, lost: Lost, text: str, now: datetime) -> Errand:
        context, tenant = self._context, lost.tenant
        message_id = context.new_id(ids.MESSAGE, now)

        def make(circle: Circle, past: Sequence[Message]) -> Parcel:
            message = answer_message(
                context,
                tenant,
                circle,
                past,
                AnswerDraft(text),
                message_id=message_id,
                attachments=(),
                subject="",
                channel=Channel.EMAIL,
                now=now,
            )
            build = answer_copies(
                Envelope(context, tenant, message, extra=OWN_FIELDS),
                html=None,
                locale=circle.conversation.locale,
                quoted=None,
            )
            people = tuple(Addressee(person) for person in circle.people)
            return Parcel(tenant, message, people, build)

        return Errand(
            tenant=tenant,
            to=(lost.person.mailbox,),
            make=make,
            conversation_id=lost.conversation.id,
        )


def _lost(work: Work, link: LinkRef, now: datetime) -> Lost:
    tenant = work.tenants.by_number(link.person.tenant_number)
    person = work.conversations.participant(tenant.id, link.person.ref) if tenant else None
    conversation = (
        work.conversations.get(tenant.id, person.conversation_id) if tenant and person else None
    )
    if tenant is None or person is None or conversation is None:
        raise not_found("link")
    past = person.link_expires_at is not None and person.link_expires_at <= now
    gone = past or person.link_issue != link.issue
    return Lost(tenant, person, latest(work, conversation), gone and not person.revoked)
