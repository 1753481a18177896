"""Reads any report: bounces and delays in the standard's form or in words, receipts, complaints."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_string
from email.message import Message
from typing import Final

from gateway.mail import arf, dsn
from gateway.mail.charsets import decode
from gateway.mail.encoded_words import header_text
from gateway.mail.html_text import html_to_text
from gateway.mail.report import Kind, Report, ReportedRecipient
from gateway.mail.reports_json import read_notification
from gateway.mail.reports_plain import Sender, read_letter, words_about

_STATUS: Final = ("message/delivery-status", "message/global-delivery-status")
_RETURNED: Final = ("message/rfc822", "message/global", "message/partial")
_HEADERS: Final = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_RECEIPT: Final = ("message/disposition-notification", "message/global-disposition-notification")
_MAX_PARTS: Final = 100
_MAX_TEXT: Final = 300_000
_MAX_LINES: Final = 3_000
_MAX_WORDED: Final = 50
_KEPT_HEADERS: Final = 100


def read_report(message: Message, *, null_sender: bool = False) -> Report | None:
    """Return what the message reports, or None if it is no report.

    message: parsed with the policy `compat32`, which keeps what others mend.
    null_sender: whether it came with the null reverse-path.
    """
    if not message.keys():
        body = message.get_payload()
        message = message_from_string(body.lstrip()) if isinstance(body, str) else message
    leaves = list(_leaves(message))
    header = _returned_header(leaves)
    message_id = _message_id(header)
    kinds = {leaf.get_content_type() for leaf in leaves}
    sender = _sender(message, null_sender=null_sender)
    if "message/feedback-report" in kinds:
        text = "\n".join(
            _raw(leaf) for leaf in leaves if leaf.get_content_type() == "message/feedback-report"
        )
        return arf.read_feedback(text, header, message_id=message_id)
    status = "\n\n".join(_raw(leaf) for leaf in leaves if leaf.get_content_type() in _STATUS)
    if status:
        letter = "\n".join(_texts(leaves))[:_MAX_TEXT]
        report = _from_status(status, header, message_id, letter=letter, is_standard=True)
        if report is not None:
            return report
    receipt = "\n".join(_raw(leaf) for leaf in leaves if leaf.get_content_type() in _RECEIPT)
    if receipt:
        named = str(message_from_string(receipt.lstrip()).get("Original-Message-ID", ""))
        return Report("receipt", (), named.strip("<> \t") or message_id, None, header)
    if arf.is_provider_complaint(sender.name, sender.subject) and header:
        return arf.provider_complaint(header, message_id=message_id)
    return _from_words(leaves, sender, header, message_id)


def _from_status(
    text: str,
    header: tuple[tuple[str, str], ...],
    message_id: str | None,
    *,
    letter: str,
    is_standard: bool,
) -> Report | None:
    about, recipients = dsn.read_fields(text)
    if not recipients:
        return None
    lines = letter.splitlines()[:_MAX_LINES]
    worded = [_worded(recipient, lines) for recipient in recipients[:_MAX_WORDED]]
    recipients = [*worded, *recipients[_MAX_WORDED:]]
    envid = about.get("original-envelope-id")
    return Report(
        kind=_kind(recipients),
        recipients=tuple(recipients),
        original_message_id=message_id,
        original_envid=envid.strip() if envid else None,
        original_headers=header,
        reporting_mta=about.get("reporting-mta", "").rpartition(";")[2].strip() or None,
        is_standard=is_standard,
    )


def _worded(recipient: ReportedRecipient, letter: Sequence[str]) -> ReportedRecipient:
    """Return the recipient with what the letter says, where the fields give no words."""
    if any(map(str.isalpha, recipient.diagnostic)):
        return recipient
    words = words_about(recipient.recipient, letter)
    if not words:
        return recipient
    said = dsn.status_in(words)
    same = said if said and recipient.status and said[0] == recipient.status[0] else None
    return replace(
        recipient,
        diagnostic=words,
        status=recipient.status or said,
        smtp_code=recipient.smtp_code or (dsn.code_in(words) if same or not said else None),
    )


def _kind(recipients: Sequence[ReportedRecipient]) -> Kind:
    actions = {recipient.action for recipient in recipients}
    if "failed" in actions:
        return "bounce"
    if "delayed" in actions:
        return "delay"
    return "delivered" if "delivered" in actions else "relayed"


def _from_words(
    leaves: Sequence[Message],
    sender: Sender,
    header: tuple[tuple[str, str], ...],
    message_id: str | None,
) -> Report | None:
    text = "\n".join(_texts(leaves))[:_MAX_TEXT]
    notified = read_notification(text)
    if notified is not None:
        return notified
    if "final-recipient" in text[:100_000].lower():
        start = text.lower().find("final-recipient")
        block = text.rfind("\n\n", 0, max(start, 0))
        fields = _fields_only(text[max(block, 0) :])
        report = _from_status(fields, header, message_id, letter=text, is_standard=False)
        if report is not None and (sender.is_null or read_letter(text, sender) is not None):
            return report
    returned_to = [dsn.address_in(value) for name, value in header if name.lower() == "to"]
    letter = read_letter(text, sender, returned_to=[one for one in returned_to if one])
    if letter is None:
        return None
    if not header and letter.header:
        header = _fields(message_from_string(_header_lines(letter.header)))
        message_id = _message_id(header)
    recipients = letter.recipients
    kind: Kind = (
        "delay" if recipients and all(one.action == "delayed" for one in recipients) else "bounce"
    )
    return Report(kind, recipients, message_id, None, header, is_standard=False)


def _fields_only(text: str) -> str:
    """Return the text up to where the returned mail begins."""
    end = text.lower().find("\nreceived:")
    return text if end < 0 else text[:end]


def _leaves(message: Message, depth: int = 0, seen: list[int] | None = None) -> Iterator[Message]:
    """Yield the parts of the report itself; returned messages are one part each."""
    seen = [0] if seen is None else seen
    seen[0] += 1
    if seen[0] > _MAX_PARTS or depth > 10:
        return
    if message.get_content_maintype() == "multipart" and isinstance(message.get_payload(), list):
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1, seen)
    else:
        yield message


def _raw(part: Message) -> str:
    """Return a machine's part as text; the standard parser takes such parts for messages."""
    payload = part.get_payload()
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if isinstance(payload, list):
        text = "\n\n".join(_restored(block) for block in payload if isinstance(block, Message))
    else:
        text = str(payload)
    if encoding in ("base64", "quoted-printable"):
        bare = Message()
        bare["Content-Transfer-Encoding"] = encoding
        bare.set_payload(text.strip())
        octets = bare.get_payload(decode=True)
        text = decode(octets, "utf-8") if isinstance(octets, bytes) else text
    else:
        text = decode(text.encode("utf-8", "surrogateescape"))
    return text.replace("\r\n", "\n").replace("\r", "\n")[:_MAX_TEXT]


def _restored(block: Message) -> str:
    """Return a block's lines: its fields, and what the parser took for a body."""
    lines = [f"{name}: {value}" for name, value in block.items()]
    payload = block.get_payload()
    if isinstance(payload, list):
        lines.extend(_restored(inner) for inner in payload if isinstance(inner, Message))
    elif payload:
        lines += ["", str(payload)]
    return "\n".join(lines)


def _texts(leaves: Sequence[Message]) -> Iterator[str]:
    """Yield what the report says in words, up to the returned mail."""
    for leaf in leaves:
        kind = leaf.get_content_type()
        if kind in _RETURNED or kind in _HEADERS:
            return
        if kind == "text/html":
            yield html_to_text(_text(leaf))
        elif kind.startswith("text/") or (
            leaf.get_content_maintype() in ("multipart", "message")
            and isinstance(leaf.get_payload(), str)
        ):
            yield _text(leaf)


def _text(leaf: Message) -> str:
    payload = leaf.get_payload(decode=True)
    if not isinstance(payload, bytes):
        inner = leaf.get_payload()
        payload = str(inner).encode("utf-8", "surrogateescape")
    label = leaf.get_param("charset")
    text = decode(payload[:_MAX_TEXT], label if isinstance(label, str) else None)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _returned_header(leaves: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    for leaf in leaves:
        kind = leaf.get_content_type()
        payload = leaf.get_payload()
        if kind in _RETURNED and isinstance(payload, list) and payload:
            inner = payload[0]
            return _fields(inner) if isinstance(inner, Message) else ()
        if kind in _HEADERS:
            return _fields(message_from_string(_raw(leaf).lstrip()))
    return ()


def _fields(message: Message) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, " ".join(str(value).split())[:2000])
        for name, value in message.items()[:_KEPT_HEADERS]
    )


def _header_lines(text: str) -> str:
    """Return the returned header without the line that announces it."""
    lines = text.split("\n")
    while lines and (":" not in lines[0] or " " in lines[0].partition(":")[0].strip()):
        lines.pop(0)
    return "\n".join(lines[:400])


def _message_id(header: Sequence[tuple[str, str]]) -> str | None:
    for name, value in header:
        if name.lower() == "message-id":
            return value.strip().strip("<>").strip() or None
    return None


def _sender(message: Message, *, null_sender: bool) -> Sender:
    from_ = _header(message, "From")
    path = _header(message, "Return-Path").strip()
    people = {
        found.casefold()
        for name in ("From", "To", "Return-Path", "Sender")
        for found in dsn.addresses_in(_header(message, name))
    }
    submitted = _header(message, "Auto-Submitted").lower()
    return Sender(
        name=f"{dsn.address_in(from_)} {from_}",
        subject=_header(message, "Subject"),
        people=frozenset(people),
        is_null=null_sender or path in ("<>", "<MAILER-DAEMON>") or "mailer-daemon" in path.lower(),
        failed=_header(message, "X-Failed-Recipients"),
        is_reply=submitted.startswith("auto-replied"),
        is_answer=any(name in message for name in ("In-Reply-To", "References")),
    )


def _header(message: Message, name: str) -> str:
    wanted = name.lower()
    # As it came: `get` makes question marks of letters beyond ASCII.
    value = next((value for known, value in message.raw_items() if known.lower() == wanted), "")
    return header_text(str(value).encode("utf-8", "surrogateescape")[:10_000])
