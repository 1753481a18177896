"""Readers of mail under one roof: ours, mail-parser, and the standard library."""

import base64
import binascii
import email
import hashlib
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage

import mailparser

from gateway.mail.message import read


@dataclass(frozen=True, slots=True)
class Document:
    """An attachment as a reader gives it."""

    name: str
    type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader says of a mail."""

    subject: str
    from_: list[tuple[str, str]]
    to: list[tuple[str, str]]
    message_id: str
    text: str
    html: str
    documents: list[Document]


def ours(raw: bytes) -> Facts:
    reading = read(raw)
    return Facts(
        subject=reading.subject,
        from_=[(one.name, one.address) for one in reading.from_],
        to=[(one.name, one.address) for one in reading.to],
        message_id=reading.message_id,
        text=reading.full_text,
        html=reading.html or "",
        documents=[
            Document(one.filename, one.content_type, one.size, one.sha256)
            for one in reading.attachments
        ],
    )


def by_mail_parser(raw: bytes) -> Facts:
    mail = mailparser.parse_from_bytes(raw)
    documents = []
    for one in mail.attachments:
        payload = one["payload"]
        try:
            octets = base64.b64decode(payload) if one["binary"] else payload.encode()
        except (binascii.Error, UnicodeError):
            octets = b""
        documents.append(_document(one["filename"], one["mail_content_type"], octets))
    return Facts(
        subject=str(mail.subject or ""),
        from_=list(mail.from_),
        to=list(mail.to),
        message_id=str(mail.message_id or "").strip().strip("<>"),
        text="\n".join(mail.text_plain),
        html="\n".join(mail.text_html),
        documents=documents,
    )


def by_stdlib(raw: bytes) -> Facts:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    documents = []
    if message.is_multipart():
        for part in message.iter_attachments():
            content = part.get_payload(decode=True)
            if content is None and part.get_content_type() == "message/rfc822":
                content = part.get_payload(0).as_bytes()
            documents.append(
                _document(part.get_filename() or "", part.get_content_type(), content or b"")
            )
    return Facts(
        subject=str(message["subject"] or ""),
        from_=_mailboxes(message, "from"),
        to=_mailboxes(message, "to"),
        message_id=str(message["message-id"] or "").strip().strip("<>"),
        text=text.get_content() if text is not None else "",
        html=html.get_content() if html is not None else "",
        documents=documents,
    )


READERS = {"ours": ours, "mail-parser": by_mail_parser, "stdlib": by_stdlib}


def facts(reader: str, raw: bytes) -> Facts | None:
    """Return what a reader says, or None where it fails."""
    try:
        return READERS[reader](raw)
    except Exception:  # noqa: BLE001 (whatever a peer raises, it did not read the mail)
        return None


def _document(name: str, kind: str, octets: bytes) -> Document:
    return Document(name, kind, len(octets), hashlib.sha256(octets).hexdigest())


def _mailboxes(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    field = message[name]
    return [(one.display_name, one.addr_spec) for one in field.addresses] if field else []
