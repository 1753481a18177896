"""A conversation as pages show it: messages and payments in the order they came."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.mail.html_clean import blocked_pictures, remote_pictures
from gateway.mail.parameters import content_type
from gateway.rules.customer_pages import BY_LINK
from gateway.rules.model import (
    Attachment,
    Channel,
    Delivery,
    Direction,
    Invoice,
    Message,
    Payment,
)
from gateway.rules.promises import PROMISE
from gateway.web.bills import BY_METHOD
from gateway.web.fate import Fate
from gateway.web.kinds import words_of
from gateway.web.promise_line import promise_line
from gateway.web.why import Why, why
from gateway.web.wording import Wording, in_zone

PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
TEXTS = frozenset({"text/csv", "text/plain"})
"""What a page of ours can show."""

SHOWN_ENTRIES = 50
"""How many of the newest entries a page shows at first."""

SHOWN_CHARS = 50_000
"""What a page shows of one text; more would be slow to read and slow to send."""

_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}")
_WAYS = {
    Channel.EMAIL: "by email",
    Channel.CHAT: "in the chat",
    Channel.API: "by email",
    Channel.SYSTEM: "",
}


@dataclass(frozen=True, slots=True)
class File:
    """An attachment in words. viewable: a page of ours can show it.

    look: the icon's name. by, at, day: who sent it and when, where that is told.
    """

    id: str
    name: str
    kind: str
    size: str
    viewable: bool = False
    look: str = "file"
    by: str = ""
    at: datetime | None = None
    day: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A doubt about a sender. tone: "warn" | "quiet"; why: what it means."""

    words: str
    tone: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A message or a line of the system. side: "own" | "other" | "note" | "system".

    stranger: the address to approve, "" if there is nobody to approve.
    is_formatted: it can be shown as it was laid out. blocked: how many pictures are not loaded.
    has_pictures: some of these can be fetched.
    """

    id: str
    side: str
    at: datetime
    time: str
    text: str = ""
    name: str = ""
    way: str = ""
    quoted: str = ""
    quoted_title: str = ""
    signature: str = ""
    automatic: str = ""
    files: tuple[File, ...] = ()
    fates: tuple[Fate, ...] = ()
    badges: tuple[Badge, ...] = ()
    stranger: str = ""
    alarm: bool = False
    shortened: bool = False
    why: Why | None = None
    is_formatted: bool = False
    blocked: str = ""
    has_pictures: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a conversation, and how things are told to them.

    is_own: says which messages the reader (or the reader's company) wrote.
    name_of: the name to show for a message. fates_of: the fate of a message of the company.
    """

    say: Wording
    timezone: str
    company: str
    is_own: Callable[[Message], bool]
    name_of: Callable[[Message], str]
    fates_of: Callable[[Message, Sequence[Delivery]], tuple[Fate, ...]]
    staff: bool = False


def timeline(
    messages: Sequence[Message],
    invoices: Sequence[Invoice],
    deliveries: Mapping[str, Sequence[Delivery]],
    reader: Reader,
) -> list[Entry]:
    """Return the entries, oldest first."""
    entries: list[Entry] = []
    by_id = {invoice.id: invoice for invoice in invoices}
    for message in messages:
        invoice = by_id.get(message.invoice_id or "")
        if message.kind == PROMISE:
            entries.append(_line(message, reader))
            continue
        if message.kind == "invoice" and invoice is not None:
            entries.append(_sent(message, invoice, reader))
            if not message.text.strip() and not _files(message, invoice, reader.say):
                entries[-1] = _with_fates(entries[-1], message, deliveries, reader)
                continue
        entries.append(_entry(message, invoice, deliveries, reader))
    paid = [_paid(invoice, one, reader) for invoice in invoices for one in invoice.payments]
    return _merged(entries, sorted(paid, key=lambda entry: entry.at))


def _merged(entries: Sequence[Entry], paid: Sequence[Entry]) -> list[Entry]:
    """Return both; messages stay in the order of the store, payments find their place."""
    merged: list[Entry] = []
    waiting = list(reversed(paid))
    for entry in entries:
        while waiting and waiting[-1].at < entry.at:
            merged.append(waiting.pop())
        merged.append(entry)
    return merged + list(reversed(waiting))


def files_of(attachments: Sequence[Attachment], say: Wording) -> tuple[File, ...]:
    """Return attachments in words."""
    return tuple(
        File(
            one.id,
            one.filename or say.text("Unnamed file"),
            kind_of(one),
            say.size(one.size),
            is_viewable(one),
            _look(one),
        )
        for one in attachments
    )


def gallery(messages: Sequence[Message], reader: Reader) -> tuple[File, ...]:
    """Return the files of all messages, each with who sent it and on which day."""
    return tuple(
        replace(
            file,
            by=reader.name_of(message),
            at=message.received_at,
            day=reader.say.short_day(in_zone(message.received_at, reader.timezone).date()),
        )
        for message in messages
        for file in files_of([one for one in message.attachments if not one.inline], reader.say)
    )


def _look(attachment: Attachment) -> str:
    kind = content_type(attachment.content_type)
    if kind.startswith("image/"):
        return "picture"
    return "pages" if kind == "application/pdf" or kind in TEXTS else "file"


def is_viewable(attachment: Attachment) -> bool:
    """Say whether a page of ours can show it: by its type; a false type shows nothing."""
    return content_type(attachment.content_type) in PICTURES | TEXTS


def kind_of(attachment: Attachment) -> str:
    """Return the kind of a file in a word: its ending, else what its type says."""
    ending = attachment.filename.rpartition(".")[2] if "." in attachment.filename else ""
    if 0 < len(ending) <= 5 and ending.isascii() and ending.isalnum():
        return ending.upper()
    return attachment.content_type.partition("/")[2].upper()[:8] or "FILE"


def _entry(
    message: Message,
    invoice: Invoice | None,
    deliveries: Mapping[str, Sequence[Delivery]],
    reader: Reader,
) -> Entry:
    say, own = reader.say, reader.is_own(message)
    side = "note" if message.direction is Direction.NOTE else "own" if own else "other"
    quoted = message.quoted_text.strip("\r\n")
    incoming = message.direction is Direction.IN
    text = message.text if message.readable else say.text("This message could not be read.")
    hidden = incoming and reader.staff and not message.visible
    doubts = _doubts(message, say) if incoming and reader.staff else ()
    return Entry(
        id=message.id,
        side=side,
        at=message.received_at,
        time=say.moment(message.received_at, reader.timezone),
        text=text[:SHOWN_CHARS].strip("\r\n"),
        name=reader.name_of(message),
        way="" if side == "note" else say.text(_way(message)),
        quoted=quoted[:SHOWN_CHARS],
        quoted_title=_quoted_title(quoted, say),
        signature=message.signature[:2000].strip(),
        automatic=_automatic(message, say),
        files=_files(message, invoice, say),
        fates=reader.fates_of(message, deliveries.get(message.id, ())),
        badges=doubts,
        stranger=message.from_.address if hidden else "",
        shortened=max(len(text), len(quoted)) > SHOWN_CHARS,
        why=why(message, say) if reader.staff else None,
        is_formatted=incoming and reader.staff and message.html is not None,
        blocked=_blocked(message, say) if incoming and reader.staff else "",
        has_pictures=incoming and reader.staff and bool(remote_pictures(message.html or "")),
        alarm=bool(doubts and doubts[0].tone == "warn" and _IBAN.search(text[:SHOWN_CHARS])),
    )


def _way(message: Message) -> str:
    return "by link" if message.kind == BY_LINK else _WAYS[message.channel]


def _files(message: Message, invoice: Invoice | None, say: Wording) -> tuple[File, ...]:
    """Return what a message brought along, without the invoice's PDF: that has its own button."""
    pdf = invoice.pdf_attachment_id if invoice else None
    return files_of([one for one in message.attachments if one.id != pdf and not one.inline], say)


def _with_fates(
    entry: Entry, message: Message, deliveries: Mapping[str, Sequence[Delivery]], reader: Reader
) -> Entry:
    fates = reader.fates_of(message, deliveries.get(message.id, ()))
    return Entry(message.id, "system", entry.at, entry.time, text=entry.text, fates=fates)


def _line(message: Message, reader: Reader) -> Entry:
    text = promise_line(message, reader.say)
    when = reader.say.moment(message.received_at, reader.timezone)
    return Entry(message.id, "system", message.received_at, when, text=text)


def _sent(message: Message, invoice: Invoice, reader: Reader) -> Entry:
    say = reader.say
    low = say.text(words_of(invoice.kind).low, number=invoice.number)
    words = say.text("{company} sent {document}", company=reader.company, document=low)
    when = say.moment(message.received_at, reader.timezone)
    return Entry(f"sent-{message.id}", "system", message.received_at, when, text=words)


def _paid(invoice: Invoice, payment: Payment, reader: Reader) -> Entry:
    say = reader.say
    facts = {
        "name": str(invoice.customer.get("name") or say.text("The customer")),
        "company": reader.company,
        "amount": say.money(payment.amount, invoice.currency),
        "way": say.text(BY_METHOD.get(payment.method, "")),
        "date": say.day(payment.on),
        "number": invoice.number,
    }
    if payment.withdrawn:
        words = "Taken back: {amount}{way} on {date} for {number}."
    elif payment.by == "customer" and not payment.confirmed:
        words = "{name} says: paid {amount}{way} on {date}. {company} will confirm."
    elif payment.by == "provider":
        words = "Paid online: {amount} on {date} for {number}."
    else:
        words = "{company} confirmed the payment of {amount}{way} on {date} for {number}."
    text = say.text(words, **facts)
    if payment.note:
        text += "\n" + say.text("Note: {note}", note=payment.note)
    when = say.moment(payment.created_at, reader.timezone)
    return Entry(payment.id, "system", payment.created_at, when, text=text)


def _quoted_title(quoted: str, say: Wording) -> str:
    lines = quoted.count("\n") + 1
    return say.many("Show quoted text ({n} line)", "Show quoted text ({n} lines)", lines)


def _blocked(message: Message, say: Wording) -> str:
    count = blocked_pictures(message.html or "")
    return say.many("{n} picture blocked", "{n} pictures blocked", count) if count else ""


def _automatic(message: Message, say: Wording) -> str:
    """Return the title that an automatic message is folded under, "" for others."""
    match message.automatic:
        case None:
            return ""
        case "bounce" | "delay" | "report":
            return say.text("Report of a mail server")
        case _:
            return say.text("Automatic reply")


_LOOKS_LIKE = {
    "name_has_other_address": "The name shows {about}, but the mail came from another address.",
    "name_of_somebody_else": "The name is that of {about}, but the address is another one.",
    "lookalike_address": "The address looks like {about}, but is another one.",
    "lookalike_domain": "The domain looks like {about}, but is another one.",
    "mixed_scripts": "{about} mixes letters of two alphabets, as forged names do.",
}


def _doubts(message: Message, say: Wording) -> tuple[Badge, ...]:
    """Return what is doubtful about a sender, as ux.md, 2.3 tells it."""
    badges: list[Badge] = []
    domain = message.from_.address.rpartition("@")[2]
    verdict = str(message.authentication.get("verdict") or "none")
    if message.channel is Channel.EMAIL and verdict == "fail":
        why = (
            "We could not confirm that this mail really came from {domain}. "
            "Don't act on payment details in it before you have called."
        )
        badges.append(Badge(say.text("Unverified sender"), "warn", say.text(why, domain=domain)))
    elif message.channel is Channel.EMAIL and verdict != "pass":
        why = "Whether this mail really came from {domain} could not be checked."
        badges.append(Badge(say.text("Sender not checked"), "quiet", say.text(why, domain=domain)))
    if not message.sender_expected:
        why = "{address} is not the address that we wrote to."
        text = say.text(why, address=message.from_.address)
        badges.insert(0, Badge(say.text("New address"), "warn", text))
    for warning in message.suggestions.get("sender_warnings", ()):
        text = say.text(_LOOKS_LIKE[warning["code"]], about=warning["about"])
        badges.insert(0, Badge(say.text("Looks like somebody else"), "warn", text))
    return tuple(badges)
