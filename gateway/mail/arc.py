"""ARC chains: what earlier receivers found, sealed by them (RFC 8617).

`chain_of` reads the sets and tells whose keys are needed; `check_chain` judges, the keys given.
Each set is an ARC-Authentication-Results, an ARC-Message-Signature over the mail as it left
that receiver, and an ARC-Seal over all sets up to it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.mail.dkim.canonical import Field
from gateway.mail.dkim.hashing import RELAXED, SIMPLE, canonical_header, canonical_signature
from gateway.mail.dkim.signature import ED25519, RSA
from gateway.mail.dkim.tags import parse_base64, parse_names, parse_tags, without_white_space
from gateway.mail.dkim.verify import (
    MOST_NAMES,
    DkimResult,
    Signature,
    SignedMail,
    judge_by_keys,
    parse_forms,
    parse_number,
)
from gateway.mail.errors import MailError

MOST_SETS = 50  # RFC 8617, section 5.1.1.1.1
_SEAL = b"arc-seal"
_MESSAGE_SIGNATURE = b"arc-message-signature"
_RESULTS = b"arc-authentication-results"
_KINDS = (_RESULTS, _MESSAGE_SIGNATURE, _SEAL)
_INSTANCE = re.compile(rb"[ \t\r\n]*+i[ \t\r\n]*+=[ \t\r\n]*+([0-9]{1,2})[ \t\r\n]*+;")


class ArcResult(StrEnum):
    """What became of a chain (RFC 8617, section 4.4; temperror: DNS gave no answer)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 (the word of RFC 8617)
    FAIL = "fail"
    TEMPERROR = "temperror"


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain whose structure is sound.

    sets: the fields of each set, the oldest first: results, message signature, seal.
    message: the newest message signature. seals: the oldest first.
    """

    sets: tuple[tuple[Field, Field, Field], ...]
    message: Signature
    seals: tuple[Signature, ...]

    @property
    def key_names(self) -> tuple[str, ...]:
        """Where the keys stand in DNS, each once."""
        return tuple(dict.fromkeys(one.key_name for one in (self.message, *self.seals)))


def chain_of(mail: SignedMail) -> Chain | None:
    """Return the chain of a mail, None if it has none.

    Raises MailError if the structure is broken, or the last receiver found the chain so
    (5.2, steps 1 to 3).
    """
    found: dict[bytes, dict[int, Field]] = {kind: {} for kind in _KINDS}
    tags: dict[int, Mapping[str, str]] = {}
    for field in mail.fields:
        if field.name not in found:
            continue
        instance, read = _instance(field)
        if instance in found[field.name]:
            raise MailError(f"set {instance} has two fields of one kind")
        found[field.name][instance] = field
        if field.name == _SEAL:
            tags[instance] = read
    count = max((len(fields) for fields in found.values()), default=0)
    if not count:
        return None
    wanted = set(range(1, count + 1))
    if any(set(fields) != wanted for fields in found.values()):
        raise MailError("the sets of the chain are not complete")
    for instance in range(1, count + 1):
        validity = tags[instance].get("cv")
        if validity != ("none" if instance == 1 else "pass"):
            raise MailError(f"seal {instance} says cv={validity}")
    results, messages, seals = (found[kind] for kind in _KINDS)
    return Chain(
        tuple((results[one], messages[one], seals[one]) for one in sorted(wanted)),
        _message_signature(messages[count]),
        tuple(_seal(seals[one], tags[one]) for one in sorted(wanted)),
    )


def check_chain(
    mail: SignedMail, chain: Chain, keys: Mapping[str, Sequence[str]], *, now: datetime
) -> str:
    """Return what breaks the chain, "" if nothing does (5.2, steps 4 to 6).

    keys: the TXT records of each of `Chain.key_names`.

    RSA and long bodies take time: call this in a thread where others wait.
    """
    message = mail.check(chain.message, keys[chain.message.key_name], now=now)
    if message.result is not DkimResult.PASS:
        return f"message signature {len(chain.sets)}: {message.reason}"
    covered = b""
    reasons: list[str] = []
    for instance, (fields, seal) in enumerate(zip(chain.sets, chain.seals, strict=True), 1):
        covered += canonical_header(fields[:2], RELAXED)
        signed = covered + canonical_signature(seal.field, RELAXED)
        checked = judge_by_keys(seal, keys[seal.key_name], signed)
        if checked.result is not DkimResult.PASS:
            reasons.append(f"seal {instance}: {checked.reason}")
        covered += canonical_header(fields[2:], RELAXED)
    return reasons[-1] if reasons else ""


def _instance(field: Field) -> tuple[int, Mapping[str, str]]:
    """Return the number of a field's set, and its tags where it is a list of tags."""
    tags: Mapping[str, str] = {}
    if field.name == _RESULTS:
        found = _INSTANCE.match(field.value)
        instance = int(found[1]) if found else None
    else:
        tags = parse_tags(field.value.decode("utf-8", "replace"))
        instance = parse_number(tags.get("i"))
    if instance is None or not 1 <= instance <= MOST_SETS:
        raise MailError("a field of the chain has no instance from 1 to 50")
    return instance, tags


def _seal(field: Field, tags: Mapping[str, str]) -> Signature:
    """Return a seal as a signature that covers no body (4.1.3)."""
    if {"h", "bh", "c", "l"} & set(tags):
        raise MailError("a seal has no h=, bh=, c= or l=")
    return _signature(field, tags, header_form=RELAXED)


def _message_signature(field: Field) -> Signature:
    """Return a message signature (4.1.2): a DKIM-Signature where i= counts the sets."""
    tags = parse_tags(field.value.decode("utf-8", "replace"))
    if not tags.get("bh") or "h" not in tags:
        raise MailError("a message signature has h= and bh=")
    names = parse_names(tags["h"])
    if len(names) > MOST_NAMES or "arc-seal" in {name.lower() for name in names}:
        raise MailError("h= is too long, or takes seals in")
    header_form, body_form = parse_forms(tags.get("c", SIMPLE))
    return _signature(
        field,
        tags,
        header_form=header_form,
        body_form=body_form,
        names=names,
        body_hash=parse_base64(tags["bh"]),
        length=parse_number(tags.get("l")),
        expires_at=parse_number(tags.get("x")),
    )


def _signature(
    field: Field,
    tags: Mapping[str, str],
    *,
    header_form: str,
    body_form: str = SIMPLE,
    names: tuple[str, ...] = (),
    body_hash: bytes = b"",
    length: int | None = None,
    expires_at: int | None = None,
) -> Signature:
    missing = [name for name in ("a", "b", "d", "s") if not tags.get(name)]
    if missing:
        raise MailError(f"tag {missing[0]}= is missing")
    if tags["a"] not in {RSA, ED25519}:
        raise MailError(f"unknown algorithm {tags['a'][:40]!r}")
    parse_number(tags.get("t"))
    domain = without_white_space(tags["d"]).lower()
    return Signature(
        field=field,
        algorithm=tags["a"],
        domain=domain,
        selector=without_white_space(tags["s"]).lower(),
        identity_domain=domain,
        header_form=header_form,
        body_form=body_form,
        names=names,
        body_hash=body_hash,
        signature=parse_base64(tags["b"]),
        length=length,
        expires_at=expires_at,
    )
