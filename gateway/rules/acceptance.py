"""Whose an address is, as RCPT is decided: from the address alone."""

from dataclasses import dataclass

from gateway.rules.names import Names, split_address
from gateway.rules.tokens import (
    ItemRef,
    Keyring,
    Label,
    PersonRef,
    find_answer_token,
    read_item_token,
)

_HOUSE = frozenset({"postmaster", "abuse"})
_RETURN_PATH = "b-"


@dataclass(frozen=True, slots=True)
class ToHouse:
    """Mail to postmaster@ or abuse@."""


@dataclass(frozen=True, slots=True)
class ToCompany:
    """Mail to a company's plain address."""

    slug: str


@dataclass(frozen=True, slots=True)
class ToPerson:
    """An answer of somebody to whom a token was given."""

    person: PersonRef


@dataclass(frozen=True, slots=True)
class ToStaff:
    """An answer of the company's own people to a message that they were told of."""

    item: ItemRef


@dataclass(frozen=True, slots=True)
class ToDelivery:
    """A report about a delivery."""

    item: ItemRef


@dataclass(frozen=True, slots=True)
class Foreign:
    """An address of somebody else: we are no relay."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An address on our domains that is nobody's, or forged."""


Target = ToHouse | ToCompany | ToPerson | ToStaff | ToDelivery | Foreign | Unknown


def target_of(names: Names, keys: Keyring, address: str) -> Target:
    """Return whose an address is. A bare `postmaster` is ours (RFC 5321, section 4.5.1)."""
    local, domain = split_address(address)
    if address.lower() == "postmaster":
        return ToHouse()
    if not names.owns(domain):
        return Foreign()
    if local.lower() in _HOUSE:
        return ToHouse()
    if domain == names.reply:
        person = find_answer_token(keys, local)
        if person is not None:
            return ToPerson(person)
        item = read_item_token(keys, Label.STAFF, local[-Label.STAFF.chars :])
        if item is not None:
            return ToStaff(item)
    if domain == names.bounce and local.lower().startswith(_RETURN_PATH):
        item = read_item_token(keys, Label.RETURN_PATH, local[len(_RETURN_PATH) :])
        if item is not None:
            return ToDelivery(item)
    if domain == names.sender:
        return ToCompany(local.lower())
    return Unknown()
