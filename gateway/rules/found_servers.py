"""Which mail server a domain says that it sends by (RFC 6186, RFC 8314). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.rules.own_server import Security

SRV = (("_submissions._tcp", Security.TLS), ("_submission._tcp", Security.STARTTLS))
"""The names under a domain that name its servers, the better kind first (RFC 8314, 3.3)."""

USUAL = ("smtp", "mail")
"""What servers are mostly called where a domain says nothing."""

_BY_MX = {
    "google.com": ("smtp.gmail.com", 587, Security.STARTTLS),
    "googlemail.com": ("smtp.gmail.com", 587, Security.STARTTLS),
    "mail.protection.outlook.com": ("smtp.office365.com", 587, Security.STARTTLS),
    "mx.microsoft": ("smtp.office365.com", 587, Security.STARTTLS),
    "messagingengine.com": ("smtp.fastmail.com", 465, Security.TLS),
    "icloud.com": ("smtp.mail.me.com", 587, Security.STARTTLS),
    "zoho.com": ("smtp.zoho.com", 465, Security.TLS),
    "zoho.eu": ("smtp.zoho.eu", 465, Security.TLS),
    "seznam.cz": ("smtp.seznam.cz", 465, Security.TLS),
}
"""Providers by the end of the names that take mail for their domains."""


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server to send by. host: in lower case, without a final dot."""

    host: str
    port: int
    security: Security


def domain_in(address: str) -> str:
    """Return the domain of an address, "" if there is none that DNS could be asked about."""
    domain = address.strip().rpartition("@")[2].rstrip(".").lower() if "@" in address else ""
    labels = domain.split(".")
    well = len(domain) <= 253 and len(labels) > 1 and all(0 < len(one) <= 63 for one in labels)
    return domain if well and domain.isascii() and _is_plain(domain) else ""


def named_by(records: Iterable[str], security: Security) -> FoundServer | None:
    """Return the server of SRV records, such as "0 1 465 smtp.firma.example"; None for none.

    The lowest priority wins, then the greatest weight; a target "." says that there is no such
    service (RFC 2782).
    """
    found: list[tuple[int, int, str, int]] = []
    for record in records:
        priority, _, rest = record.partition(" ")
        weight, _, rest = rest.partition(" ")
        port, _, target = rest.partition(" ")
        host = target.strip().rstrip(".").lower()
        numbers = (priority, weight, port)
        if host and _is_plain(host) and all(n.isascii() and n.isdecimal() for n in numbers):
            found.append((int(priority), -int(weight), host, int(port)))
    if not found:
        return None
    _, _, host, number = min(found)
    return FoundServer(host, number, security) if 0 < number < 65536 else None


def provider_of(exchanges: Sequence[str]) -> FoundServer | None:
    """Return the server of a provider that we know by its MX records ("10 mx.zoho.eu")."""
    for record in exchanges:
        name = record.rpartition(" ")[2].rstrip(".").lower()
        for end, server in _BY_MX.items():
            if name == end or name.endswith(f".{end}"):
                return FoundServer(*server)
    return None


def _is_plain(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace(".", "").replace("_", "").isalnum()
