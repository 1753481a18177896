"""What a mail says of its place, in words: the clues of the ladder, found without a store.

Without the installation's secret a token is told by its looks alone: where it stands, and
how long it is. What it says, and whether it is genuine, only the secret tells.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.rules.acceptance import Foreign, ToDelivery, ToPerson, ToStaff, target_of
from gateway.rules.ladder import MARKERS
from gateway.rules.names import Names, split_address
from gateway.rules.tokens import Keyring, Label, read_item_token

_MOST = 50
_UNREAD = "looks like a token of ours; without the installation's secret it can't be read"
_FORGED = "no token of ours: forged, altered, or made with another secret"


@dataclass(frozen=True, slots=True)
class Clue:
    """rung: the step of the ladder that it speaks to. says: what it is, in words."""

    rung: str
    value: str
    says: str


def clue_words(
    names: Names,
    keys: Keyring | None,
    *,
    recipients: Sequence[str],
    header_addresses: Sequence[str],
    in_reply_to: Sequence[str],
    references: Sequence[str],
    body: str,
) -> tuple[Clue, ...]:
    """Return the clues in the order of the ladder, at most 50 a rung; see `ladder.clues`.

    keys: None where the secret is not at hand.
    """
    found = [
        *_addresses(names, keys, "token", recipients),
        *_addresses(names, keys, "header_token", header_addresses),
    ]
    named = list(dict.fromkeys([*in_reply_to, *reversed(references)]))[:_MOST]
    ours = [one for one in named if split_address(one)[1] == names.sender]
    for message_id in ours:
        says = _item(keys, Label.MESSAGE_ID, split_address(message_id)[0], "a message of ours")
        found.append(Clue("message_id", message_id, says))
    for message_id in named:
        if message_id not in ours:
            says = "decides if the sender takes part in the conversation of that message"
            found.append(Clue("references", message_id, says))
    for count, match in enumerate(MARKERS.found_in(body)):
        if count == _MOST:
            break
        says = _item(keys, Label.BODY_MARKER, match.group(), "a message of ours that it quotes")
        if says != _FORGED:
            found.append(Clue("body_marker", match.group(), says))
    return tuple(found)


def _addresses(
    names: Names, keys: Keyring | None, rung: str, addresses: Sequence[str]
) -> Iterator[Clue]:
    for address in dict.fromkeys(addresses[:_MOST]):
        if split_address(address)[1] not in {names.reply, names.bounce}:
            continue
        if keys is None:
            yield Clue(rung, address, _UNREAD if _is_long(address) else _FORGED)
            continue
        match target_of(names, keys, address):
            case ToPerson(person):
                says = (
                    f"the address of a person in a conversation of company {person.tenant_number}"
                )
            case ToStaff(item):
                says = f"a notification to the people of company {item.tenant_number}"
            case ToDelivery(item):
                says = f"the return-path of a delivery of company {item.tenant_number}"
            case Foreign():
                continue
            case _:
                says = _FORGED
        yield Clue(rung, address, says)


_LONG = re.compile(rf"[A-Za-z2-7]{{{Label.ANSWER.chars}}}")


def _is_long(address: str) -> bool:
    return _LONG.search(address.rpartition("@")[0]) is not None


def _item(keys: Keyring | None, label: Label, token: str, what: str) -> str:
    if keys is None:
        return _UNREAD
    item = read_item_token(keys, label, token)
    return _FORGED if item is None else f"{what}, of company {item.tenant_number}"
