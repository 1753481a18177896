"""How the gateway reads a mail, told without a gateway and without storing anything."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.app.commands.mail import as_by_smtp
from gateway.app.plain import names_of, read_limits, resolver_of
from gateway.flow.reading_in import UNVERIFIED, forwarded_of
from gateway.flow.report import bounces_of
from gateway.flow.suggesting import hints_of
from gateway.mail.absence import Absence
from gateway.mail.errors import ConfigError
from gateway.mail.message import read
from gateway.mail.reading import Reading
from gateway.mail.report import Report
from gateway.ports.reception import Peer
from gateway.ports.verifier import Received
from gateway.rules.clue_words import clue_words
from gateway.rules.tokens import Keyring
from gateway.runtime.keys import read_keyring
from gateway.runtime.world import SystemClock
from gateway.settings import Settings
from gateway.verify.verifier import DnsVerifier, VerifyLimits

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a mail is to be taken as having come.

    sender: the reverse-path, "" for the null one; None if that is not known. peer: the IP
    address that brought it, "" if that is not known; without it SPF has nothing to check.
    """

    recipients: Sequence[str] = ()
    sender: str | None = None
    peer: str = ""
    helo: str = ""


async def explain(
    settings: Settings, raw: bytes, arrival: Arrival, *, by_dns: bool
) -> dict[str, Any]:
    """Return what is read in a mail, JSON values; all but the threading, which asks the store.

    by_dns: ask DNS who sent it. Raises MailError if nothing can be read.
    """
    raw = as_by_smtp(raw)
    reading = read(raw, limits=read_limits(settings), null_sender=arrival.sender == "")
    is_asked = by_dns and settings.inbound.verify
    return {
        "subject": reading.subject,
        "from": [asdict(box) for box in reading.from_],
        "author": reading.author,
        "to": [asdict(box) for box in reading.to],
        "cc": [asdict(box) for box in reading.cc],
        "date": reading.date.isoformat() if reading.date else None,
        "message_id": reading.message_id or None,
        "authentication": await _authentication(settings, raw, arrival)
        if is_asked
        else {**UNVERIFIED, "why": "DNS was not asked"},
        "automatic": reading.automatic,
        "automatic_why": reading.automatic_why,
        "report": _report(reading.report),
        "bounces": list(bounces_of(reading.report)) if reading.report else [],
        "text": reading.text,
        "quoted_text": reading.quoted_text,
        "signature": reading.signature,
        "trim_method": reading.trim_method,
        "forwarded": forwarded_of(reading),
        "attachments": [
            {
                "filename": one.filename,
                "content_type": one.content_type,
                "size": one.size,
                "sha256": one.sha256,
                "inline": one.inline,
                "content_id": one.content_id,
                "document": asdict(one.document) if one.document else None,
            }
            for one in reading.attachments
        ],
        "speaks_of": _hints(reading),
        "clues": _clues(settings, reading, arrival),
        "readable": reading.readable,
        "defects": list(reading.defects),
    }


async def _authentication(settings: Settings, raw: bytes, arrival: Arrival) -> Mapping[str, Any]:
    resolver = resolver_of(settings, seconds=_SECONDS)
    limits = VerifyLimits(seconds=_SECONDS)
    hostname = names_of(settings).hostname
    verifier = DnsVerifier(resolver, SystemClock(), hostname=hostname, limits=limits)
    peer = Peer(arrival.peer, 0, arrival.helo)
    return (await verifier.verify(Received(raw, arrival.sender or "", peer))).shown()


def _report(report: Report | None) -> Mapping[str, Any] | None:
    """Return what a report says as a whole; its recipients stand in `recipients`."""
    if report is None:
        return None
    return {
        "kind": report.kind,
        "is_standard": report.is_standard,
        "original_message_id": report.original_message_id,
        "reporting_mta": report.reporting_mta,
        "feedback_type": report.feedback_type,
        "recipients": [asdict(one) for one in report.recipients],
    }


def _hints(reading: Reading) -> Mapping[str, Any]:
    """Return what the Inbox would suggest; of the numbers, only if a document has them."""
    hints = hints_of(reading)
    absence = hints.absence or Absence()
    return {
        "possible_numbers": list(hints.numbers),
        "ibans": list(hints.ibans),
        "returns_on": absence.returns_on,
        "substitute": asdict(absence.substitute) if absence.substitute else None,
    }


def _clues(settings: Settings, reading: Reading, arrival: Arrival) -> list[Mapping[str, str]]:
    found = clue_words(
        names_of(settings),
        _keys(settings),
        recipients=arrival.recipients,
        header_addresses=reading.addressees,
        in_reply_to=reading.in_reply_to,
        references=reading.references,
        body=f"{reading.full_text}\n{reading.html or ''}",
    )
    return [asdict(clue) for clue in found]


def _keys(settings: Settings) -> Keyring | None:
    """Return the installation's secrets if they can be read here; makes none."""
    secret = settings.server.secret
    try:
        if secret.text:
            return read_keyring(secret.text, where="[server] secret")
        if secret.file is None:
            return None
        return read_keyring(secret.file.read_text(encoding="ascii"), where="[server] secret")
    except (OSError, UnicodeDecodeError, ConfigError):
        return None
