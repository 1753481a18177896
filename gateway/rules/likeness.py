"""Senders who look like somebody else: told to the company, and nothing follows from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.mail.look_alikes import scripts, skeleton
from gateway.mail.mailbox import Mailbox
from gateway.rules.names import split_address

_SHORTEST = 5
"""Letters of a name within a domain, from which on one wrong letter is no chance."""


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 (the word that the API has for it)
    """Something odd about a sender.

    code: name_has_other_address, name_of_somebody_else, lookalike_address, lookalike_domain,
        mixed_scripts.
    about: whom or what the sender looks like.
    """

    code: str
    about: str


def sender_warnings(
    sender: Mailbox, known: Sequence[Mailbox], company: Sequence[str] = ()
) -> tuple[Warning, ...]:
    """Return what is odd about a sender, nothing for one of those who are known.

    known: the people of the conversation. company: the names of the company.
    """
    address = sender.address.lower()
    if any(address == one.address.lower() for one in known):
        return ()
    return tuple(dict.fromkeys(_warnings(sender, known, company)))


def _warnings(
    sender: Mailbox, known: Sequence[Mailbox], company: Sequence[str]
) -> Iterator[Warning]:
    address = sender.address.lower()
    domain = shown_domain(split_address(address)[1])
    named = _address_in(sender.name)
    if named and named != address:
        yield Warning("name_has_other_address", named)
    name = skeleton(sender.name)
    for one in known:
        other = one.address.lower()
        other_domain = shown_domain(split_address(other)[1])
        if domain == other_domain:
            if skeleton(address) == skeleton(other):
                yield Warning("lookalike_address", other)
        elif looks_like(domain, other_domain):
            yield Warning("lookalike_domain", other_domain)
        elif name and name == skeleton(one.name):
            yield Warning("name_of_somebody_else", other)
    for each in company:
        if name and name == skeleton(each):
            yield Warning("name_of_somebody_else", each)
    if any(len(scripts(label)) > 1 for label in domain.split(".")):
        yield Warning("mixed_scripts", domain)


def looks_like(domain: str, other: str) -> bool:
    """Say whether two different domains can be mistaken for each other.

    Letters that look alike, one letter wrong, left out, added or swapped, another hyphen, or
    the other domain in front of a foreign one. Domains in Unicode, lower case.
    """
    if domain == other:
        return False
    if skeleton(domain) == skeleton(other) or domain.startswith(f"{other}."):
        return True
    name, _, ending = domain.rpartition(".")
    other_name, _, other_ending = other.rpartition(".")
    if ending != other_ending or min(len(name), len(other_name)) < _SHORTEST:
        return False
    name, other_name = name.replace("-", ""), other_name.replace("-", "")
    return name == other_name or _is_one_apart(skeleton(name), skeleton(other_name))


def shown_domain(domain: str) -> str:
    """Return a domain as people see it: A-labels in Unicode, lower case."""
    return ".".join(_shown_label(label) for label in domain.lower().split("."))


def _shown_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode").lower()
    except UnicodeError:
        return label


def _address_in(name: str) -> str:
    """Return the address that a display name shows, in lower case, "" if it shows none."""
    for word in name.lower().split():
        local, domain = split_address(word.strip("<>()[]\"',;:"))
        if local and "." in domain:
            return f"{local}@{domain}"
    return ""


def _is_one_apart(one: str, other: str) -> bool:
    """Say whether one letter was changed, left out, added, or swapped with its neighbour."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    if one[start + 1 :] == other[start + 1 :]:
        return True
    pair = one[start : start + 2]
    return pair[::-1] == other[start : start + 2] and one[start + 2 :] == other[start + 2 :]
