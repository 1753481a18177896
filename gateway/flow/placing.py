"""Where a message that came in belongs, and who wrote it: what the store knows of its clues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.people import latest
from gateway.flow.sorting import descends
from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.ports.store import Work
from gateway.rules import ids
from gateway.rules.acceptance import ToDelivery, ToPerson, ToStaff, target_of
from gateway.rules.erasure import ERASED_ADDRESS, ERASED_KIND
from gateway.rules.ladder import Clues, Evidence, Known, Place, clues, place
from gateway.rules.model import Conversation, Delivery, Participant, Tenant
from gateway.rules.tokens import PersonRef


@dataclass(frozen=True, slots=True)
class Placed:
    """Where it belongs. conversation None: a new one is to be made.

    delivery: the one whose return-path it came to. others: the conversations of further
    tokens in the envelope, which get a line that leads to it.
    by_staff: it came by a token of the company's people.
    """

    place: Place
    conversation: Conversation | None
    people: Sequence[Participant]
    delivery: Delivery | None = None
    others: Sequence[Conversation] = ()
    by_staff: bool = False


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote it, as far as the conversation is concerned.

    expected: the person is one of those who were written to. is_new: not yet in it.
    """

    person: Participant | None
    expected: bool
    is_new: bool = False


def clues_of(context: Context, reading: Reading, recipients: Sequence[str]) -> Clues:
    """Return what a read message offers to the ladder."""
    return clues(
        context.names,
        context.keys,
        recipients=recipients,
        header_addresses=reading.addressees,
        in_reply_to=reading.in_reply_to,
        references=reading.references,
        body=f"{reading.full_text}\n{reading.html or ''}",
    )


def find_place(
    context: Context,
    work: Work,
    tenant: Tenant,
    reading: Reading,
    recipients: Sequence[str],
    *,
    seen: Clues,
) -> Placed:
    """Return the place of a message in the company's conversations. seen: by `clues_of`."""
    targets = [target_of(context.names, context.keys, address) for address in recipients]
    for target in targets:
        if isinstance(target, ToDelivery) and target.item.tenant_number == tenant.number:
            delivery_id = ids.from_body(ids.DELIVERY, target.item.body)
            delivery = work.deliveries.get(tenant.id, delivery_id)
            home = delivery.conversation_id if delivery else None
            conversation = _conversation(work, tenant, home)
            if delivery is not None and conversation is not None:
                found = Place(conversation.id, "token", "return-path of a delivery")
                people = work.conversations.participants(tenant.id, conversation.id)
                return Placed(found, conversation, people, delivery)
        if isinstance(target, ToStaff) and target.item.tenant_number == tenant.number:
            told = work.messages.get(tenant.id, ids.from_body(ids.MESSAGE, target.item.body))
            conversation = _conversation(work, tenant, told.conversation_id if told else None)
            if conversation is not None:
                found = Place(conversation.id, "token", "a notification to the company's people")
                return Placed(found, conversation, (), by_staff=True)
    sender = (reading.author or "").lower()
    evidence = Evidence(_people(work, tenant, seen), {}, {})
    found = place(seen, evidence, tenant_number=tenant.number, sender=sender)
    if found.conversation_id is None:
        # Most mail is placed by a token of a person, the first rungs; only the rest costs more.
        evidence = _all_evidence(work, tenant, seen, evidence)
        found = place(seen, evidence, tenant_number=tenant.number, sender=sender)
    conversation = _conversation(work, tenant, found.conversation_id)
    if conversation is None:
        return Placed(Place(None, "new", found.evidence), None, ())
    found, conversation = _split_off(work, found, conversation, reading)
    people = work.conversations.participants(tenant.id, conversation.id)
    persons = [target.person for target in targets if isinstance(target, ToPerson)]
    return Placed(found, conversation, people, others=_others(work, tenant, persons, conversation))


def is_about_erased(placed: Placed) -> bool:
    """Say whether it is a report about a copy whose recipient was erased since."""
    delivery = placed.delivery
    return delivery is not None and delivery.recipient.address == ERASED_ADDRESS


def find_writer(
    context: Context, placed: Placed, conversation: Conversation, reading: Reading, now: datetime
) -> Writer:
    """Return who wrote the message; a stranger becomes a participant who isn't approved.

    Without one certain address in From nobody is recognised, and nobody is added.
    """
    if reading.author is None:
        return Writer(None, expected=False)
    address = reading.author.lower()
    matching = [p for p in placed.people if p.mailbox.address.lower() == address]
    known = next((p for p in matching if p.ref == placed.place.ref), None) or next(
        iter(matching), None
    )
    if known is not None:
        asked = placed.place.ref in {None, known.ref} and known.role in {"customer", "cc"}
        return Writer(known, expected=asked)
    is_first = placed.conversation is None
    name = reading.from_[0].name if reading.from_ else ""
    person = Participant(
        ref=context.new_ref(),
        tenant_id=conversation.tenant_id,
        conversation_id=conversation.id,
        mailbox=Mailbox(name, reading.author),
        role="customer" if is_first else "other",
        created_at=now,
        approved=is_first,
    )
    return Writer(person, expected=is_first, is_new=True)


def _split_off(
    work: Work, found: Place, conversation: Conversation, reading: Reading
) -> tuple[Place, Conversation]:
    """Return the place of an answer to messages that were split from their conversation.

    The token of such an answer is of the old conversation; what it answers is named beside it.
    """
    tenant_id = conversation.tenant_id
    if not work.conversations.split_off(tenant_id, conversation.id):
        return found, conversation
    named = [*reading.in_reply_to, *reversed(reading.references)]
    homes = {one.message_id: one.conversation_id for one in work.messages.known(tenant_id, named)}
    for name in named:
        home = work.conversations.get(tenant_id, homes[name]) if name in homes else None
        if home is None:
            continue
        if not descends(work, home, conversation.id):
            return found, conversation
        home = latest(work, home)
        old = work.conversations.participant(tenant_id, found.ref) if found.ref else None
        address = old.mailbox.address.lower() if old else None
        people = work.conversations.participants(tenant_id, home.id)
        ref = next((p.ref for p in people if p.mailbox.address.lower() == address), None)
        evidence = f"{found.evidence}; it answers {name}, which was split off"
        return replace(found, conversation_id=home.id, evidence=evidence, ref=ref), home
    return found, conversation


def _people(work: Work, tenant: Tenant, seen: Clues) -> Mapping[int, str]:
    people: dict[int, str] = {}
    for person in (*seen.people, *seen.header_people):
        if person.tenant_number == tenant.number:
            found = work.conversations.participant(tenant.id, person.ref)
            if found is not None and not found.revoked:
                people[person.ref] = found.conversation_id
    return people


def _all_evidence(work: Work, tenant: Tenant, seen: Clues, evidence: Evidence) -> Evidence:
    items: dict[bytes, str] = {}
    for item in (*seen.own, *seen.markers):
        if item.tenant_number == tenant.number and item.body not in items:
            message = work.messages.get(tenant.id, ids.from_body(ids.MESSAGE, item.body))
            if message is not None and message.kind != ERASED_KIND:
                items[item.body] = message.conversation_id
    known: dict[str, list[Known]] = {}
    if seen.named:
        for one in work.messages.known(tenant.id, seen.named):
            addresses = frozenset(address.lower() for address in one.addresses)
            entry = Known(one.conversation_id, one.is_ours, addresses)
            known.setdefault(one.message_id, []).append(entry)
    return replace(evidence, items=items, known=known)


def _conversation(work: Work, tenant: Tenant, conversation_id: str | None) -> Conversation | None:
    if conversation_id is None:
        return None
    found = work.conversations.get(tenant.id, conversation_id)
    return None if found is None else latest(work, found)


def _others(
    work: Work, tenant: Tenant, people: Sequence[PersonRef], taken: Conversation
) -> Sequence[Conversation]:
    others: dict[str, Conversation] = {}
    for person in people:
        if person.tenant_number != tenant.number:
            continue
        found = work.conversations.participant(tenant.id, person.ref)
        home = found.conversation_id if found else None
        conversation = _conversation(work, tenant, home)
        if conversation is not None and conversation.id != taken.id:
            others[conversation.id] = conversation
    return tuple(others.values())
