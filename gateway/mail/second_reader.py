"""A second opinion on odd mail, by the package mail-parser.

Our own walk reads nearly all mail, in less time. Where it finds a date, an author or any
words missing that a field or the bytes say are there, mail-parser, whose repairs are others,
is asked. It takes quadratic time on some bytes, so what it gets is small and counted first;
its answer is for showing, and proves nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.mail.encoded_words import one_line
from gateway.mail.keepable import keepable
from gateway.mail.mailbox import Mailbox

OCTETS = 256 * 1024
_HEADER_OCTETS = 16 * 1024
_DELIMITERS = 300
_WORDS = 300


@dataclass(frozen=True, slots=True)
class Opinion:
    """What mail-parser read: "" and None for what it found missing too."""

    from_: tuple[Mailbox, ...]
    subject: str
    date: datetime | None
    text: str


def ask(raw: bytes, *, body: int) -> Opinion | None:
    """Return what mail-parser makes of a mail, or None if it shall not try.

    body: where the body begins; pass only the header where nothing else is asked.
    """
    if (
        len(raw) > OCTETS
        or body > _HEADER_OCTETS
        or raw.count(b"\n--") > _DELIMITERS
        or raw.count(b"=?") > _WORDS
    ):
        return None
    # Imported late: few mails need it, and readers shall stay small.
    import mailparser  # noqa: PLC0415
    from mailparser.exceptions import MailParserError  # noqa: PLC0415

    try:
        parsed = mailparser.MailParser.from_bytes(raw)
        date = parsed.date
        return Opinion(
            from_=tuple(
                Mailbox(one_line(keepable(name)), one_line(keepable(address)))
                for name, address in parsed.from_
            ),
            subject=one_line(keepable(parsed.subject or "")),
            date=date if isinstance(date, datetime) and date.tzinfo is not None else None,
            text=keepable("\n\n".join(parsed.text_plain)).replace("\r\n", "\n"),
        )
    except (MailParserError, RecursionError, ValueError, LookupError, AttributeError, TypeError):
        return None  # its trouble with the bytes, not ours
