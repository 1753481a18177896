"""Mail of an archive is read and stored, conversation by conversation; nothing is ever sent.

An import is no mail that comes in: it tells of each new conversation once
(`conversation.created`) and of no message; what it brings is read already and closed; reports
in it change no delivery and no suppression. The same mail again is skipped: a message's id
is made of its bytes, and what came by mx before is told by its Message-ID, sender and text.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from gateway.flow.context import Context
from gateway.flow.import_people import Correspondents
from gateway.flow.people import latest
from gateway.flow.reading_in import UNVERIFIED, forwarded_of, keep_documents
from gateway.flow.receive import dedupe_of
from gateway.flow.report import bounces_of
from gateway.mail.errors import MailError
from gateway.mail.headers import parse_date, read_head
from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.ports.correspondence import Kept
from gateway.ports.lists import Taken
from gateway.ports.parser import Parser, ReaderDied
from gateway.ports.reception import Content
from gateway.ports.store import Work
from gateway.rules import archive, events, ids
from gateway.rules.model import (
    IMPORTED,
    Attachment,
    Channel,
    Conversation,
    Direction,
    Message,
    Tenant,
    Threading,
)
from gateway.rules.replies import snippet_of

log = structlog.get_logger()

_EVIDENCE = {
    archive.HEADERS: "import: In-Reply-To or References name mail of its conversation",
    "series": "import: its headers are lost; it is a part of the same series",
    "quotes": "import: its headers are lost; it quotes mail of its conversation",
    "answer": "import: its headers are lost; it answers mail between the same people",
    "list": "import: its headers are lost; it answers mail of the same mailing list",
    archive.FIRST: "import: mail of its conversation answers it",
}
_REPORTS = frozenset({"bounce", "delay", "report"})
_TRIES = 5
_MOST_CRASHES = 3
_HEADER_OCTETS = 64 * 1024
_FIELDS = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_END = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FromArchive:
    """A mail of an archive.

    content: CRLF line ends; its file is taken over.
    tie: what ties it to its conversation, a word of `rules.archive`.
    names: Message-IDs of its conversation's mails, by which mail that is here already is found.
    conversation_id: where the mails before it went, or None for the first.
    """

    content: Content
    tie: str
    names: Sequence[str] = ()
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a mail. state: "imported", "skipped" (it was here), "unreadable" (kept)."""

    state: str
    message_id: str
    conversation_id: str
    is_new_conversation: bool = False


class Importing:
    """Brings mails of one company in; own: see `import_people.Correspondents`."""

    def __init__(
        self, context: Context, parser: Parser, tenant: Tenant, own: frozenset[str]
    ) -> None:
        """Read by `parser`, store through `context`."""
        self._context = context
        self._parser = parser
        self._tenant = tenant
        self._people = Correspondents(context, tenant, own)

    async def bring(self, mail: FromArchive) -> Brought:
        """Store a mail, the mails above it in its conversation first. Raises Fault."""
        context, tenant = self._context, self._tenant
        message_id = await self._id_of(mail.content)
        known = await context.store.read(lambda work: work.messages.get(tenant.id, message_id))
        if known is not None:
            return Brought("skipped", known.id, known.conversation_id)
        reading = await self._read(mail.content)
        raw = await context.blobs.keep(tenant.id, mail.content)
        at = min(reading.date or context.clock.now(), context.clock.now())
        attachments, kept = await keep_documents(context, tenant.id, message_id, reading, at)
        message = self._message(message_id, reading, raw, attachments, at)
        for _ in range(_TRIES):
            try:
                return await context.store.write(
                    lambda work: self._store(work, mail, message, reading, (raw, *kept))
                )
            except Taken:
                # Two people got the same 40 random bits: roll again.
                continue
        raise Taken("ref")

    async def _id_of(self, content: Content) -> str:
        """Return an id made of the mail's bytes, so that the same mail has the same one."""
        head = read_head(
            content.head, 0, len(content.head), octets=_HEADER_OCTETS, fields=_FIELDS
        ).fields
        date = parse_date(head.text("date")) or _EPOCH
        dedupe = await dedupe_of(content)
        chance = hashlib.sha256(f"{self._tenant.id}\n{dedupe}".encode()).digest()
        at = date if _EPOCH <= date < _CLOCKS_END else _EPOCH
        return ids.new_id(ids.MESSAGE, at, chance[: ids.RANDOM_OCTETS])

    async def _read(self, content: Content) -> Reading:
        source = Path(content.path) if content.path is not None else content.data or b""
        for _ in range(_MOST_CRASHES):
            try:
                return await self._parser.read(source)
            except ReaderDied as death:
                log.warning("reader.died", why=str(death))
            except MailError as error:
                log.info("message.unreadable", why=str(error))
                break
        return Reading(readable=False)

    def _message(
        self,
        message_id: str,
        reading: Reading,
        raw: Kept,
        attachments: tuple[Attachment, ...],
        at: datetime,
    ) -> Message:
        author = reading.from_[0] if reading.from_ else Mailbox("", "")
        return Message(
            id=message_id,
            tenant_id=self._tenant.id,
            conversation_id="",
            direction=Direction.OUT if self._people.is_own(author.address) else Direction.IN,
            channel=Channel.EMAIL,
            from_=author,
            to=reading.to,
            cc=reading.cc,
            reply_to=reading.reply_to,
            subject=reading.subject,
            date=reading.date,
            received_at=at,
            message_id=reading.message_id or None,
            in_reply_to=reading.in_reply_to,
            references=reading.references,
            text=reading.text,
            quoted_text=reading.quoted_text,
            signature=reading.signature,
            full_text=reading.full_text,
            html=reading.html,
            forwarded=forwarded_of(reading),
            authentication=UNVERIFIED,
            automatic=reading.automatic,
            bounces=bounces_of(reading.report) if reading.report else (),
            readable=reading.readable,
            kind=IMPORTED,
            raw_sha256=raw.sha256,
            raw_size=raw.size,
            attachments=attachments,
        )

    def _store(
        self,
        work: Work,
        mail: FromArchive,
        message: Message,
        reading: Reading,
        kept: Sequence[Kept],
    ) -> Brought:
        context, tenant = self._context, self._tenant
        same = self._same(work, message)
        if same is not None:
            return Brought("skipped", same.id, same.conversation_id)
        conversation = self._home(work, mail)
        is_new = conversation is None
        rule = "new" if is_new and mail.tie == archive.FIRST else "references"
        if conversation is None:
            conversation = self._people.conversation(message)
            work.conversations.add(conversation)
            about = events.about_conversation(conversation)
            now = context.clock.now()
            work.events.add(context.event(tenant.id, events.CONVERSATION_CREATED, now, about))
            work.wake("events")
            people = []
            if "@" in conversation.customer.address:
                people = [self._people.person(conversation, conversation.customer, role="customer")]
                work.conversations.add_participant(people[0])
        else:
            people = list(work.conversations.participants(tenant.id, conversation.id))
        for one in kept:
            work.contents.add(one)
        evidence = "import: nothing before it" if rule == "new" else _EVIDENCE[mail.tie]
        placed = replace(
            message,
            conversation_id=conversation.id,
            threading=Threading(rule, evidence),
            **self._people.standing(work, conversation, people, message),
        )
        work.messages.add(placed)
        self._bring_up(work, conversation, placed)
        state = "imported" if reading.readable else "unreadable"
        return Brought(state, message.id, conversation.id, is_new)

    def _same(self, work: Work, message: Message) -> Message | None:
        """Return the message if it is here, from an archive or because it came or went by mail."""
        found = work.messages.get(self._tenant.id, message.id)
        if found is not None or message.message_id is None:
            return found
        for known in work.messages.known(self._tenant.id, [message.message_id]):
            other = work.messages.get(self._tenant.id, known.id)
            if other is None or other.from_.address.lower() != message.from_.address.lower():
                continue
            if known.is_ours or _words(other.full_text) == _words(message.full_text):
                return other
        return None

    def _home(self, work: Work, mail: FromArchive) -> Conversation | None:
        """Return the conversation of the mails before it, or of mail that is here already."""
        found = None
        if mail.conversation_id is not None:
            found = work.conversations.get(self._tenant.id, mail.conversation_id)
        if found is None and mail.names:
            for known in work.messages.known(self._tenant.id, mail.names)[:1]:
                found = work.conversations.get(self._tenant.id, known.conversation_id)
        return None if found is None else latest(work, found)

    def _bring_up(self, work: Work, conversation: Conversation, message: Message) -> None:
        """Let the conversation show its newest message."""
        newest = conversation.last_message_at
        if message.automatic in _REPORTS or (newest is not None and newest > message.received_at):
            return
        work.conversations.change(
            replace(
                conversation,
                last_message=snippet_of(message.text or message.subject),
                last_message_at=message.received_at,
                updated_at=max(conversation.updated_at, message.received_at),
            )
        )


def _words(text: str) -> str:
    return " ".join(text.split())
