"""A mail of an archive, as grouping sees it, and the archive laid out in its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from gateway.mail.reading import Reading
from gateway.rules.archive_subjects import topic_of
from gateway.rules.archive_texts import quoted_in, said_in

_SKEW = 2 * 3600.0


@dataclass(frozen=True, slots=True)
class Archived:
    """What grouping needs to know of a mail.

    writer: the address in From; answer_to: those in Reply-To; people: those in To and Cc; all
        in lower case.
    is_listed: it came over a mailing list, by its header fields.
    said, quoted: fingerprints of `archive_texts`.
    """

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str
    date: datetime | None
    writer: str
    writer_name: str = ""
    answer_to: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    is_listed: bool = False
    said: bytes = b""
    quoted: bytes = b""


def archived(reading: Reading) -> Archived:
    """Return what grouping needs to know of a mail that was read."""
    author = reading.from_[0] if reading.from_ else None
    own = f"{reading.text}\n{reading.signature}"
    forward = reading.forwarded.text if reading.forwarded else ""
    return Archived(
        message_id=reading.message_id,
        in_reply_to=reading.in_reply_to,
        references=reading.references,
        subject=reading.subject,
        date=reading.date,
        writer=author.address.lower() if author else "",
        writer_name=author.name if author else "",
        answer_to=tuple(box.address.lower() for box in reading.reply_to),
        people=tuple(box.address.lower() for box in (*reading.to, *reading.cc)),
        is_listed=reading.automatic == "bulk",
        said=said_in(own),
        quoted=quoted_in((reading.quoted_text, forward), own),
    )


class Laid:
    """Mails in an order that doesn't depend on the one in which they came: by date.

    headed: for each, the first mail of its thread as header fields tell it.
    """

    def __init__(self, mails: Sequence[Archived]) -> None:
        self.order = sorted(range(len(mails)), key=lambda number: place_of(mails[number]))
        self.mails = [mails[number] for number in self.order]
        self.seconds = [_seconds(mail) for mail in self.mails]
        self.topics = [topic_of(mail.subject) for mail in self.mails]
        self.headed: Sequence[int] = range(len(mails))

    def is_dated(self, at: int) -> bool:
        """Say whether it is known when a mail was written."""
        return self.seconds[at] != inf

    def is_before(self, parent: int, at: int, within: float) -> bool:
        """Say whether a mail is of another thread, and older by at most `within` seconds.

        Clocks differ: it may seem younger by two hours.
        """
        if self.headed[parent] == self.headed[at] or not self.is_dated(at):
            return False
        return -_SKEW <= self.seconds[at] - self.seconds[parent] <= within

    def latest_parent(self, at: int) -> float:
        """Return when the youngest mail was written that this one may answer, in seconds."""
        return self.seconds[at] + _SKEW


def place_of(mail: Archived) -> tuple[object, ...]:
    """Return what mails are ordered by: the date, then everything else that is known of them."""
    return (
        _seconds(mail), mail.message_id, mail.subject, mail.writer, mail.writer_name,
        mail.answer_to, mail.in_reply_to, mail.references, mail.people, mail.is_listed, mail.said,
        mail.quoted,
    )  # fmt: skip


def _seconds(mail: Archived) -> float:
    """Return when it was written, so that any two can be compared; the undated ones are last."""
    return inf if mail.date is None else mail.date.timestamp()
