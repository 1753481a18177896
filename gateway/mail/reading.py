"""What reading a mail gives: plain frozen records, text without NULs and lone surrogates."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.mail.absence import Absence
from gateway.mail.einvoice import Document
from gateway.mail.forwards import Forwarded
from gateway.mail.mailbox import Mailbox
from gateway.mail.report import Report


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much of a mail is read. What lies beyond is kept with its bytes, not shown.

    parts, nesting: of MIME entities; header_octets, fields: of each of their headers.
    text_chars: of the plain text; a longer one is also an attachment.
    html_chars: of the HTML before it is cleaned.
    """

    parts: int = 100
    nesting: int = 20
    header_octets: int = 64 * 1024
    fields: int = 1000
    text_chars: int = 1024 * 1024
    html_chars: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """One document of a mail: in `content`, or in the file at `path`, which its taker owns.

    filename: safe to show and to download under; never empty.
    sha256: hexadecimal, of the content.
    inline: it is shown within the mail.
    content_id: without angle brackets, None if not given.
    document: the electronic invoice that it is, or holds, or None.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    content_id: str | None = None
    content: bytes | None = field(default=None, repr=False)
    path: str | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail as its reader sees it.

    from_, to, cc, reply_to: as the fields say, for showing. None of it proves anything.
    author: the one address in the one From field, None where there is any doubt; the only
        value that decisions about identity may take (`address.sole_author`).
    addressees: every address that the mail names as its goal, in the order in which they are
        searched for tokens: To, Cc, Delivered-To, X-Original-To, X-Forwarded-To, Envelope-To,
        Resent-To and their like.
    date: aware, None if there is none that can be read.
    message_id, in_reply_to, references: without angle brackets; message_id "" if there is none.
    headers: the fields of `message.KEPT_FIELDS`, names in lower case, values decoded.
    full_text: everything in it that is text, or the HTML as text; text, quoted_text, signature:
        its parts; trim_method: `quoting.Trimmed.method`.
    html: harmless, None if there is none; `cid:` addresses are left for the page to rewrite;
        remote pictures keep theirs for `html_clean.with_pictures`; blocked_pictures: how many.
    automatic: "auto_reply", "bulk", "bounce", "delay", "report", "challenge", or None;
        automatic_why: what says so, in words.
    report: what the mail itself reports; attached_report: what a report says that somebody
        passed on as an attachment, in a mail that is no report.
    absence: what an "auto_reply" says of its writer's return, or None.
    readable: False where a limit cut something off.
    defects: what was odd, in the words of `parts.Tree` and `texts.Texts`, and "second_reader".
    """

    subject: str = ""
    from_: tuple[Mailbox, ...] = ()
    author: str | None = None
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    addressees: tuple[str, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    full_text: str = ""
    text: str = ""
    quoted_text: str = ""
    signature: str = ""
    trim_method: str = "whole"
    forwarded: Forwarded | None = None
    html: str | None = None
    blocked_pictures: int = 0
    attachments: tuple[Attachment, ...] = ()
    automatic: str | None = None
    automatic_why: str = ""
    report: Report | None = None
    attached_report: Report | None = None
    absence: Absence | None = None
    readable: bool = True
    defects: tuple[str, ...] = ()
