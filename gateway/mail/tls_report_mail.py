"""The mail that brings a report about TLS (RFC 8460, section 5.3)."""

from dataclasses import dataclass
from datetime import datetime

from gateway.mail import fields, transfer
from gateway.mail.mailbox import Mailbox
from gateway.mail.parameters import typed


@dataclass(frozen=True, slots=True)
class TlsReportMail:
    """domain: whom it is about; submitter: our host. span: such as "2026-11-28:example.org".

    packed: the report as gzipped JSON.
    """

    from_: Mailbox
    to: Mailbox
    message_id: str
    date: datetime
    domain: str
    submitter: str
    span: str
    packed: bytes


def compose_tls_report(mail: TlsReportMail) -> bytes:
    """Return the mail: CRLF, 7-bit. Raises MailError if an address or a name is none."""
    boundary = f"=_tlsrpt.{mail.message_id.partition('@')[0][:40]}"
    subject = (
        f"Report Domain: {mail.domain} Submitter: {mail.submitter} Report-ID: <{mail.message_id}>"
    )
    day = mail.span.partition(":")[0]
    filename = f"{mail.submitter}!{mail.domain}!{day}!{day}.json.gz"
    head = [
        fields.date_field("Date", mail.date),
        fields.mailboxes("From", [mail.from_]),
        fields.mailboxes("To", [mail.to]),
        fields.unstructured("Subject", subject),
        fields.message_ids("Message-ID", [mail.message_id]),
        fields.unstructured("TLS-Report-Domain", mail.domain),
        fields.unstructured("TLS-Report-Submitter", mail.submitter),
        b"TLS-Required: No\r\n",
        b"Auto-Submitted: auto-generated\r\n",
        b"MIME-Version: 1.0\r\n",
        typed(
            "Content-Type",
            "multipart/report",
            [("report-type", "tlsrpt"), ("boundary", boundary)],
        ),
    ]
    words = f"How connections of {mail.submitter} with {mail.domain} went on {day}.\r\n"
    line = b"--" + boundary.encode("ascii")
    parts = [
        typed("Content-Type", "text/plain", [("charset", "us-ascii")]) + b"\r\n" + words.encode(),
        typed("Content-Type", "application/tlsrpt+gzip")
        + b"Content-Transfer-Encoding: base64\r\n"
        + typed("Content-Disposition", "attachment", [("filename", filename)])
        + b"\r\n"
        + transfer.base64_lines(mail.packed),
    ]
    body = b"".join(b"%b\r\n%b\r\n" % (line, part) for part in parts)
    return b"".join([*head, b"\r\n", body, line, b"--\r\n"])
