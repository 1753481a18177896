"""Companies' own sender domains: what they publish, what proves it, what follows. Pure.

A company publishes two CNAMEs that lead to names of ours, where the keys are; so keys are rotated
without it. A token in the names, 80 random bits, says which company it is: whoever may write in
the domain's zone has published just this token, and nobody else could have.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from gateway.rules.dns_verdicts import Published, Record, Verdict, judge

SLOTS: Final = (1, 2)
"""A company's two names: one leads to the key that signs, the other to the one before or next."""
TOKEN_OCTETS: Final = 10
SOON: Final = timedelta(minutes=5)
EAGER: Final = timedelta(days=1)
"""How long a domain that is not verified is looked at every `SOON`."""
_LABEL = "dkim"
_SHORT: Final = 60


class Standing(StrEnum):
    """Where a domain stands. `FAILED`: it was verified once, and its records broke."""

    PENDING = "pending"
    VERIFIED = "verified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OwnSender:
    """An address at a domain that is proven to be its company's now, and the domain's token."""

    address: str
    token: str

    @property
    def domain(self) -> str:
        """The domain, in A-labels."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class SenderDomain:
    """A company's claim to a domain.

    address: where its mail comes from once that is proven; ASCII, in lower case.
    since: when it came to stand so. verified_at: when it was proven last, or None.
    verdicts: of the last check.
    """

    tenant_id: str
    address: str
    token: str
    created_at: datetime
    since: datetime
    standing: Standing = Standing.PENDING
    verified_at: datetime | None = None
    checked_at: datetime | None = None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def domain(self) -> str:
        """The domain, in A-labels."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class CompanyKey:
    """A key that companies' names lead to. value: its TXT record. signs: mail is signed by it."""

    slot: int
    value: str
    signs: bool


def new_token(octets: bytes) -> str:
    """Return a token made of `TOKEN_OCTETS` random octets: 16 letters and digits."""
    return base64.b32encode(octets).decode("ascii").lower()


def selector(slot: int, token: str) -> str:
    """Return the selector by which a company's mail is signed."""
    return f"pr{slot}-{token}"


def is_selector_of(own: OwnSender, name: str) -> bool:
    """Say whether a selector is one of this claim's, whichever slot."""
    return name in {selector(slot, own.token) for slot in SLOTS}


def key_name(slot: int, token: str, ours: str) -> str:
    """Return the name of ours that holds a key. ours: the gateway's sender domain."""
    return f"{token}.pr{slot}.{_LABEL}.{ours}"


def keys_name(slot: int, ours: str) -> str:
    """Return the name of the one record that answers for all companies' names (RFC 4592)."""
    return key_name(slot, "*", ours)


def aliases(domain: str, token: str, ours: str) -> tuple[Record, ...]:
    """Return the CNAMEs that prove a domain, and let mail be signed in its name."""
    return tuple(
        Record(
            f"{selector(slot, token)}._domainkey.{domain}",
            "CNAME",
            key_name(slot, token, ours),
            f"Signature {slot} of {len(SLOTS)}: proves that the domain is yours",
        )
        for slot in SLOTS
    )


def policy(domain: str) -> Record:
    """Return the record that a domain should have besides: its DMARC policy."""
    purpose = "DMARC: what others do with mail in your name that is not yours; optional"
    return Record(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none", purpose)


def records(domain: str, token: str, ours: str) -> tuple[Record, ...]:
    """Return everything that a company is shown to publish."""
    return (*aliases(domain, token, ours), policy(domain))


def shown(claim: SenderDomain, ours: str) -> Sequence[Verdict]:
    """Return what the last check found, and before there was one, what is to be published."""
    if claim.verdicts:
        return claim.verdicts
    wanted = records(claim.domain, claim.token, ours)
    return [Verdict(record, Published.UNKNOWN) for record in wanted]


def is_ours(record: Record) -> bool:
    """Say whether the gateway publishes a record, not the company."""
    return record.type == "TXT" and not is_optional(record)


def is_optional(record: Record) -> bool:
    """Say whether mail is signed in the domain's name without this record, too."""
    return record.name.startswith("_dmarc.")


def judge_alias(
    record: Record, found: Sequence[str], *, texts: Sequence[str], doubled: Sequence[str]
) -> Verdict:
    """Return the verdict on a CNAME, with the mistakes that DNS panels lead to told by name.

    found: the CNAMEs of its name. texts: the TXT records there. doubled: the CNAMEs of its name
    with the domain once more behind it.
    """
    verdict = judge(record, found)
    if verdict.state is Published.OK:
        return verdict
    label, _, domain = record.name.partition("._domainkey.")
    wanted = _folded(record.value)
    remedy = f"publish CNAME {record.value}"
    if any(_folded(one) == f"{wanted}.{domain}" for one in found):
        remedy = f"the domain was added behind it: write {record.value}. with a dot at its end"
    elif found:
        remedy = f"it should be {record.value}"
    elif texts:
        shown = tuple(one if len(one) <= _SHORT else f"{one[:_SHORT]}…" for one in texts)
        remedy = f"a TXT record stands there: publish a CNAME in its place, {record.value}"
        return Verdict(record, Published.DIFFERS, shown, remedy)
    elif doubled:
        remedy = (
            f"it stands at {record.name}.{domain}: your DNS panel adds the domain by itself, so "
            f"write {label}._domainkey as the name"
        )
        return Verdict(record, Published.DIFFERS, tuple(doubled), remedy)
    return replace(verdict, remedy=remedy)


def key_record(key: CompanyKey, token: str, ours: str) -> Record:
    """Return what stands behind a company's name; we publish it."""
    purpose = "The key behind it, which the gateway publishes"
    return Record(key_name(key.slot, token, ours), "TXT", key.value, purpose)


def judge_key(record: Record, found: Sequence[str]) -> Verdict:
    """Return the verdict on the key that a company's names lead to: none of its business."""
    verdict = judge(record, found)
    if verdict.state is Published.OK:
        return verdict
    remedy = "this is for whoever runs the gateway: `postroom dns --check` says what is missing"
    return Verdict(record, verdict.state, tuple(one[:_SHORT] for one in found), remedy)


def judge_policy(record: Record, found: str) -> Verdict:
    """Return the verdict on the DMARC policy: any one is the company's own choice.

    found: the record that holds for the domain, here or above it; "" for none.
    """
    if found:
        return Verdict(record, Published.OK, (found,))
    remedy = "without a policy others may write in your name unseen; begin with this one"
    return Verdict(record, Published.MISSING, (), remedy)


def step(claim: SenderDomain, verdicts: Sequence[Verdict], now: datetime) -> SenderDomain:
    """Return where a claim stands after a check.

    What DNS did not answer about changes nothing; what it answered wrongly does, at once: mail
    that is signed by a key that can't be found is worse than mail in our name.
    """
    states = {one.state for one in verdicts if not is_optional(one.record)}
    standing = claim.standing
    if states & {Published.MISSING, Published.DIFFERS}:
        if standing is Standing.VERIFIED:
            standing = Standing.FAILED
    elif states == {Published.OK}:
        standing = Standing.VERIFIED
    checked = replace(claim, checked_at=now, verdicts=tuple(verdicts))
    if standing is Standing.VERIFIED:
        checked = replace(checked, verified_at=now)
    return checked if standing is claim.standing else replace(checked, standing=standing, since=now)


def next_check(claim: SenderDomain, every: timedelta, now: datetime) -> datetime:
    """Return when DNS is to be asked again: soon where an answer is awaited."""
    is_open = any(one.state is Published.UNKNOWN for one in claim.verdicts)
    is_awaited = claim.standing is not Standing.VERIFIED and now < claim.since + EAGER
    return now + (min(SOON, every) if is_open or is_awaited else every)


def own_sender(claim: SenderDomain | None) -> OwnSender | None:
    """Return the address that mail may come from by this claim, None while it is not proven."""
    if claim is None or claim.standing is not Standing.VERIFIED:
        return None
    return OwnSender(claim.address, claim.token)


def about(claim: SenderDomain) -> Mapping[str, Any]:
    """Return the data of an event about a domain."""
    return {
        "domain": claim.domain,
        "address": claim.address,
        "status": claim.standing.value,
        "records": [told(one) for one in claim.verdicts],
    }


def told(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON values."""
    record = verdict.record
    return {
        "name": record.name,
        "type": record.type,
        "value": record.value,
        "purpose": record.purpose,
        "optional": is_optional(record),
        "state": verdict.state.value,
        "found": list(verdict.found),
        "remedy": verdict.remedy,
    }


def verdicts_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Verdict, ...]:
    """Return the verdicts that `told` gave."""
    return tuple(
        Verdict(
            Record(row["name"], row["type"], row["value"], row["purpose"]),
            Published(row["state"]),
            tuple(row["found"]),
            row["remedy"],
        )
        for row in rows
    )


def _folded(name: str) -> str:
    return name.lower().rstrip(".")
