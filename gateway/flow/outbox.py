"""Mail on its way into the queue: one copy per recipient, everything in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.flow.context import Context
from gateway.flow.drafts import Document
from gateway.ports.correspondence import Kept
from gateway.ports.routing import Way
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.model import (
    Attachment,
    Delivery,
    Message,
    Participant,
    Reason,
    Suppression,
    Tenant,
)
from gateway.rules.names import split_address
from gateway.rules.own_server import route_of
from gateway.rules.reasons import REASONS, plain_words
from gateway.rules.testing import ROUTE as TEST_ROUTE
from gateway.rules.testing import is_test

_LARGE = 64 * 1024
_ASKED_OF_OWN_SERVERS = ("FAILURE", "DELAY")
"""Reports by a company's own server go to its mailbox; they are asked for, not left to habit."""
_STOPPED_BY = {
    "manual": "mail to this address was stopped by hand",
    "complaint": "they marked an earlier mail as spam",
}
"""Why an address gets no mail, where no server said so."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who gets a copy, and what the submitter wants to hear of it (RFC 3461).

    not_before: when their mail may leave, None as soon as the parcel may.
    """

    person: Participant
    notify: tuple[str, ...] = ()
    orcpt: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message and its recipients. build: a person's copy, pure, 7-bit, CRLF.

    size: about how many bytes a copy has.
    leaves_at: when its mail may leave, None for at once.
    queued_at: when it begins to wait, as waits and lateness count; None: now.
    submitter: whom to send reports that were asked for.
    """

    tenant: Tenant
    message: Message
    addressees: tuple[Addressee, ...]
    build: Callable[[Participant], bytes]
    size: int = 0
    ret: str | None = None
    envid: str | None = None
    leaves_at: datetime | None = None
    queued_at: datetime | None = None
    submitter: str = ""


@dataclass(frozen=True, slots=True)
class Packed:
    """A parcel whose bytes are kept: ready for the transaction."""

    message: Message
    deliveries: tuple[Delivery, ...]
    kept: tuple[Kept, ...]


async def documents(
    context: Context, tenant_id: str, message_id: str, brought: Sequence[Document], now: datetime
) -> tuple[tuple[Attachment, ...], tuple[Kept, ...]]:
    """Keep the documents of a message; returns its attachments and their bytes."""
    attachments, kepts = [], []
    for document in brought:
        kept = await context.blobs.keep(tenant_id, document.content)
        kepts.append(kept)
        attachments.append(
            Attachment(
                id=context.new_id(ids.ATTACHMENT, now),
                tenant_id=tenant_id,
                message_id=message_id,
                filename=document.filename,
                content_type=document.content_type,
                size=kept.size,
                sha256=kept.sha256,
            )
        )
    return tuple(attachments), tuple(kepts)


async def files_of(
    context: Context, attachments: Sequence[Attachment], kepts: Sequence[Kept]
) -> tuple[tuple[str, str, bytes], ...]:
    """Return name, type and bytes of documents that were just kept."""
    files = []
    for attachment, kept in zip(attachments, kepts, strict=True):
        data = kept.data
        if data is None:
            pieces = context.blobs.read(kept.tenant_id, kept.sha256)
            data = b"".join([piece async for piece in pieces])
        files.append((attachment.filename, attachment.content_type, data))
    return tuple(files)


async def pack(context: Context, parcel: Parcel, now: datetime) -> Packed:
    """Compose every copy and keep its bytes. Raises Fault if they can't be kept."""
    tenant, message = parcel.tenant, parcel.message
    deliveries, kepts = [], []
    for addressee in parcel.addressees:
        person = addressee.person
        if parcel.size > _LARGE:
            raw = await asyncio.to_thread(parcel.build, person)
        else:
            raw = parcel.build(person)
        kept = await context.blobs.keep(tenant.id, raw)
        kepts.append(kept)
        delivery_id = context.new_id(ids.DELIVERY, now)
        domain = split_address(person.mailbox.address)[1]
        own = None if context.ways.is_sandbox(domain) else route_of(tenant)
        way = Way(own) if own else context.ways.way(domain)
        if is_test(tenant.id):
            own, way = None, Way(TEST_ROUTE)
        deliveries.append(
            Delivery(
                id=delivery_id,
                tenant_id=tenant.id,
                message_id=message.id,
                conversation_id=message.conversation_id,
                recipient=person.mailbox,
                state="held" if way.held else "queued",
                sender=context.names.return_path(context.keys, tenant, delivery_id),
                route=way.name,
                raw_sha256=kept.sha256,
                raw_size=kept.size,
                queued_at=parcel.queued_at or now,
                updated_at=now if parcel.queued_at else None,
                next_attempt_at=None
                if way.held
                else addressee.not_before or parcel.leaves_at or now,
                participant_ref=person.ref,
                notify=addressee.notify or (_ASKED_OF_OWN_SERVERS if own else ()),
                orcpt=addressee.orcpt,
                ret=parcel.ret,
                envid=parcel.envid,
                submitter=parcel.submitter or None,
                smtputf8=not person.mailbox.address.isascii(),
            )
        )
    if kepts:
        message = replace(message, raw_sha256=kepts[0].sha256, raw_size=kepts[0].size)
    return Packed(message, tuple(deliveries), tuple(kepts))


def stop_suppressed(work: Work, packed: Packed) -> Packed:
    """Return the parcel with the deliveries to suppressed addresses stopped before they begin."""

    def stopped(delivery: Delivery) -> Delivery:
        found = work.suppressions.get(delivery.tenant_id, delivery.recipient.address.lower())
        return delivery if found is None else _suppressed(delivery, found)

    return replace(packed, deliveries=tuple(map(stopped, packed.deliveries)))


def post(context: Context, work: Work, packed: Packed, now: datetime) -> Message:
    """Store a packed message with its deliveries and tell of it, in the caller's transaction."""
    for kept in packed.kept:
        work.contents.add(kept)
    message = work.messages.add(packed.message)
    launch(context, work, packed.deliveries, now)
    return message


def launch(context: Context, work: Work, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Put deliveries of a stored message into the queue and tell of them."""
    for delivery in deliveries:
        work.deliveries.add(delivery)
        kind = events.OF_STATE.get(delivery.state, events.MESSAGE_QUEUED)
        about = events.about_delivery(delivery)
        work.events.add(context.event(delivery.tenant_id, kind, now, about))
    if deliveries:
        work.wake("deliveries")
    work.wake("events")


def _suppressed(delivery: Delivery, suppression: Suppression) -> Delivery:
    key = suppression.reason if suppression.reason in REASONS else "unknown"
    reason = Reason(
        key=key,
        plain=_STOPPED_BY.get(suppression.kind, plain_words(key)),
        code=550,
        enhanced=None,
        verbatim="",
        permanent=True,
    )
    return replace(delivery, state="suppressed", reason=reason, next_attempt_at=None)
