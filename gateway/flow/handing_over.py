"""Mail that a service hands over in parts, by HTTP: made into bytes, then submitted like any."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.contents import taken
from gateway.flow.context import Context
from gateway.flow.drafts import Document
from gateway.flow.people import refuse_own_domains
from gateway.flow.refusal import invalid
from gateway.flow.submission import SubmissionReception
from gateway.mail.compose import Outgoing, compose
from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.errors import MailError
from gateway.mail.headers import message_ids
from gateway.mail.mailbox import Mailbox
from gateway.ports.reception import Content
from gateway.ports.store import Work
from gateway.rules.labels import NO_LABELS, Labels
from gateway.rules.model import Tenant
from gateway.rules.own_fields import is_own_field

_OF_THE_THREAD = frozenset({"message-id", "in-reply-to", "references"})
_COMMANDS = "x-postroom-"


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that the HTML shows by `cid:` and this id."""

    content_id: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class MailDraft:
    """A mail in parts.

    headers: further fields; of the gateway's own ones Message-ID, In-Reply-To and References
        may stand there, and the commands X-Postroom-*.
    pictures: (Content-ID, file).
    leaves_at: it is queued now, and leaves not before then; None: at once.
    """

    from_: Mailbox
    to: tuple[Mailbox, ...]
    subject: str
    text: str = ""
    html: str | None = None
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Document, ...] = ()
    pictures: tuple[tuple[str, Document], ...] = ()
    labels: Labels = NO_LABELS
    leaves_at: datetime | None = None

    @property
    def recipients(self) -> tuple[Mailbox, ...]:
        """Everybody it goes to, each address once."""
        everybody = (*self.to, *self.cc, *self.bcc)
        return tuple({box.address.lower(): box for box in reversed(everybody)}.values())[::-1]


class HandingOver:
    """Submits mail that came in parts: the same way as mail that came by SMTP."""

    def __init__(self, context: Context, submission: SubmissionReception) -> None:
        """Hand the mail to `submission`."""
        self._context = context
        self._submission = submission

    async def hand_over(self, tenant: Tenant, draft: MailDraft) -> str:
        """Queue the mail, and return its message's id.

        Raises Refused: own domains, fields of the gateway, `foreign_from`, `rate_limited`,
        what no mail can hold; Fault.
        """
        refuse_own_domains(self._context, draft.recipients, "to")
        check_headers(draft.headers)
        mail = replace(
            self._outgoing(draft),
            images=tuple([await _picture(*one) for one in draft.pictures]),
            attachments=tuple([await _file(one) for one in draft.attachments]),
        )
        try:
            raw = await asyncio.to_thread(compose, mail)
        except MailError as error:
            raise invalid("message", f"No mail can be made of it: {error}") from error
        recipients = tuple(Recipient(box.address) for box in draft.recipients)
        envelope = Envelope(draft.from_.address, recipients)
        leaves_at = draft.leaves_at
        return await self._submission.hand_over(tenant, envelope, raw, draft.labels, leaves_at)

    async def stopped(self, tenant: Tenant, boxes: Sequence[Mailbox]) -> Sequence[str]:
        """Return those of the addresses that get no mail of the company (suppressed)."""
        addresses = [box.address.lower() for box in boxes]

        def look(work: Work) -> Sequence[str]:
            return [one for one in addresses if work.suppressions.get(tenant.id, one) is not None]

        return await self._context.store.read(look)

    def _outgoing(self, draft: MailDraft) -> Outgoing:
        thread = {name: message_ids(value) for name, value in _thread_fields(draft.headers)}
        return Outgoing(
            from_=draft.from_,
            to=draft.to,
            subject=draft.subject,
            date=self._context.clock.now(),
            message_id=next(iter(thread.get("message-id", ())), ""),
            text=draft.text,
            cc=draft.cc,
            in_reply_to=thread.get("in-reply-to", ()),
            references=thread.get("references", ()),
            extra=tuple(one for one in draft.headers if one[0].lower() not in _OF_THE_THREAD),
            html=draft.html,
        )


def check_headers(headers: Sequence[tuple[str, str]]) -> None:
    """Raise Refused for a field that the gateway writes itself."""
    for name, _ in headers:
        known = name.lower()
        ours = is_own_field(known) and not known.startswith(_COMMANDS)
        if ours and known not in _OF_THE_THREAD:
            raise invalid("headers", f"{name[:76]} is set by the gateway.", code="invalid_header")


def _thread_fields(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers if name.lower() in _OF_THE_THREAD]


async def in_memory(documents: Sequence[Document]) -> tuple[Document, ...]:
    """Return documents that more than one mail may take; their files are gone after it."""
    return tuple([replace(one, content=await _bytes(one.content)) for one in documents])


async def _file(document: Document) -> tuple[str, str, bytes]:
    return document.filename, document.content_type, await _bytes(document.content)


async def _picture(content_id: str, document: Document) -> Picture:
    return Picture(content_id, document.content_type, await _bytes(document.content))


async def _bytes(content: Content | bytes) -> bytes:
    return content if isinstance(content, bytes) else await taken(content)
