"""Reports of our own about the fate of a mail (RFC 3464, RFC 6522, RFC 6533).

They go to whoever handed the mail over and asked for them, with the null reverse-path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.mail import fields, transfer
from gateway.mail.mailbox import Mailbox
from gateway.mail.parameters import typed
from gateway.mail.report import Action

MOST_OCTETS = 1024 * 1024
"""A mail beyond that is returned by its header alone."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is reported of one recipient.

    original: "rfc822;jana@client.example", as the submitter gave it, or None.
    status: such as "5.1.1". diagnostic: the next hop's reply, uncut, "" if there is none.
    remote: the next hop's name, "" if none was reached. until: when tries end ("delayed").
    words: what happened, a sentence for people.
    """

    recipient: str
    action: Action
    status: str
    words: str
    original: str | None = None
    diagnostic: str = ""
    remote: str = ""
    last_attempt: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A report. host: ours. envid: as given with MAIL, xtext decoded, or None.

    returned: the mail that it is about; whole: send all of it back, not its header alone.
    """

    from_: Mailbox
    to: Mailbox
    message_id: str
    date: datetime
    arrived: datetime
    host: str
    told: Told
    returned: bytes
    whole: bool = False
    envid: str | None = None


_SUBJECTS = {
    "failed": "Undelivered mail returned to sender",
    "delayed": "Delivery delayed, no need to do anything",
    "relayed": "Mail passed on",
    "delivered": "Mail delivered",
}


def compose_report(mail: ReportMail) -> bytes:
    """Return the report: CRLF, 7-bit. Raises MailError if an address is none."""
    told = mail.told
    head = [
        fields.date_field("Date", mail.date),
        fields.mailboxes("From", [mail.from_]),
        fields.mailboxes("To", [mail.to]),
        fields.unstructured("Subject", _SUBJECTS.get(told.action, "Delivery report")),
        fields.message_ids("Message-ID", [mail.message_id]),
        b"Auto-Submitted: auto-replied\r\n",
        b"MIME-Version: 1.0\r\n",
    ]
    parts = [_words(mail), _machine(mail), _returned(mail)]
    boundary = f"=_report.{mail.message_id.partition('@')[0][:40]}"
    kind = typed(
        "Content-Type",
        "multipart/report",
        [("report-type", "delivery-status"), ("boundary", boundary)],
    )
    line = b"--" + boundary.encode("ascii")
    body = b"".join(b"%b\r\n%b\r\n" % (line, part) for part in parts)
    return b"".join([*head, kind, b"\r\n", body, line, b"--\r\n"])


def _words(mail: ReportMail) -> bytes:
    told = mail.told
    text = [f"This is the mail gateway {mail.host}.", "", told.words]
    if told.diagnostic:
        text += ["", f"{told.remote or 'The next hop'} said:", "", f"  {told.diagnostic}"]
    encoding, body = transfer.encoded_text("\r\n".join([*text, ""]).encode("utf-8", "replace"))
    kind = typed("Content-Type", "text/plain", [("charset", "utf-8")])
    return b"%bContent-Transfer-Encoding: %b\r\n\r\n%b" % (kind, encoding.encode("ascii"), body)


def _machine(mail: ReportMail) -> bytes:
    told = mail.told
    about = [("Reporting-MTA", f"dns; {mail.host}")]
    if mail.envid:
        about.insert(0, ("Original-Envelope-Id", mail.envid))
    about.append(("Arrival-Date", _date(mail.arrived)))
    of_recipient = [
        ("Original-Recipient", _typed_address(told.original) if told.original else ""),
        ("Final-Recipient", _typed_address(f"rfc822;{told.recipient}")),
        ("Action", told.action),
        ("Status", told.status),
        ("Remote-MTA", f"dns; {told.remote}" if told.remote else ""),
        ("Diagnostic-Code", f"smtp; {told.diagnostic}" if told.diagnostic else ""),
        ("Last-Attempt-Date", _date(told.last_attempt) if told.last_attempt else ""),
        ("Will-Retry-Until", _date(told.until) if told.until else ""),
    ]
    kind = typed("Content-Type", "message/delivery-status")
    return b"%b\r\n%b\r\n%b" % (kind, _block(about), _block(of_recipient))


def _block(rows: Sequence[tuple[str, str]]) -> bytes:
    return b"".join(fields.fold(name, _plain(value).split(" ")) for name, value in rows if value)


def _plain(value: str) -> str:
    """Return a value on one line, in ASCII."""
    return " ".join(value.encode("ascii", "replace").decode().split())


def _typed_address(typed_address: str) -> str:
    """Return an address with its type; what isn't ASCII in RFC 6533's way (section 3)."""
    kind, _, address = typed_address.partition(";")
    if address.isascii():
        return f"{kind.strip()}; {address.strip()}"
    told = "".join(
        char if "!" <= char <= "~" and char not in '\\+="' else f"\\x{{{ord(char):X}}}"
        for char in address.strip()
    )
    return f"utf-8; {told}"


def _returned(mail: ReportMail) -> bytes:
    if mail.whole and len(mail.returned) <= MOST_OCTETS:
        return typed("Content-Type", "message/rfc822") + b"\r\n" + mail.returned
    head = mail.returned.partition(b"\r\n\r\n")[0]
    return typed("Content-Type", "text/rfc822-headers") + b"\r\n" + head + b"\r\n"


def _date(when: datetime) -> str:
    return fields.date_field("Date", when).decode("ascii").partition(": ")[2].strip()
