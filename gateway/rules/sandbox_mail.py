"""What the sandbox's recipients write, as the mail programs and providers of people do. Pure.

The same mail gets the same answer, byte for byte: a copy that is sent twice is answered once.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.mail.address_list import parse_addresses
from gateway.mail.compose import Outgoing, compose
from gateway.mail.fields import address_text
from gateway.mail.headers import Fields, message_ids, parse_date, read_head
from gateway.mail.mailbox import Mailbox
from gateway.rules.sandbox import Act, Mood

_HEADER_OCTETS = 64 * 1024
_HEADER_FIELDS = 500
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_ABSENT = "I am out of the office until Monday and will answer then.\n"


@dataclass(frozen=True, slots=True)
class SandboxMail:
    """A mail on its way to us: its envelope and its bytes."""

    sender: str
    recipient: str
    octets: bytes


def answer_to(act: Act, raw: bytes, *, recipient: str, return_path: str) -> SandboxMail | None:
    """Return what the recipient of a copy writes, or None if nothing, or there is nowhere to.

    raw: the copy. Raises MailError if no mail can be made of it.
    """
    head = read_head(raw, 0, len(raw), octets=_HEADER_OCTETS, fields=_HEADER_FIELDS)
    if act.mood is Mood.ANNOYED:
        header = raw[: head.body].rstrip(b"\r\n") + b"\r\n"
        return _complaint(header, head.fields, recipient, return_path)
    boxes = parse_addresses(head.fields.all("reply-to")) or parse_addresses(head.fields.all("from"))
    if act.mood is None or not boxes:
        return None
    is_absent = act.mood is Mood.ABSENT
    subject = head.fields.text("subject")
    prefix = "Automatic reply: " if is_absent else "Re: "
    answered = message_ids(head.fields.text("message-id"))
    octets = compose(
        Outgoing(
            from_=Mailbox("", recipient),
            to=boxes[:1],
            subject=f"{prefix}{subject}",
            date=_date(head.fields),
            message_id=_message_id(raw[: head.body], recipient),
            in_reply_to=answered,
            references=(*message_ids(head.fields.text("references")), *answered),
            extra=(("Auto-Submitted", "auto-replied"),) if is_absent else (),
            text=_ABSENT if is_absent else f"{act.words}\n",
        )
    )
    # Who is absent answers with the null reverse-path, so that nobody answers back (RFC 3834, 3.3).
    return SandboxMail("" if is_absent else recipient, boxes[0].address, octets)


def _complaint(header: bytes, fields: Fields, recipient: str, return_path: str) -> SandboxMail:
    """Return a feedback report of the recipient's provider (RFC 5965)."""
    message_id = _message_id(header, recipient)
    boundary = b"=_" + message_id.partition("@")[0].encode("ascii")
    address = address_text(recipient).encode("ascii")
    provider = b"feedback@" + address.rpartition(b"@")[2]
    parts = (
        (
            b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"
            b"The recipient of this mail says that it is spam.\r\n"
        ),
        b"Content-Type: message/feedback-report\r\n\r\n"
        b"Feedback-Type: abuse\r\nUser-Agent: Postroom-Sandbox/1\r\nVersion: 1\r\n"
        b"Original-Mail-From: <%b>\r\nOriginal-Rcpt-To: <%b>\r\n"
        % (address_text(return_path).encode("ascii"), address),
        b"Content-Type: text/rfc822-headers\r\n\r\n" + header,
    )
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts)
    plain = compose(
        Outgoing(
            from_=Mailbox("Feedback loop", provider.decode("ascii")),
            to=(Mailbox("", return_path),),
            subject=f"FW: {fields.text('subject')}",
            date=_date(fields),
            message_id=message_id,
            text="",
        )
    )
    head, _, _ = plain.partition(b"MIME-Version: 1.0\r\n")
    kind = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/report;\r\n"
        b' report-type=feedback-report; boundary="%b"\r\n\r\n' % boundary
    )
    octets = b"%b%b%b--%b--\r\n" % (head, kind, body, boundary)
    return SandboxMail(provider.decode("ascii"), return_path, octets)


def _date(fields: Fields) -> datetime:
    return parse_date(fields.text("date")) or _LONG_AGO


def _message_id(header: bytes, recipient: str) -> str:
    digest = hashlib.blake2b(header, digest_size=15)
    digest.update(recipient.encode())
    return f"{digest.hexdigest()}@{address_text(recipient).rpartition('@')[2]}"
