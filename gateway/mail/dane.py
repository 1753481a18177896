"""DANE: whether a server's certificates are those that TLSA records name (RFC 6698, 7671, 7672)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TRUST_ANCHOR = 2
END_ENTITY = 3
_WHOLE, _KEY = 0, 1
_EXACT, _SHA256, _SHA512 = 0, 1, 2
_DIGEST_OCTETS = {_SHA256: 32, _SHA512: 64}
_LONGEST_CHAIN = 10


@dataclass(frozen=True, slots=True)
class Tlsa:
    """A TLSA record: what its octets are compared with, and how."""

    usage: int
    selector: int
    matching: int
    octets: bytes

    @property
    def is_usable(self) -> bool:
        """True if SMTP can go by it: usages 0 and 1 mean nothing there (RFC 7672, 3.1.3)."""
        if self.usage not in {TRUST_ANCHOR, END_ENTITY} or self.selector not in {_WHOLE, _KEY}:
            return False
        if self.matching == _EXACT:
            return bool(self.octets)
        return len(self.octets) == _DIGEST_OCTETS.get(self.matching, -1)

    def __str__(self) -> str:
        """Return the record as zone files and reports show it."""
        return f"{self.usage} {self.selector} {self.matching} {self.octets.hex().upper()}"


def usable(records: Sequence[Tlsa]) -> tuple[Tlsa, ...]:
    """Return the records to go by: of several digests of one kind the strongest (RFC 7671, 9)."""
    fit = [record for record in records if record.is_usable]
    best: dict[tuple[int, int], int] = {}
    for record in fit:
        kind = record.usage, record.selector
        if record.matching != _EXACT:
            best[kind] = max(best.get(kind, 0), record.matching)
    return tuple(
        record
        for record in fit
        if record.matching in {_EXACT, best.get((record.usage, record.selector))}
    )


def mismatch(
    records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: datetime
) -> str | None:
    """Return why a server's certificates are not those of any usable record, or None if they are.

    chain: DER, as the server sent it, its own certificate first.
    names: any of these the certificate has to bear where a trust anchor vouches for it; one that
        is named itself may bear any, and be past (RFC 7672, 3.1.1 and 3.2.2).
    """
    if not chain:
        return "the server sent no certificate"
    try:
        own, *others = [x509.load_der_x509_certificate(der) for der in chain[:_LONGEST_CHAIN]]
        if any(_matches(record, own) for record in records if record.usage == END_ENTITY):
            return None
        anchors = [record for record in records if record.usage == TRUST_ANCHOR]
        if not anchors:
            return "the certificate is not the one of the TLSA records"
        return _not_anchored(anchors, own, others, names, now)
    except (ValueError, UnsupportedAlgorithm, TypeError) as error:
        return f"the certificate can't be read: {error}"


def _not_anchored(
    anchors: Sequence[Tlsa],
    own: x509.Certificate,
    others: Sequence[x509.Certificate],
    names: Sequence[str],
    now: datetime,
) -> str | None:
    if not _bears(own, names):
        return f"the certificate is not for {names[0] if names else 'this server'}"
    below, unused = own, list(others)
    if not _is_current(own, now):
        return "the certificate has expired or is not valid yet"
    if any(_matches(record, own) for record in anchors):
        return None  # it is its own anchor
    while issuer := next((one for one in unused if _issued(one, below)), None):
        unused.remove(issuer)
        if not _is_current(issuer, now):
            return "an issuer's certificate has expired or is not valid yet"
        if any(_matches(record, issuer) for record in anchors):
            return None
        below = issuer
    bare = [whole for record in anchors if (whole := _whole_certificate(record))]
    # A record may hold the anchor itself, which servers then need not send (RFC 7672, 3.1.2).
    if any(_issued(anchor, below) for anchor in bare):
        return None
    return "no certificate of the TLSA records vouches for the server's"


def _matches(record: Tlsa, certificate: x509.Certificate) -> bool:
    if record.selector == _WHOLE:
        octets = certificate.public_bytes(Encoding.DER)
    else:
        octets = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    if record.matching == _SHA256:
        octets = hashlib.sha256(octets).digest()
    elif record.matching == _SHA512:
        octets = hashlib.sha512(octets).digest()
    return octets == record.octets


def _whole_certificate(record: Tlsa) -> x509.Certificate | None:
    if record.selector != _WHOLE or record.matching != _EXACT:
        return None
    return x509.load_der_x509_certificate(record.octets)


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Return whether the issuer may sign certificates, and signed this one."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
        if not constraints.value.ca:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return True


def _is_current(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _bears(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    """Return whether the certificate is for one of the names; "*" is one label (RFC 6125)."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    wanted = {name.lower().rstrip(".") for name in names}
    wanted |= {f"*.{name.partition('.')[2]}" for name in wanted if "." in name}
    return any(
        name.lower().rstrip(".") in wanted
        for name in extension.value.get_values_for_type(x509.DNSName)
    )
