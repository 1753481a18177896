"""Companies and revoked tokens in memory, so that RCPT is decided without a look-up."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.flow.context import Context
from gateway.rules.model import Tenant
from gateway.rules.testing import is_test

_FRESH = timedelta(seconds=5)


class Directory:
    """Companies by number and by slug, and whose tokens were revoked.

    Read again when a name is unknown, at most every 5 s.

    Companies that were removed stay known for up to `_FRESH`, if the removal came from
    another process.
    """

    def __init__(self, context: Context) -> None:
        """Read companies from this store."""
        self._context = context
        self._by_number: Mapping[int, Tenant] = {}
        self._by_slug: Mapping[str, Tenant] = {}
        self._revoked: frozenset[tuple[str, int]] = frozenset()
        self._read_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def by_number(self, number: int) -> Tenant | None:
        """Return the company with this number, the house included, or None."""
        await self._freshen(missing=number not in self._by_number)
        return self._by_number.get(number)

    async def by_slug(self, slug: str) -> Tenant | None:
        """Return the company with this slug, or None."""
        await self._freshen(missing=slug not in self._by_slug)
        return self._by_slug.get(slug)

    def is_revoked(self, tenant: Tenant, ref: int) -> bool:
        """Say whether the tokens of a person were revoked, as far as was read last."""
        return (tenant.id, ref) in self._revoked

    async def refresh(self) -> None:
        """Read all companies now."""
        async with self._lock:
            await self._read()

    async def _freshen(self, *, missing: bool) -> None:
        now = self._context.clock.now()
        if self._read_at is not None and now - self._read_at < _FRESH and not missing:
            return
        async with self._lock:
            age = None if self._read_at is None else now - self._read_at
            # A stranger who guesses names must not cost a look-up each.
            if age is None or age >= _FRESH or (missing and age >= _FRESH / 10):
                await self._read()

    async def _read(self) -> None:
        tenants, revoked = await self._context.store.read(
            lambda work: (
                (*work.tenants.all(), work.tenants.by_number(0)),
                work.conversations.revoked(),
            )
        )
        self._revoked = frozenset(revoked)
        known = [tenant for tenant in tenants if tenant is not None]
        self._by_number = {tenant.number: tenant for tenant in known}
        # A test company has the slug of the live one, and no address of its own.
        live = [tenant for tenant in known if tenant.number and not is_test(tenant.id)]
        self._by_slug = {tenant.slug: tenant for tenant in live}
        self._read_at = self._context.clock.now()
