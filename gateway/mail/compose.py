"""Whole messages from their parts; the same parts give the same bytes (RFC 5322, 2045, 2046)."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.mail import fields, transfer
from gateway.mail.errors import MailError
from gateway.mail.mailbox import Mailbox
from gateway.mail.parameters import content_type, fallback, is_plain, typed

_OURS = frozenset(
    {"from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id"}
    | {"in-reply-to", "references", "mime-version", "return-path", "received", "dkim-signature"}
)
_HASHED_OCTETS = 4096
_CONTENT_ID = re.compile(r"[A-Za-z0-9._+-]{1,100}(?:@[A-Za-z0-9.-]{1,100})?")


class Picture(Protocol):
    """A picture that the HTML part shows by `cid:`."""

    @property
    def content_id(self) -> str:
        """Its Content-ID, without angle brackets."""

    @property
    def content_type(self) -> str:
        """Such as image/png."""

    @property
    def data(self) -> bytes:
        """The picture."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The parts of a message. Message-IDs stand without angle brackets.

    message_id: "" for none. text: "" beside html: no text part.
    extra: further fields (name, value), free text.
    attachments: (file name, content type, bytes).
    """

    from_: Mailbox
    to: tuple[Mailbox, ...]
    subject: str
    date: datetime
    message_id: str
    text: str
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    html: str | None = None
    images: tuple[Picture, ...] = ()
    attachments: tuple[tuple[str, str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """Content fields and body of an entity."""

    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        return b"%b\r\n%b" % (self.head, self.body)


def compose(mail: Outgoing) -> bytes:
    """Return the message: CRLF, 7-bit, no line above 998 octets.

    Raises MailError if a value holds what no field may hold, or an address is none.
    """
    part = _content(mail)
    body = part.body if part.body.endswith(b"\r\n") else part.body + b"\r\n"
    return b"".join([*_head(mail), b"MIME-Version: 1.0\r\n", part.head, b"\r\n", body])


def _head(mail: Outgoing) -> list[bytes]:
    if mail.message_id and not fields.is_message_id(mail.message_id):
        raise MailError("the Message-ID is not well-formed")
    head = [
        fields.date_field("Date", mail.date),
        fields.mailboxes("From", [mail.from_]),
    ]
    for name, boxes in (("Reply-To", mail.reply_to), ("To", mail.to), ("Cc", mail.cc)):
        if boxes:
            head.append(fields.mailboxes(name, boxes))
    head += [
        fields.unstructured("Subject", mail.subject),
        fields.message_ids("Message-ID", [mail.message_id]),
        fields.message_ids("In-Reply-To", mail.in_reply_to),
        fields.message_ids("References", mail.references),
    ]
    for name, value in mail.extra:
        if name.lower() in _OURS or name.lower().startswith("content-"):
            raise MailError(f"{name[:40]!r} is not a field to add")
        head.append(fields.unstructured(name, value))
    return head


def _content(mail: Outgoing) -> _Part:
    parts = []
    if mail.text or mail.html is None:
        parts.append(_text(mail.text, "plain"))
    if mail.html is not None:
        html = _text(mail.html, "html")
        pictures = [_picture(picture) for picture in mail.images]
        parts.append(_multipart("related", [html, *pictures]) if pictures else html)
    part = _multipart("alternative", parts) if len(parts) > 1 else parts[0]
    attached = [_attachment(*one) for one in mail.attachments]
    return _multipart("mixed", [part, *attached]) if attached else part


def _text(text: str, subtype: str) -> _Part:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    encoding, body = transfer.encoded_text(lines.encode("utf-8", "replace"))
    return _Part(
        typed("Content-Type", f"text/{subtype}", [("charset", "utf-8")])
        + b"Content-Transfer-Encoding: %b\r\n" % encoding.encode("ascii"),
        body,
    )


def _picture(picture: Picture) -> _Part:
    if not _CONTENT_ID.fullmatch(picture.content_id):
        raise MailError("a Content-ID is not well-formed")
    return _Part(
        typed("Content-Type", content_type(picture.content_type))
        + b"Content-Transfer-Encoding: base64\r\n"
        + fields.fold("Content-ID", [f"<{picture.content_id}>"])
        + typed("Content-Disposition", "inline"),
        transfer.base64_lines(picture.data),
    )


def _attachment(filename: str, kind: str, data: bytes) -> _Part:
    if kind == "message/rfc822":
        if transfer.is_seven_bit(data):
            disposed = typed("Content-Disposition", "attachment", [("filename", filename)])
            return _Part(typed("Content-Type", kind) + disposed, data)
        kind = "application/octet-stream"  # a message may not be encoded (RFC 2046, 5.2.1)
    # A reader that doesn't know RFC 2231 finds a name in ASCII where it always looked for one;
    # two forms in one field would make others choose the poorer.
    named = [] if is_plain(filename) or not filename else [("name", fallback(filename))]
    return _Part(
        typed("Content-Type", content_type(kind), named)
        + b"Content-Transfer-Encoding: base64\r\n"
        + typed("Content-Disposition", "attachment", [("filename", filename)] if filename else []),
        transfer.base64_lines(data),
    )


def _multipart(subtype: str, parts: Sequence[_Part]) -> _Part:
    boundary = _boundary(parts)
    parameters = [("boundary", boundary)]
    if subtype == "related":
        parameters.insert(0, ("type", "text/html"))
    line = b"--" + boundary.encode("ascii")
    body = b"".join(b"%b\r\n%b\r\n" % (line, part.whole) for part in parts)
    return _Part(
        typed("Content-Type", f"multipart/{subtype}", parameters), b"%b%b--\r\n" % (body, line)
    )


def _boundary(parts: Sequence[_Part]) -> str:
    """Return a boundary made from the parts that stands in none of them."""
    digest = hashlib.blake2b(digest_size=15)
    for part in parts:
        digest.update(b"%b%d:" % (part.head, len(part.body)))
        digest.update(part.body[:_HASHED_OCTETS])
    while True:
        # Neither quoted-printable nor base64 can hold "=_"; plain text may.
        boundary = f"=_{digest.hexdigest()}"
        line = boundary.encode("ascii")
        if not any(line in part.head or line in part.body for part in parts):
            return boundary
        digest.update(b"again")
