"""A desk with endpoints: the real store, a scripted way out, the service run until it rests."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from gateway.hooks.desk import WebhookDesk
from gateway.hooks.post import HookPolicy
from gateway.hooks.service import HookService
from gateway.ports.lists import Page
from gateway.store.statements import Statement
from gateway.store.tables.hooks import WEBHOOK
from tests.fakes import ScriptedOutward
from tests.flow.desk import open_desk
from webhooks.schedule import Schedule

_LEASED = Statement(select(WEBHOOK.c.id).where(WEBHOOK.c.lease_owner.is_not(None)).limit(1))
SCHEDULE = Schedule((timedelta(seconds=5), timedelta(minutes=5)), timedelta(days=5))


async def looking_again():
    """Let others go on before the next look."""
    await asyncio.sleep(0.005)


@dataclass
class Hooks:
    desk: object
    outward: ScriptedOutward
    policy: HookPolicy

    def __post_init__(self):
        self.context = self.desk.context
        self.tenant_id = self.desk.tenant.id
        self.webhooks = WebhookDesk(self.context, self.outward, self.policy)

    async def add(self, url="https://acme.example/hooks", types=(), kind="standard"):
        return await self.webhooks.add(self.tenant_id, url, types, kind)

    async def tell(self, *kinds, **about):
        """Let something happen; returns the ids of the events."""
        now = self.desk.clock.now()
        told = [self.context.event(self.tenant_id, kind, now, about) for kind in kinds]
        await self.context.store.write(lambda work: [work.events.add(each) for each in told])
        return [each.id for each in told]

    async def settle(self):
        """Run the service until nothing is due."""
        service = HookService(self.context, self.outward, self.policy)
        running = asyncio.create_task(service.run())
        async with asyncio.timeout(20):
            while await self.desk.read(_is_busy):
                await looking_again()
        await service.stop(5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def get(self, webhook_id):
        return await self.desk.read(lambda work: work.hooks.get(self.tenant_id, webhook_id))

    async def attempts(self, webhook_id, **which):
        listed = await self.desk.read(
            lambda work: work.hooks.attempts(webhook_id, Page(100), **which)
        )
        return list(reversed(listed.items))

    def sent(self):
        return [headers["webhook-id"] for _, headers, _ in self.outward.asked]


def _is_busy(work):
    """Say whether an endpoint is served or would be, as one look at the store sees it."""
    return work.hooks.is_ready() or work.hooks._transaction.row(_LEASED, {}) is not None


@asynccontextmanager
async def open_hooks(directory, *answers, days_ago=0):
    """days_ago: what is planned for later is due at once then, by the database's clock."""
    async with open_desk(directory, days_ago=days_ago) as desk:
        yield Hooks(desk, ScriptedOutward(*answers), HookPolicy(SCHEDULE))
