"""Checking DKIM signatures, step by step, so that the look-up of keys may be asynchronous.

`SignedMail.signatures` tells what is to be checked, the caller looks the keys up,
`SignedMail.check` judges. `verify` does all of it where a look-up needs no waiting.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.mail.dkim.canonical import Field, split_message
from gateway.mail.dkim.hashing import (
    RELAXED,
    SIMPLE,
    BodyHash,
    canonical_header,
    canonical_signature,
    hash_body,
    signed_fields,
)
from gateway.mail.dkim.keys import parse_key_record
from gateway.mail.dkim.signature import ED25519, FIELD_NAME, RSA
from gateway.mail.dkim.tags import parse_base64, parse_names, parse_tags, without_white_space
from gateway.mail.errors import Fault, MailError

MOST_SIGNATURES = 5
MOST_RECORDS = 5
MOST_NAMES = 1000
MOST_DIGITS = 12


class DkimResult(StrEnum):
    """What became of a signature (RFC 8601, section 2.7.1)."""

    PASS = "pass"  # noqa: S105 (the word of RFC 8601)
    FAIL = "fail"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class Signature:
    """A DKIM-Signature field, read.

    identity_domain: the domain of i=. length: l=. expires_at: x=, Unix time.
    """

    field: Field
    algorithm: str
    domain: str
    selector: str
    identity_domain: str
    header_form: str
    body_form: str
    names: tuple[str, ...]
    body_hash: bytes
    signature: bytes
    length: int | None
    expires_at: int | None

    @property
    def key_name(self) -> str:
        """Where the key stands in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result for one signature; reason is "" for a pass. domain is "" if it can't be read."""

    result: DkimResult
    domain: str
    selector: str
    algorithm: str
    reason: str


class SignedMail:
    """A mail whose signatures are to be checked; each way to hash its body is run once."""

    def __init__(self, raw: bytes) -> None:
        """Read the header; the body is hashed when the first signature is checked."""
        self.size = len(raw)
        self.fields, self._body = split_message(raw)
        self._hashed: dict[tuple[str, int | None], BodyHash] = {}

    def signatures(self) -> tuple[Signature | Checked, ...]:
        """Return the signatures from the top; those that can't be checked as `Checked`."""
        of_name = [field for field in self.fields if field.name == FIELD_NAME]
        found: list[Signature | Checked] = []
        for field in of_name[:MOST_SIGNATURES]:
            try:
                found.append(parse_signature(field))
            except MailError as error:
                found.append(Checked(DkimResult.PERMERROR, *_named(field), str(error)))
        for field in of_name[MOST_SIGNATURES:]:
            reason = f"only {MOST_SIGNATURES} signatures are checked"
            found.append(Checked(DkimResult.NEUTRAL, *_named(field), reason))
        return tuple(found)

    def check(self, signature: Signature, records: Sequence[str], *, now: datetime) -> Checked:
        """Return the result of one signature, its key's TXT records given (RFC 6376, 6.1).

        Long bodies take time, and RSA does: call this in a thread where others wait.
        """
        if signature.expires_at is not None and now.timestamp() > signature.expires_at:
            return _checked(signature, DkimResult.FAIL, "the signature has expired")
        hashed = self._body_hash(signature)
        if signature.length is not None and signature.length != hashed.size:
            reason = "l= leaves a part of the body unsigned, or the body was cut"
            return _checked(signature, DkimResult.FAIL, reason)
        if hashed.digest != signature.body_hash:
            return _checked(signature, DkimResult.FAIL, "the body was changed")
        # h= may name other signatures, but never this one (3.5).
        others = list(self.fields)
        others.remove(signature.field)
        form = signature.header_form
        signed = canonical_header(signed_fields(others, signature.names), form)
        signed += canonical_signature(signature.field, form)
        return judge_by_keys(signature, records, signed)

    def _body_hash(self, signature: Signature) -> BodyHash:
        way = signature.body_form, signature.length
        if way not in self._hashed:
            self._hashed[way] = hash_body(self._body, *way)
        return self._hashed[way]


def judge_by_keys(signature: Signature, records: Sequence[str], signed: bytes) -> Checked:
    """Return whether one of the keys made the signature over these octets."""
    results = [_check_key(signature, record, signed) for record in records[:MOST_RECORDS]]
    return _best(results) or _checked(signature, DkimResult.PERMERROR, "there is no such key")


def verify(
    raw: bytes, lookup: Callable[[str], Sequence[str]], *, now: datetime
) -> tuple[Checked, ...]:
    """Return the result of each signature, from the top; empty if the mail has none.

    lookup: gives the TXT records of a name, none if there are none; raises Fault if DNS is away.
    """
    mail = SignedMail(raw)
    results: list[Checked] = []
    for found in mail.signatures():
        if isinstance(found, Checked):
            results.append(found)
            continue
        try:
            records = lookup(found.key_name)
        except Fault as fault:
            results.append(no_answer(found, str(fault)))
        else:
            results.append(mail.check(found, records, now=now))
    return tuple(results)


def no_answer(signature: Signature, text: str) -> Checked:
    """Return the result where DNS gave no answer about the key."""
    return _checked(signature, DkimResult.TEMPERROR, f"no answer from DNS: {text}")


def _named(field: Field) -> tuple[str, str, str]:
    """Return domain, selector and algorithm as far as a broken field shows them."""
    try:
        tags = parse_tags(field.value.decode("utf-8", "replace"))
    except MailError:
        return "", "", ""
    return tags.get("d", "")[:255], tags.get("s", "")[:255], tags.get("a", "")[:40]


def parse_signature(field: Field) -> Signature:
    """Return the field, read.

    Raises MailError if it breaks RFC 6376, section 3.5, or asks for what is no longer accepted.
    """
    tags = parse_tags(field.value.decode("utf-8", "replace"))
    missing = [name for name in ("v", "a", "d", "s", "h", "bh", "b") if not tags.get(name)]
    if missing:
        raise MailError(f"tag {missing[0]}= is missing")
    if tags["v"] != "1":
        raise MailError("unknown version")
    if tags["a"] == "rsa-sha1":
        raise MailError("rsa-sha1 is no longer accepted (RFC 8301)")
    if tags["a"] not in {RSA, ED25519}:
        raise MailError(f"unknown algorithm {tags['a'][:40]!r}")
    if "dns/txt" not in parse_names(tags.get("q", "dns/txt")):
        raise MailError("the key is to be asked for in an unknown way")
    names = parse_names(tags["h"])
    if len(names) > MOST_NAMES or not {"from"} & {name.lower() for name in names}:
        raise MailError("h= does not cover From, or is too long")
    header_form, body_form = parse_forms(tags.get("c", SIMPLE))
    domain = without_white_space(tags["d"]).lower()
    identity = without_white_space(tags.get("i", f"@{domain}"))
    identity_domain = identity.rpartition("@")[2].lower()
    if "@" not in identity or not f".{identity_domain}".endswith(f".{domain}"):
        raise MailError("i= is not within d=")
    signed_at, expires_at = parse_number(tags.get("t")), parse_number(tags.get("x"))
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        raise MailError("x= is not after t=")
    return Signature(
        field=field,
        algorithm=tags["a"],
        domain=domain,
        selector=without_white_space(tags["s"]).lower(),
        identity_domain=identity_domain,
        header_form=header_form,
        body_form=body_form,
        names=names,
        body_hash=parse_base64(tags["bh"]),
        signature=parse_base64(tags["b"]),
        length=parse_number(tags.get("l")),
        expires_at=expires_at,
    )


def parse_forms(value: str) -> tuple[str, str]:
    """Return how header and body are canonicalized (c=). Raises MailError if that is unknown."""
    header, _, body = value.lower().partition("/")
    body = body or SIMPLE
    if {header, body} - {SIMPLE, RELAXED}:
        raise MailError(f"unknown canonicalization {value[:40]!r}")
    return header, body


def parse_number(value: str | None) -> int | None:
    """Return a tag's number, None where the tag is missing. Raises MailError if it is none."""
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS):
        raise MailError(f"{value[:40]!r} is not a number")
    return int(value)


def _best(results: Sequence[Checked]) -> Checked | None:
    """Return a pass, else a fail, else the first result (a selector may have several keys)."""
    worth = [DkimResult.PASS, DkimResult.FAIL, DkimResult.PERMERROR]
    return min(results, key=lambda checked: worth.index(checked.result), default=None)


def _check_key(signature: Signature, record: str, signed: bytes) -> Checked:
    try:
        key = parse_key_record(record)
    except MailError as error:
        return _checked(signature, DkimResult.PERMERROR, str(error))
    if key.algorithm != signature.algorithm:
        reason = f"the key is one for {key.algorithm}"
        return _checked(signature, DkimResult.PERMERROR, reason)
    if key.strict and signature.identity_domain != signature.domain:
        return _checked(signature, DkimResult.PERMERROR, "the key forbids i= below d=")
    if not key.accepts(signed, signature.signature):
        return _checked(signature, DkimResult.FAIL, "the signature does not fit the header fields")
    return _checked(signature, DkimResult.PASS, "")


def _checked(signature: Signature, result: DkimResult, reason: str) -> Checked:
    return Checked(result, signature.domain, signature.selector, signature.algorithm, reason)
