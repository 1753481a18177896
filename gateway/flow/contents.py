"""The bytes of companies, wherever they lie: in the database or in the blobs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from gateway.flow.context import Context
from gateway.flow.refusal import not_found
from gateway.ports.correspondence import Kept
from gateway.ports.reception import Content


async def keep(context: Context, tenant_id: str, content: Content | bytes) -> Kept:
    """Return the bytes ready for `work.contents.add`; large ones are synced already."""
    return await context.blobs.keep(tenant_id, content)


async def stream(context: Context, tenant_id: str, sha256: str) -> AsyncIterator[bytes]:
    """Give the bytes in pieces; raises Refused if unknown, Fault if they can't be read."""
    kept = await context.store.read(lambda work: work.contents.get(tenant_id, sha256))
    if kept is None:
        raise not_found("content")
    if kept.data is not None:
        yield kept.data
        return
    async for piece in context.blobs.read(tenant_id, sha256):
        yield piece


async def whole(context: Context, tenant_id: str, sha256: str) -> bytes:
    """Return the bytes at once; raises like `stream`."""
    return b"".join([piece async for piece in stream(context, tenant_id, sha256)])


async def taken(content: Content) -> bytes:
    """Return the bytes of a content and remove its file, which is ours by now."""
    if content.path is None:
        return content.data or b""
    return await asyncio.to_thread(_take, Path(content.path))


async def dropped(content: Content) -> None:
    """Remove the file of a content that is not kept."""
    if content.path is not None:
        await asyncio.to_thread(Path(content.path).unlink, missing_ok=True)


def _take(path: Path) -> bytes:
    data = path.read_bytes()
    path.unlink(missing_ok=True)
    return data
