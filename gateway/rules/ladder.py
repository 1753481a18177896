"""The threading ladder: which conversation a message belongs to, and why (contract §4).

`clues` collects what a message offers, `place` takes the first rung that holds, given
what the store knows of those clues. A clue of another company is no clue. The subject
never decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.rules.names import Names, split_address
from gateway.rules.token_search import Shape
from gateway.rules.tokens import (
    ItemRef,
    Keyring,
    Label,
    PersonRef,
    find_answer_token,
    read_item_token,
)

_MOST_REFERENCES = 32
_MOST_MARKERS = 50
MARKERS = Shape(Label.BODY_MARKER)


@dataclass(frozen=True, slots=True)
class Clues:
    """What a message says of its place; each list in the order in which it counts.

    people: from the envelope. header_people: from To, Cc, Delivered-To and the like.
    own: messages whose Message-ID of ours In-Reply-To or References name.
    named: the ids there that are not ours, In-Reply-To first, then from the newest.
    markers: messages whose marker the body carries.
    """

    people: tuple[PersonRef, ...]
    header_people: tuple[PersonRef, ...]
    own: tuple[ItemRef, ...]
    named: tuple[str, ...]
    markers: tuple[ItemRef, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A message that References name: where it is, and who takes part in it.

    is_ours: the id is another name for a message of ours: a relay's, or the submitted one.
    """

    conversation_id: str
    is_ours: bool
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the store knows of the clues of one company.

    people: participant's ref to conversation. items: id octets of messages to conversation.
    known: Message-IDs to messages.
    """

    people: Mapping[int, str]
    items: Mapping[bytes, str]
    known: Mapping[str, Sequence[Known]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message belongs. conversation_id None: in a new one. ref: whose token it came by."""

    conversation_id: str | None
    rule: str
    evidence: str
    ref: int | None = None


def clues(
    names: Names,
    keys: Keyring,
    *,
    recipients: Sequence[str],
    header_addresses: Sequence[str],
    in_reply_to: Sequence[str],
    references: Sequence[str],
    body: str,
) -> Clues:
    """Return what the message offers; forged tokens are left out.

    body: the whole text, in which a marker may stand.
    """
    ordered = list(dict.fromkeys([*in_reply_to, *reversed(references[-_MOST_REFERENCES:])]))
    own: list[ItemRef] = []
    named: list[str] = []
    for message_id in ordered[:_MOST_REFERENCES]:
        local, domain = split_address(message_id)
        item = read_item_token(keys, Label.MESSAGE_ID, local) if domain == names.sender else None
        if item is None:
            named.append(message_id)
        else:
            own.append(item)
    markers = []
    for count, match in enumerate(MARKERS.found_in(body)):
        if count == _MOST_MARKERS:
            break
        marked = read_item_token(keys, Label.BODY_MARKER, match.group())
        if marked is not None:
            markers.append(marked)
    return Clues(
        people=_people(names, keys, recipients),
        header_people=_people(names, keys, header_addresses),
        own=tuple(own),
        named=tuple(named),
        markers=tuple(markers),
    )


def _people(names: Names, keys: Keyring, addresses: Sequence[str]) -> tuple[PersonRef, ...]:
    found: list[PersonRef] = []
    for address in addresses:
        local, domain = split_address(address)
        person = find_answer_token(keys, local) if domain == names.reply else None
        if person is not None and person not in found:
            found.append(person)
    return tuple(found)


def place(seen: Clues, evidence: Evidence, *, tenant_number: int, sender: str) -> Place:
    """Return the first rung that holds.

    sender: the address in From, lower case; "" if there is none or more than one.
    """
    for rule, people in (("token", seen.people), ("header_token", seen.header_people)):
        for person in people:
            conversation_id = evidence.people.get(person.ref)
            if person.tenant_number == tenant_number and conversation_id is not None:
                says = "envelope recipient" if rule == "token" else "address in the header"
                return Place(conversation_id, rule, says, person.ref)
    for item in seen.own:
        conversation_id = evidence.items.get(item.body)
        if item.tenant_number == tenant_number and conversation_id is not None:
            return Place(conversation_id, "message_id", "it answers a message of ours")
    for message_id in seen.named:
        for known in evidence.known.get(message_id, ()):
            if known.is_ours:
                says = f"it answers <{message_id}>, another name for a message of ours"
                return Place(known.conversation_id, "message_id", says)
    for message_id in seen.named:
        for known in evidence.known.get(message_id, ()):
            if sender and sender in known.addresses:
                says = f"it refers to <{message_id}>, in which the sender takes part"
                return Place(known.conversation_id, "references", says)
    for item in seen.markers:
        conversation_id = evidence.items.get(item.body)
        if item.tenant_number == tenant_number and conversation_id is not None:
            return Place(conversation_id, "body_marker", "the text quotes a message of ours")
    return Place(None, "new", "nothing in it leads to a conversation")
