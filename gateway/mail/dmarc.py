"""DMARC records and what follows from them (RFC 9989), without any look-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_QUERIES = 8
"""Of one walk up the tree (4.10)."""
MOST_TAGS = 100
_PREFIX = "_dmarc."
_WHITE_SPACE = " \t\r\n"


class Policy(StrEnum):
    """What a domain's owner wants done with mail that fails (4.7)."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class Suffix(StrEnum):
    """Whether a domain is one below which others register (psd=)."""

    YES = "y"
    NO = "n"
    UNKNOWN = "u"


_ONE_LOWER = {Policy.REJECT: Policy.QUARANTINE, Policy.QUARANTINE: Policy.NONE}


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A record, read. policy, of_subdomains, of_missing: p=, sp=, np=, with their defaults.

    strict_dkim, strict_spf: adkim=s, aspf=s. testing: t=y.
    """

    policy: Policy
    of_subdomains: Policy
    of_missing: Policy
    strict_dkim: bool = False
    strict_spf: bool = False
    testing: bool = False
    suffix: Suffix = Suffix.UNKNOWN


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a walk: a domain, and the record that it publishes."""

    domain: str
    record: DmarcRecord | None


@dataclass(frozen=True, slots=True)
class PolicyFound:
    """The record that counts for an author's domain, and the domain that publishes it."""

    record: DmarcRecord
    domain: str


def record_name(domain: str) -> str:
    """Return where a domain's record stands in DNS."""
    return _PREFIX + domain


def walk(domain: str) -> Sequence[str]:
    """Return the domains to be asked, from the domain itself up to its top label (4.10).

    Of a domain with eight labels or more, those between it and its last seven are left out.
    """
    labels = domain.split(".")
    most = MOST_QUERIES - 1
    above = labels[1:] if len(labels) <= most else labels[-most:]
    return [domain, *(".".join(above[index:]) for index in range(len(above)))]


def ends_walk(step: Step, start: str) -> bool:
    """Return whether nothing above a step can matter: psd= says where the organization is."""
    if step.record is None:
        return False
    if step.record.suffix is Suffix.NO:
        return True
    return step.record.suffix is Suffix.YES and step.domain != start


def organizational_domain(steps: Sequence[Step]) -> str:
    """Return the organization's domain that a walk found; steps from its start on (4.10.2)."""
    start = steps[0].domain
    found = start
    for step in steps:
        if step.record is None:
            continue
        if step.record.suffix is Suffix.NO:
            return step.domain
        if step.record.suffix is Suffix.YES and step.domain != start:
            return _one_below(step.domain, start)
        found = step.domain
    return found


def policy_record(steps: Sequence[Step]) -> PolicyFound | None:
    """Return the record that counts for the author's domain where the walk began (4.10.1).

    It is the domain's own, else the organization's, else that of the public suffix above it.
    """
    organization = organizational_domain(steps)
    for step in steps:
        is_suffix = step.record is not None and step.record.suffix is Suffix.YES
        at_home = step.domain in {steps[0].domain, organization}
        if step.record is not None and (at_home or is_suffix):
            return PolicyFound(step.record, step.domain)
    return None


def policy_for(found: PolicyFound, author: str, *, exists: bool) -> Policy:
    """Return the policy for the author's domain: p=, sp= or np=, one lower while testing.

    exists: False if DNS says that there is no such name (NXDOMAIN).
    """
    record = found.record
    if author == found.domain:
        policy = record.policy
    else:
        policy = record.of_subdomains if exists else record.of_missing
    return _ONE_LOWER.get(policy, policy) if record.testing else policy


def choose_record(texts: Sequence[str]) -> DmarcRecord | None:
    """Return the record among the TXT records of a name; None if there is not exactly one."""
    found = [tags for text in texts if (tags := _tags(text)) is not None]
    return _record(found[0]) if len(found) == 1 else None


def _record(tags: Mapping[str, str]) -> DmarcRecord | None:
    """Return the record, or None where it holds no policy and wants no reports (4.10.1)."""
    policies = {name: _policy(tags[name]) for name in ("p", "sp", "np") if name in tags}
    policy = policies.get("p")
    if policy is None or None in policies.values():
        if not _has_report_address(tags.get("rua", "")):
            return None
        policies = {"p": Policy.NONE}
        policy = Policy.NONE
    of_subdomains = policies.get("sp") or policy
    suffix = tags.get("psd", "").lower()
    return DmarcRecord(
        policy=policy,
        of_subdomains=of_subdomains,
        of_missing=policies.get("np") or of_subdomains,
        strict_dkim=tags.get("adkim", "").lower() == "s",
        strict_spf=tags.get("aspf", "").lower() == "s",
        testing=tags.get("t", "").lower() == "y",
        suffix=Suffix(suffix) if suffix in set(Suffix) else Suffix.UNKNOWN,
    )


def _tags(text: str) -> Mapping[str, str] | None:
    """Return the tags of a record, None if it is none: v=DMARC1 comes first, as it is spelt.

    What is broken further on is left out (4.7); of a tag that stands twice the first counts.
    """
    first, *others = text.split(";", MOST_TAGS)
    name, _, version = first.partition("=")
    if name.strip(_WHITE_SPACE).lower() != "v" or version.strip(_WHITE_SPACE) != "DMARC1":
        return None
    tags: dict[str, str] = {}
    for part in others:
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip(_WHITE_SPACE).lower(), value.strip(_WHITE_SPACE))
    return tags


def _policy(value: str) -> Policy | None:
    value = value.lower()
    return Policy(value) if value in set(Policy) else None


def _has_report_address(value: str) -> bool:
    """Return whether one of the addresses for reports is one (RFC 3986's generic syntax)."""
    for address in value.split(","):
        scheme, colon, rest = address.strip(_WHITE_SPACE).partition(":")
        if colon and scheme.isascii() and scheme.isalpha() and rest and rest.isprintable():
            return True
    return False


def _one_below(suffix: str, start: str) -> str:
    """Return the domain one label below a suffix, on the way from the start to it."""
    labels = start[: -len(suffix) - 1].split(".")
    return f"{labels[-1]}.{suffix}"
