"""A mail read whole: the one entry to reading."""

import email
import re
from collections.abc import Iterable
from email import policy

from gateway.mail import second_reader
from gateway.mail.absence import read_absence
from gateway.mail.address import sole_author
from gateway.mail.address_list import parse_addresses
from gateway.mail.attachments import read_attachments, unpack_winmail
from gateway.mail.automatic import judge_automatic
from gateway.mail.bodies import sort_parts
from gateway.mail.charsets import is_refused
from gateway.mail.encoded_words import header_text
from gateway.mail.errors import MailError
from gateway.mail.forwards import read_forward
from gateway.mail.headers import Fields, message_ids, parse_date
from gateway.mail.keepable import keepable_record
from gateway.mail.mailbox import Mailbox
from gateway.mail.parts import Tree, walk
from gateway.mail.quoting import trim
from gateway.mail.reading import Reading, ReadLimits
from gateway.mail.report import Report
from gateway.mail.reports import read_report
from gateway.mail.texts import Texts, read_texts

KEPT_FIELDS = frozenset(
    {
        "auto-submitted", "authentication-results", "content-language", "delivered-to",
        "feedback-id", "importance", "in-reply-to", "list-id", "list-post", "list-unsubscribe",
        "mailing-list", "message-id", "organization", "precedence", "priority", "references",
        "return-path", "sender", "thread-index", "thread-topic", "user-agent",
        "x-auto-response-suppress", "x-autorespond", "x-autoreply", "x-failed-recipients",
        "x-gateway-ref", "x-loop", "x-mailer", "x-postroom-ref", "x-priority", "x-spam-flag",
        "x-spam-status",
    }
)  # fmt: skip
_LONG_FIELDS = ("received", "dkim-signature", "arc-", "x-google-", "authentication-", "x-received")
_KEPT_CHARS = 2000
_KEPT = 100
_GOALS = (
    "to", "cc", "delivered-to", "x-original-to", "x-forwarded-to", "envelope-to", "resent-to",
    "x-envelope-to", "x-delivered-to", "apparently-to", "resent-cc", "x-forwarded-for",
)  # fmt: skip
_ADDRESSEES = 300
_REPORT_OCTETS = 512 * 1024
_HEAD_OCTETS = 16 * 1024
_REPORT_TYPES = frozenset(
    {
        "message/delivery-status", "message/global-delivery-status", "message/feedback-report",
        "message/disposition-notification", "message/global-disposition-notification",
        "text/rfc822-headers",
    }
)  # fmt: skip
_DEFAULT_LIMITS = ReadLimits()
_SOMETHING = re.compile(rb"[^\r\n\t \0]")


def read(raw: bytes, *, limits: ReadLimits = _DEFAULT_LIMITS, null_sender: bool = False) -> Reading:
    """Return what a mail says; beyond the limits, what can be said of it.

    raw: line ends may be CRLF or LF, or CR alone as old Macintosh files have them.
    null_sender: whether it came with the null reverse-path.

    Raises MailError if there is nothing in it.
    """
    if _SOMETHING.search(raw) is None:  # no strip, which copies what may be large
        raise MailError("the message is empty")
    if b"\r" in raw[: limits.header_octets] and b"\n" not in raw[: limits.header_octets]:
        raw = raw.replace(b"\r", b"\n")
    tree = walk(raw, limits)
    fields = tree.root.fields
    bodies = sort_parts(tree.root)
    bodies.attachments, packed = unpack_winmail(raw, bodies.attachments)
    texts = read_texts(raw, bodies, limits, packed=packed)
    hint = next((part.parameters.get("charset") for part in bodies.text), None)
    subject = fields.text("subject", hint=hint)
    from_ = parse_addresses(fields.all("from"), hint=hint)
    date = parse_date(fields.text("date"))
    full_text = texts.full
    defects = [*tree.defects, *texts.defects]
    if (opinion := _second_opinion(raw, tree, texts, from_, is_dated=date is not None)) is not None:
        from_ = from_ if _has_address(from_) else opinion.from_ or from_
        date = date or opinion.date
        full_text = full_text or opinion.text
        defects.append("second_reader")
    trimmed = trim(full_text, html=texts.html_source)
    report = _report(raw, tree, from_, null_sender=null_sender)
    verdict = judge_automatic(
        _short_fields(fields, hint),
        null_sender=null_sender,
        report=report,
        subject=subject,
        text=trimmed.text,
    )
    addressees = _addressees(fields)
    absence = None
    if verdict.kind == "auto_reply":
        own = (*(mailbox.address for mailbox in from_), *addressees)
        absence = read_absence(trimmed.text, written=date.date() if date else None, own=own)
    return Reading(
        subject=subject,
        from_=from_,
        author=sole_author(fields.all("from")),
        to=parse_addresses(fields.all("to"), hint=hint),
        cc=parse_addresses(fields.all("cc"), hint=hint),
        reply_to=parse_addresses(fields.all("reply-to"), hint=hint),
        addressees=addressees,
        date=date,
        message_id=next(iter(_ids(fields, "message-id")), ""),
        in_reply_to=_ids(fields, "in-reply-to"),
        references=_ids(fields, "references"),
        headers=_kept(fields, hint),
        full_text=full_text,
        text=trimmed.text,
        quoted_text=trimmed.quoted_text,
        signature=trimmed.signature,
        trim_method=trimmed.method,
        forwarded=read_forward(full_text, subject),
        html=texts.html,
        blocked_pictures=texts.blocked_pictures,
        attachments=read_attachments(
            raw,
            [*bodies.attachments, *texts.cut],
            texts.html,
            limits,
            packed=packed,
            files=texts.files,
        ),
        automatic=verdict.kind,
        automatic_why=verdict.why,
        report=report,
        attached_report=_attached_report(raw, tree) if report is None else None,
        absence=absence,
        readable=not tree.is_cut,
        defects=tuple(defects),
    )


def _attached_report(raw: bytes, tree: Tree) -> Report | None:
    """Return what the first attached message reports, None if there is none or it reports nothing.

    Only what says by its type that it is a report: a person may attach any mail.
    """
    for part in tree.root.leaves():
        if part.content_type != "message/rfc822":
            continue
        head = raw[part.start : min(part.end, part.start + _HEAD_OCTETS)].lower()
        if b"report-type" not in head or _is_trap(tree):
            return None
        try:
            octets = part.octets(raw)[:_REPORT_OCTETS]
            message = email.message_from_bytes(octets, policy=policy.compat32)
            return keepable_record(read_report(message, null_sender=True))
        except (RecursionError, UnicodeError):
            return None
    return None


def _ids(fields: Fields, name: str) -> tuple[str, ...]:
    return message_ids(" ".join(header_text(value) for value in fields.all(name)))


def _addressees(fields: Fields) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in _GOALS:
        for mailbox in parse_addresses(fields.all(name)):
            if "@" in mailbox.address:
                found[mailbox.address] = None
    return tuple(found)[:_ADDRESSEES]


def _kept(fields: Fields, hint: str | None) -> tuple[tuple[str, str], ...]:
    kept = [
        (name.lower(), header_text(value[:_KEPT_CHARS], hint=hint))
        for name, value in fields
        if name.lower() in KEPT_FIELDS
    ]
    return tuple(kept[:_KEPT])


def _short_fields(fields: Fields, hint: str | None) -> list[tuple[str, str]]:
    """Return the fields, decoded, but for traces and signatures, which are long and say nothing."""
    return [
        (name, header_text(value[:_KEPT_CHARS], hint=hint))
        for name, value in fields
        if not name.lower().startswith(_LONG_FIELDS)
    ]


def _has_address(mailboxes: Iterable[Mailbox]) -> bool:
    return any("@" in mailbox.address for mailbox in mailboxes)


def _second_opinion(
    raw: bytes, tree: Tree, texts: Texts, from_: tuple[Mailbox, ...], *, is_dated: bool
) -> second_reader.Opinion | None:
    """Return what mail-parser says, where our walk misses what should be there."""
    fields, body = tree.root.fields, tree.root.start
    is_wordless = not texts.full and bool(tree.defects) and bool(raw[body : body + 64].strip())
    is_headless = (fields.first("date") is not None and not is_dated) or (
        fields.first("from") is not None and not _has_address(from_)
    )
    if not (is_wordless or is_headless) or _is_trap(tree):
        return None
    return second_reader.ask(raw if is_wordless else raw[:body], body=body)


def _report(
    raw: bytes, tree: Tree, from_: tuple[Mailbox, ...], *, null_sender: bool
) -> Report | None:
    """Return what the mail reports, if it is a report.

    An answer that a person wrote names the mail that it answers; it is not searched.
    """
    fields = tree.root.fields
    is_answer = fields.first("in-reply-to") is not None or fields.first("references") is not None
    is_by_machine = (
        null_sender
        or fields.text("auto-submitted").lower() not in {"", "no"}
        or fields.first("x-failed-recipients") is not None
        or any(part.content_type in _REPORT_TYPES for part in tree.root.leaves())
        or any(_is_daemon(mailbox.address) for mailbox in from_)
    )
    if (is_answer and not is_by_machine) or _is_trap(tree):
        return None
    try:
        message = email.message_from_bytes(raw[:_REPORT_OCTETS], policy=policy.compat32)
        return keepable_record(read_report(message, null_sender=null_sender))
    except (RecursionError, UnicodeError):
        return None  # messages within messages within messages; charsets within them


def _is_trap(tree: Tree) -> bool:
    """Say whether the standard library, on which others build, shall not have the mail."""
    return tree.is_cut or any(
        is_refused(part.parameters.get("charset")) for part in tree.root.leaves()
    )


def _is_daemon(address: str) -> bool:
    local = address.partition("@")[0].lower()
    return "daemon" in local or local in {"postmaster", "postmast", "bounce", "bounces", "mailer"}
