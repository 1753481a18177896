"""Bytes too large for the database, by company and hash."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Protocol

from gateway.ports.correspondence import Kept
from gateway.ports.reception import Content

INLINE_BYTES = 256 * 1024
"""What is larger becomes a blob; what is not rides in the transaction."""


class Blobs(Protocol):
    """Where large bytes lie. Every method may raise Fault."""

    async def keep(self, tenant_id: str, content: Content | bytes) -> Kept:
        """Hash the bytes; small ones come back in `Kept.data`, large ones are synced first.

        Takes over the content's file.
        """

    def read(self, tenant_id: str, sha256: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces; raises Fault if they are missing."""

    async def path(self, tenant_id: str, sha256: str) -> str:
        """Return a local file that holds the bytes, for reading only."""

    async def remove(self, tenant_id: str, sha256: str) -> None:
        """Remove them, if they are there."""

    async def remove_old(self, tenant_id: str, sha256: str, before: datetime) -> None:
        """Remove them unless somebody kept them again since a moment."""

    def listed(self) -> Iterable[tuple[str, str, int, datetime]]:
        """Give (company, hash, size, when it was kept) of all that lie here; for `verify`."""
