"""Mail that comes in on mx: judged by its recipients, stored, then answered."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from gateway.flow.contents import dropped
from gateway.flow.context import Context
from gateway.flow.directory import Directory
from gateway.flow.gate import Gate
from gateway.flow.storms import Storms, is_by_machine
from gateway.mail.envelope import Envelope
from gateway.mail.replies import Reply
from gateway.mail.trace import below_trace
from gateway.ports.correspondence import Kept
from gateway.ports.queues import Inbound
from gateway.ports.reception import Account, Content, Peer
from gateway.ports.scanner import Scanned
from gateway.rules import ids
from gateway.rules.acceptance import (
    Foreign,
    ToCompany,
    ToDelivery,
    ToHouse,
    ToPerson,
    ToStaff,
    Unknown,
    target_of,
)
from gateway.rules.model import Tenant

AGAIN_WITHIN = timedelta(days=7)
_NO_SUCH_ADDRESS = Reply(550, "5.1.1", "There is no such address here")
_NO_RELAY = Reply(550, "5.7.1", "We don't relay: this domain is not ours")
_ANOTHER_COMPANY = Reply(452, "4.5.3", "Send to this recipient in a transaction of its own")
_PIECE = 1024 * 1024
_OPEN = Gate()


class MxReception:
    """Takes answers, reports, and mail to companies' plain addresses."""

    def __init__(self, context: Context, directory: Directory, gate: Gate = _OPEN) -> None:
        """Store what comes through `context`. gate: may be replaced at any time."""
        self.gate = gate
        self._storms = Storms()
        self._large = asyncio.Semaphore(1)  # several syncs would hold the disk
        self._context = context
        self._directory = directory

    async def authenticate(self, username: str, password: str, peer: Peer) -> Account | None:
        """Nobody signs in on mx."""
        _ = username, password, peer
        return None

    async def judge(
        self, sender: str, accepted: Sequence[str], recipient: str, peer: Peer
    ) -> Reply | None:
        """Refuse what isn't ours, and a second company in one transaction."""
        _ = sender, peer
        found = await self._owner(recipient)
        if isinstance(found, Reply):
            return found
        if accepted:
            first = await self._owner(accepted[0])
            if isinstance(first, Tenant) and first.id != found.id:
                return _ANOTHER_COMPANY
        return None

    async def accept(self, envelope: Envelope, content: Content, peer: Peer) -> Reply:
        """Store the bytes and a row that waits to be read; the same mail again is one mail.

        Mail to postmaster@ and abuse@ passes no gate: who complains must be heard.
        """
        tenant = await self._owner(envelope.recipients[0].address)
        refusal = tenant if isinstance(tenant, Reply) else self._storm(envelope, content)
        if refusal is None and isinstance(tenant, Tenant) and tenant.number:
            refusal = await self.gate.judge(Scanned(envelope, content, peer))
        if refusal is not None or isinstance(tenant, Reply):
            await dropped(content)
            return refusal or _NO_SUCH_ADDRESS
        context, now = self._context, self._context.clock.now()
        if content.path is None:
            dedupe, kept = await self._kept(tenant, content)
        else:
            async with self._large:
                dedupe, kept = await self._kept(tenant, content)
        inbound = Inbound(
            id=context.new_id(ids.MESSAGE, now),
            tenant_id=tenant.id,
            envelope=envelope,
            peer=peer,
            received_at=now,
            raw_sha256=kept.sha256,
            raw_size=kept.size,
            dedupe=dedupe,
        )
        first_id = await context.store.write(
            lambda work: work.spool.add(inbound, kept, again_since=now - AGAIN_WITHIN)
        )
        return Reply(250, "2.0.0", f"Queued as {first_id}")

    async def _kept(self, tenant: Tenant, content: Content) -> tuple[str, Kept]:
        return await dedupe_of(content), await self._context.blobs.keep(tenant.id, content)

    def _storm(self, envelope: Envelope, content: Content) -> Reply | None:
        """Return why automatic mail must wait, None for other mail and for a little of it."""
        context = self._context
        target = target_of(context.names, context.keys, envelope.recipients[0].address)
        if not isinstance(target, ToPerson):
            return None
        if not is_by_machine(content.head, null_sender=not envelope.sender):
            return None
        person = target.person.tenant_number, target.person.ref
        return self._storms.refusal(person, context.clock.now())

    async def _owner(self, recipient: str) -> Tenant | Reply:
        context = self._context
        match target_of(context.names, context.keys, recipient):
            case ToHouse():
                tenant = await self._directory.by_number(0)
            case ToCompany(slug):
                tenant = await self._directory.by_slug(slug)
            case ToPerson(person):
                tenant = await self._directory.by_number(person.tenant_number)
                if tenant is not None and self._directory.is_revoked(tenant, person.ref):
                    return _NO_SUCH_ADDRESS
            case ToStaff(item) | ToDelivery(item):
                tenant = await self._directory.by_number(item.tenant_number)
            case Foreign():
                return _NO_RELAY
            case Unknown():
                return _NO_SUCH_ADDRESS
        return _NO_SUCH_ADDRESS if tenant is None else tenant


async def dedupe_of(content: Content) -> str:
    """Return what is equal for the same mail again: the hash of all below the trace.

    The Message-ID is among those bytes.
    """
    if content.digests is not None:
        return content.digests.below_trace
    start = below_trace(content.head)
    digest = hashlib.sha256()
    if content.data is not None:
        digest.update(memoryview(content.data)[start:])
    elif content.path is not None:
        await asyncio.to_thread(_hash_file, digest, content.path, start)
    return digest.hexdigest()


def _hash_file(digest: "hashlib._Hash", path: str, start: int) -> None:
    with Path(path).open("rb") as file:
        file.seek(start)
        while piece := file.read(_PIECE):
            digest.update(piece)
