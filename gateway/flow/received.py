"""A received mail as it is given out: below our own trace fields, without forged ones of ours."""

from collections.abc import AsyncIterator

from gateway.flow.contents import stream
from gateway.flow.context import Context
from gateway.mail import authres, trace
from gateway.ports.queues import Inbound
from gateway.rules.model import Message

_MOST_HEAD = 1024 * 1024


async def received_copy(context: Context, message: Message) -> tuple[int, AsyncIterator[bytes]]:
    """Return size and bytes of a mail that came in; raises Refused, Fault.

    On top stand Return-Path, Authentication-Results (`none` until the sender is verified) and
    Received. Below, the bytes are those that came, but for Authentication-Results that bear
    our name (RFC 8601, section 5).
    """
    inbound = await context.store.read(lambda work: work.spool.get(message.id))
    pieces = stream(context, message.tenant_id, message.raw_sha256 or "")
    head = await _head(pieces)
    kept = authres.without_forged(head, context.names.hostname)
    top = _trace(context, message, inbound)
    size = len(top) + message.raw_size - len(head) + len(kept)
    return size, _joined(top + kept, pieces)


def _trace(context: Context, message: Message, inbound: Inbound | None) -> bytes:
    hostname = context.names.hostname
    if inbound is None:
        return authres.written(hostname, message.authentication)
    peer, envelope = inbound.peer, inbound.envelope
    found = authres.written(
        hostname, message.authentication, sender=envelope.sender, helo=peer.helo
    )
    protocol = f"{'UTF8SMTP' if envelope.smtputf8 else 'ESMTP'}{'S' if peer.tls else ''}"
    path, received = trace.written(
        sender=envelope.sender,
        peer=(peer.helo, peer.address),
        protocol=protocol if peer.is_remote else "LOCAL",
        by=hostname,
        queue_id=inbound.id,
        at=inbound.received_at,
    )
    return path + found + received


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    """Return the first pieces: at least the header block, unless it is very long."""
    head = b""
    async for piece in pieces:
        head += piece
        if b"\n\r\n" in head or b"\n\n" in head or len(head) >= _MOST_HEAD:
            break
    return head


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
