"""Mail that a company's own service submits by SMTP (RFC 6409)."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gateway.flow.contents import taken
from gateway.flow.context import Context
from gateway.flow.drafts import Document, InvoiceDraft
from gateway.flow.forwarding import Submitted, forward
from gateway.flow.own_addresses import own_addresses
from gateway.flow.refusal import Kind, Refused, invalid
from gateway.flow.submit import Submissions
from gateway.mail.address import sole_author
from gateway.mail.envelope import Envelope
from gateway.mail.errors import Fault, MailError
from gateway.mail.headers import Fields, read_head
from gateway.mail.mailbox import Mailbox
from gateway.mail.reading import Reading
from gateway.mail.replies import Reply
from gateway.ports.directory import Answered
from gateway.ports.parser import Parser, ReaderDied
from gateway.ports.passwords import Passwords
from gateway.ports.reception import Account, Content, Peer
from gateway.ports.store import Work
from gateway.rules.acceptance import Foreign, target_of
from gateway.rules.handed_over import IDEMPOTENCY_KEY, BadField, InvoiceFields, invoice_fields
from gateway.rules.labels import NO_LABELS, Labels
from gateway.rules.model import Tenant

log = structlog.get_logger()

_KEY_LIFE = timedelta(days=7)
_AGAIN_WITHIN = timedelta(days=1)
_HEADER_OCTETS = 64 * 1024
_FIELDS = 1000
_LARGE = 1024 * 1024
_LARGE_AT_ONCE = 2
_NOBODY = "0" * 64
_OURS = Reply(550, "5.7.1", "That is an address of the gateway itself; write to the customer's own")
_NOT_YOURS = Reply(550, "5.7.1", "From must be the company's own address")
FOREIGN_FROM = "foreign_from"
"""The code of a refusal: From is no address of the company."""
_LATER = Reply(451, "4.3.0", "The message can't be read just now, please try again later")


class SubmissionReception:
    """Takes mail from companies' logins into the queue."""

    def __init__(
        self, context: Context, submissions: Submissions, parser: Parser, passwords: Passwords
    ) -> None:
        """Hand invoices to `submissions`, read mail by `parser`."""
        self._context = context
        self._submissions = submissions
        self._parser = parser
        self._passwords = passwords
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def authenticate(self, username: str, password: str, peer: Peer) -> Account | None:
        """Return the company's account, or None; takes as long for a name that is unknown."""
        _ = peer
        login = await self._context.store.read(lambda work: work.keys.login(username))
        kept = login.hash if login else _NOBODY
        if not await self._passwords.matches(kept, password) or login is None:
            return None
        return Account(login.username, login.tenant_id)

    async def judge(
        self, sender: str, accepted: Sequence[str], recipient: str, peer: Peer
    ) -> Reply | None:
        """Refuse our own domains: nobody is written to there."""
        _ = sender, accepted, peer
        target = target_of(self._context.names, self._context.keys, recipient)
        return None if isinstance(target, Foreign) else _OURS

    async def accept(self, envelope: Envelope, content: Content, peer: Peer) -> Reply:
        """Queue the mail: an invoice mail if it says so, else as it is."""
        tenant = await self._context.store.read(lambda work: work.tenants.get(peer.tenant_id or ""))
        if tenant is None:
            return _NOT_YOURS
        if content.size < _LARGE:
            return await self._accept(tenant, envelope, await taken(content))
        async with self._large:
            return await self._accept(tenant, envelope, await taken(content))

    async def _accept(self, tenant: Tenant, envelope: Envelope, raw: bytes) -> Reply:
        try:
            return _queued(await self._hand_over(tenant, envelope, raw, same_mail_once=True))
        except ReaderDied as death:
            log.warning("reader.died", tenant=tenant.id, why=str(death))
            return _LATER
        except Refused as refused:
            return _refusal(refused)

    async def hand_over(
        self,
        tenant: Tenant,
        envelope: Envelope,
        raw: bytes,
        labels: Labels = NO_LABELS,
        leaves_at: datetime | None = None,
    ) -> str:
        """Queue a mail that came by another way than SMTP; returns its message's id.

        leaves_at: not before then. Raises Refused: `foreign_from`, `rate_limited`, unreadable,
        an invoice that can't be, or not later; Fault.
        """
        if len(raw) < _LARGE:
            return await self._hand_over(tenant, envelope, raw, labels, leaves_at)
        async with self._large:
            return await self._hand_over(tenant, envelope, raw, labels, leaves_at)

    async def _hand_over(
        self,
        tenant: Tenant,
        envelope: Envelope,
        raw: bytes,
        labels: Labels = NO_LABELS,
        leaves_at: datetime | None = None,
        *,
        same_mail_once: bool = False,
    ) -> str:
        """Queue a mail. same_mail_once: what is the same in all bytes is a repeat."""
        context, now = self._context, self._context.clock.now()
        fields = read_head(raw, 0, len(raw), octets=_HEADER_OCTETS, fields=_FIELDS).fields
        author = sole_author(fields.all("from"))
        if author is None or author.lower() not in await own_addresses(context, tenant):
            raise invalid("from", _NOT_YOURS.text, code=FOREIGN_FROM)
        key, life = _repeat_key(envelope, fields, raw) if same_mail_once else _given_key(fields)
        if key:
            earlier = await context.store.read(lambda work: work.repeats.get(tenant.id, key, now))
            if earlier is not None:
                return earlier.body
        until = now + life

        def remember(work: Work, message_id: str) -> None:
            answered = Answered("", 250, message_id, {})
            if key and not work.repeats.put(tenant.id, key, answered, until):
                raise _Repeated

        try:
            reading = await self._parser.read(raw, null_sender=False)
            submitted = Submitted(envelope, raw, reading, labels, leaves_at)
            return await self._queue(tenant, submitted, fields, remember)
        except BadField as error:
            raise invalid("headers", str(error), code="invalid_header") from None
        except MailError as error:
            raise invalid("message", f"The message can't be read: {error}") from None
        except _Repeated:
            return await self._first(tenant, key, now)

    async def _queue(
        self,
        tenant: Tenant,
        submitted: Submitted,
        fields: Fields,
        remember: Callable[[Work, str], None],
    ) -> str:
        invoice = invoice_fields([(name, fields.text(name.lower())) for name, _ in fields])
        if invoice is None:
            quota = self._submissions.quota
            return await forward(self._context, tenant, submitted, quota=quota, also=remember)
        if submitted.leaves_at is not None:
            detail = "An invoice mail says what is open on its day; send it when it is time."
            raise invalid("leaves_at", detail, code="not_possible")
        envelope = submitted.envelope
        draft = replace(_draft(invoice, envelope, submitted.reading), labels=submitted.labels)
        sent = await self._submissions.send_invoice(tenant, draft, envelope=envelope, also=remember)
        return sent.message_id or ""

    async def _first(self, tenant: Tenant, key: str, now: datetime) -> str:
        """Return the id that somebody else's same submission got a moment ago."""
        earlier = await self._context.store.read(lambda work: work.repeats.get(tenant.id, key, now))
        if earlier is None:
            raise Fault("the same mail was stored and is gone")
        return earlier.body


class _Repeated(Exception):  # noqa: N818 (it undoes the transaction that came second)
    """The same mail was stored in the meantime."""


def _queued(message_id: str) -> Reply:
    return Reply(250, "2.0.0", f"Queued as {message_id}")


def _refusal(refused: Refused) -> Reply:
    if refused.code == FOREIGN_FROM:
        return _NOT_YOURS
    if refused.kind is Kind.TOO_MANY:
        return Reply(451, "4.7.1", refused.detail)
    return Reply(554, "5.6.0", refused.detail)


def _given_key(fields: Fields) -> tuple[str, timedelta]:
    """Return the key of the mail's own header, "" if it has none, and how long it is known."""
    given = fields.text(IDEMPOTENCY_KEY.lower()).strip()
    return f"smtp:{given[:200]}" if given else "", _KEY_LIFE


def _repeat_key(envelope: Envelope, fields: Fields, raw: bytes) -> tuple[str, timedelta]:
    """Return under which key a repeat of this mail is known, and for how long."""
    given, life = _given_key(fields)
    if given:
        return given, life
    digest = hashlib.sha256(envelope.sender.encode("utf-8", "surrogateescape"))
    for recipient in envelope.recipients:
        digest.update(b"\0" + recipient.address.lower().encode("utf-8", "surrogateescape"))
    digest.update(b"\0\0" + raw)
    return f"mail:{digest.hexdigest()}", _AGAIN_WITHIN


def _draft(fields: InvoiceFields, envelope: Envelope, reading: Reading) -> InvoiceDraft:
    """Return the invoice that a submitted mail brings; its first recipient is the customer."""
    addresses = [recipient.address for recipient in envelope.recipients]
    named = {box.address.lower(): box.name for box in (*reading.to, *reading.cc)}
    pdf: Document | None = None
    others: list[Document] = []
    for found in reading.attachments:
        document = Document(
            found.filename,
            found.content_type,
            Content(found.size, b"", found.content, found.path),
        )
        if pdf is None and found.content_type == "application/pdf":
            pdf = document
        else:
            others.append(document)
    return InvoiceDraft(
        number=fields.number,
        amount=fields.amount,
        currency=fields.currency,
        customer=Mailbox(named.get(addresses[0].lower(), ""), addresses[0]),
        kind=fields.kind,
        customer_locale=fields.locale,
        issued_on=fields.issued_on,
        due_on=fields.due_on,
        cc=tuple(addresses[1:]),
        subject=reading.subject or None,
        message=reading.full_text.strip(),
        payment=fields.payment,
        pdf=pdf,
        attachments=tuple(others),
        submitted_message_id=reading.message_id or None,
    )
