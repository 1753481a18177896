"""Accepted mail is read, placed and stored; what kills its reader is parked."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from time import perf_counter

import structlog

from gateway.flow.arrival import arrived, unless_echo
from gateway.flow.context import Context
from gateway.flow.gleaning import glean
from gateway.flow.leases import end, renewing
from gateway.flow.outbox import Packed, post
from gateway.flow.placing import Writer, find_place, find_writer, is_about_erased
from gateway.flow.reading_in import keep_documents, message_of, sender_of
from gateway.flow.recognising import recognised
from gateway.flow.report import apply_report, passed_on
from gateway.flow.staff_answers import DRAFT, as_staff_answer, is_by_staff, keep_as_draft
from gateway.flow.suggesting import suggestions_of, warnings_of
from gateway.mail.errors import Fault, MailError
from gateway.mail.reading import Reading
from gateway.ports.correspondence import Kept
from gateway.ports.lists import Stale, Taken
from gateway.ports.parser import Parser, ReaderDied
from gateway.ports.queues import Inbound, Lease
from gateway.ports.store import Work
from gateway.ports.tally import Tally
from gateway.rules import events, ids
from gateway.rules.model import (
    Attachment,
    Channel,
    Conversation,
    Direction,
    Message,
    Threading,
)

log = structlog.get_logger()

MOST_CRASHES = 3
CONCURRENCY = 32
_TRIES = 5
_POLL = 10.0
_A_LITTLE = 0.05
_AFTER_FAULT = 2.0
_CRASH_WAIT = timedelta(milliseconds=200)
_LEASE = timedelta(seconds=45)


class Ingest:
    """Runs until it is told to stop."""

    def __init__(
        self, context: Context, parser: Parser, tally: Tally, *, verifies: bool = False
    ) -> None:
        """Read the spool of the context's store by `parser`.

        verifies: senders of what comes in are to be verified; `flow.verifying` does it.
        """
        self.verifies = verifies
        self._context = context
        self._parser = parser
        self._tally = tally
        self._lease = Lease(context.chance.octets(12).hex(), _LEASE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._freed = asyncio.Event()
        self._stopping = False
        self._again_at = inf

    async def run(self) -> None:
        """Claim and read until `stop`; never raises for what a mail does."""
        seen = 0
        async with renewing(
            self._context,
            self._lease,
            lambda: list(self._tasks),
            lambda work, ids: work.spool.renew(ids, self._lease),
        ):
            while not self._stopping:
                try:
                    seen = await self._turn(seen)
                except Fault as error:
                    log.warning("spool.stalled", why=str(error))
                    await asyncio.sleep(_AFTER_FAULT)

    async def stop(self, patience: float) -> None:
        """Claim nothing more and wait for what is being read; leases free the rest."""
        self._stopping = True
        self._freed.set()
        await end(self._tasks.values(), patience)

    async def _turn(self, seen: int) -> int:
        free = CONCURRENCY - len(self._tasks)
        if free < CONCURRENCY // 2 and await self._is_freed(_A_LITTLE if free else None):
            # Not one by one: a claim of many costs hardly more than a claim of one.
            return seen
        claimed = await self._context.store.write(lambda work: work.spool.claim(self._lease, free))
        contents = await self._contents(claimed) if claimed else ()
        for inbound, content in zip(claimed, contents, strict=True):
            task = asyncio.create_task(self._take(inbound, content))
            self._tasks[inbound.id] = task
        if claimed:
            return seen
        wait = self._again_at - asyncio.get_running_loop().time()
        if wait <= 0:
            self._again_at, wait = inf, _A_LITTLE
        wait = min(wait, _POLL)
        return await self._context.store.wait("spool", seen, wait)

    async def _is_freed(self, seconds: float | None) -> bool:
        """Wait until a place gets free, at most so long; return whether one did."""
        self._freed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._freed.wait()
        return False

    async def _contents(self, claimed: Sequence[Inbound]) -> Sequence[Kept | None]:
        """Return the bytes of each, as far as they lie in the database and can be had."""
        try:
            return await self._context.store.read(
                lambda work: [work.contents.get(one.tenant_id, one.raw_sha256) for one in claimed]
            )
        except Fault:
            return [None] * len(claimed)

    async def _take(self, inbound: Inbound, content: Kept | None) -> None:
        began = perf_counter()
        try:
            await self._read_in(inbound, content)
            self._tally.step("ingest", perf_counter() - began)
        except Stale:
            log.warning("spool.lease_lost", id=inbound.id)
        except Fault as error:
            log.warning("message.not_stored", id=inbound.id, why=str(error))
            await self._put_back(inbound, timedelta(seconds=_AFTER_FAULT), crashed=False)
        except Exception:  # the rim of a task
            log.exception("message.not_read", id=inbound.id)
            await self._put_back(inbound, timedelta(seconds=30), crashed=True)
        finally:
            del self._tasks[inbound.id]
            self._freed.set()

    async def _read_in(self, inbound: Inbound, content: Kept | None) -> None:
        if inbound.crashes >= MOST_CRASHES:
            log.warning("message.parked", id=inbound.id, crashes=inbound.crashes)
            reading = Reading(readable=False)
        else:
            try:
                reading = await self._read(inbound, content)
            except ReaderDied as death:
                log.warning("reader.died", id=inbound.id, why=str(death))
                await self._put_back(inbound, _CRASH_WAIT, crashed=True)
                return
            except MailError as error:
                log.info("message.unreadable", id=inbound.id, why=str(error))
                reading = Reading(readable=False)
        attachments, kept = await keep_documents(
            self._context, inbound.tenant_id, inbound.id, reading, inbound.received_at
        )
        reading = await recognised(self._context, inbound, reading)
        for _ in range(_TRIES):
            try:
                await self._store(inbound, reading, attachments, kept)
            except Taken:
                # Two people got the same 40 random bits: roll again.
                continue
            break
        self._tally.read(readable=reading.readable)

    async def _read(self, inbound: Inbound, content: Kept | None) -> Reading:
        if content is None:
            raise Fault(f"the bytes of {inbound.id} can't be had")
        source: bytes | Path
        if content.data is None:
            path = await self._context.blobs.path(inbound.tenant_id, inbound.raw_sha256)
            source = Path(path)
        else:
            source = content.data
        return await self._parser.read(source, null_sender=not inbound.envelope.sender)

    async def _store(
        self,
        inbound: Inbound,
        reading: Reading,
        attachments: tuple[Attachment, ...],
        kept: tuple[Kept, ...],
    ) -> None:
        context, now = self._context, self._context.clock.now()
        recipients = [recipient.address for recipient in inbound.envelope.recipients]
        verify = self.verifies and inbound.peer.is_remote
        gleaned = await glean(context, reading, recipients)
        shown = gleaned.shown

        def store(work: Work) -> None:
            tenant = work.tenants.get(inbound.tenant_id)
            known = work.messages.get(None, inbound.id)
            if tenant is None or known is not None:
                work.spool.finish(inbound.id, inbound.fence)
                return
            placed = find_place(context, work, tenant, reading, recipients, seen=gleaned.clues)
            if is_about_erased(placed):
                work.spool.discard(inbound.id, inbound.fence)
                return
            conversation = placed.conversation or _new_conversation(context, inbound, shown)
            if placed.conversation is None:
                work.conversations.add(conversation)
                about = events.about_conversation(conversation)
                kind = events.CONVERSATION_CREATED
                work.events.add(context.event(tenant.id, kind, now, about))
            writer = Writer(None, expected=False)
            if not placed.by_staff:
                writer = find_writer(context, placed, conversation, reading, now)
            if writer.is_new and writer.person is not None:
                work.conversations.add_participant(writer.person)
            message = message_of(
                inbound,
                shown,
                placed,
                conversation=conversation,
                writer=writer,
                attachments=attachments,
                verify=verify,
                rules=context.refusals.rules,
                suggestions={
                    **suggestions_of(work, tenant.id, gleaned.hints),
                    **warnings_of(tenant, writer.person, placed.people),
                },
            )
            message = unless_echo(context, tenant, reading, message)
            if placed.by_staff and reading.report is None:
                message = as_staff_answer(message, verify=verify)
            stored = post(context, work, Packed(message, (), kept), now)
            report = reading.report or passed_on(context, tenant, reading)
            if report is not None:
                apply_report(context, work, tenant, report, delivery=placed.delivery, now=now)
                # That may have changed the conversation.
                found = work.conversations.get(tenant.id, conversation.id)
                conversation = found or conversation
            if not is_by_staff(stored):
                arrived(context, work, conversation, stored, now)
            elif stored.kind == DRAFT:
                keep_as_draft(context, work, stored, now)
            for other in placed.others:
                _point(context, work, stored, other, now)
            work.spool.finish(inbound.id, inbound.fence, verify=verify)

        await context.store.write(store)

    async def _put_back(self, inbound: Inbound, wait: timedelta, *, crashed: bool) -> None:
        def store(work: Work) -> None:
            work.spool.put_back(inbound.id, inbound.fence, wait=wait, crashed=crashed)
            work.wake("spool")

        due = asyncio.get_running_loop().time() + wait.total_seconds() + _A_LITTLE
        self._again_at = min(self._again_at, due)
        with contextlib.suppress(Stale, Fault):
            await self._context.store.write(store)


def _new_conversation(context: Context, inbound: Inbound, reading: Reading) -> Conversation:
    return Conversation(
        id=context.new_id(ids.CONVERSATION, inbound.received_at),
        tenant_id=inbound.tenant_id,
        subject=reading.subject,
        customer=sender_of(inbound, reading),
        created_at=inbound.received_at,
        updated_at=inbound.received_at,
    )


def _point(
    context: Context, work: Work, message: Message, other: Conversation, now: datetime
) -> None:
    """Leave a line in a conversation whose token stood beside the first one."""
    line = Message(
        id=context.new_id(ids.MESSAGE, now),
        tenant_id=message.tenant_id,
        conversation_id=other.id,
        direction=Direction.IN,
        channel=Channel.SYSTEM,
        from_=message.from_,
        subject=message.subject,
        received_at=message.received_at,
        text=f"A message of {message.from_.address} to this conversation, too, is kept in "
        f"another one: {message.id}",
        threading=Threading("token", f"leads to {message.id}"),
        visible=False,
        kind="pointer",
    )
    stored = post(context, work, Packed(line, (), ()), now)
    arrived(context, work, other, stored, now)
