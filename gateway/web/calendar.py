"""A due date as a calendar file (RFC 5545) that takes its own earlier versions' place."""

from datetime import datetime, timedelta

from gateway.rules.model import Invoice, InvoiceStatus, Tenant

_OCTETS = 75


def due_date(invoice: Invoice, tenant: Tenant, *, words: str, url: str, now: datetime) -> bytes:
    """Return the file; once nothing is to be paid it takes the date back.

    Raises ValueError if the document has no due date.
    """
    if invoice.due_on is None:
        raise ValueError(invoice.id)
    over = invoice.status in {InvoiceStatus.PAID, InvoiceStatus.CANCELLED}
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Postroom//Due dates//EN",
        f"METHOD:{'CANCEL' if over else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{invoice.id}@postroom",
        f"SEQUENCE:{invoice.version}",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{invoice.due_on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{invoice.due_on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(f'{words} · {tenant.name}')}",
        f"URL:{url}",
        f"STATUS:{'CANCELLED' if over else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _text(value: str) -> str:
    """Return a value of type TEXT; line ends and control characters become spaces."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    for char in "\\;,":
        plain = plain.replace(char, "\\" + char)
    return plain


def _folded(line: str) -> bytes:
    """Return the line in pieces of 75 octets, no character cut in two."""
    pieces, piece = [], b""
    for char in line:
        octets = char.encode("utf-8")
        if len(piece) + len(octets) > _OCTETS:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece])
