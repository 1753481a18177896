"""A desk for tests of journeys: the real store and blobs, a clock that stands, no network."""

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from gateway.blobs.files import FileBlobs
from gateway.flow.access_tokens import AccessTokens
from gateway.flow.billing import Billing
from gateway.flow.companies import Companies
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.deliver import RoutePaused, WayOut, deliver
from gateway.flow.directory import Directory
from gateway.flow.dispatch import Dispatch
from gateway.flow.drafts import Document, InvoiceDraft, TenantDraft
from gateway.flow.ingest import Ingest
from gateway.flow.mail_accounts import MailAccounts
from gateway.flow.presence import Presence
from gateway.flow.quota import Quota
from gateway.flow.receipts import Receipts
from gateway.flow.receive import MxReception
from gateway.flow.submission import SubmissionReception
from gateway.flow.submit import Submissions
from gateway.flow.visit import Visits
from gateway.mail.envelope import Envelope, Recipient
from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Page
from gateway.ports.queues import Lease
from gateway.ports.reception import Content, Peer
from gateway.ports.tally import NoTally
from gateway.rules.names import Names
from gateway.rules.retry import RetryPolicy
from gateway.rules.tokens import Keyring
from gateway.runtime.passwords import KeptPasswords
from gateway.runtime.vault import KeyringVault
from gateway.store.opening import open_store
from gateway.web.letters import TemplateLetters
from tests.fakes import (
    TAKEN,
    FakeChance,
    FakeClock,
    FakeOutward,
    FakeRoutes,
    FakeSigner,
    FakeWays,
    HereParser,
    ScriptedProbe,
    ScriptedRelay,
)

KEYS = Keyring((b"k" * 32,))
NAMES = Names(
    "mail.example.com",
    "mail.example.com",
    "reply.example.com",
    "bounce.example.com",
    "https://mail.example.com",
)
JANA = Mailbox("Jana Malá", "jana@client.example")
PEER = Peer("192.0.2.9", 4711, "client.example")
PDF = b"%PDF-1.4\nan invoice\n%%EOF\n"
POLICY = RetryPolicy((timedelta(minutes=5), timedelta(hours=1)), timedelta(days=4))
LEASE = Lease("test", timedelta(minutes=5))


@dataclass
class Desk:
    context: Context
    clock: FakeClock
    parser: HereParser
    tenant: object
    enrolled: object
    quota: Quota

    def __post_init__(self):
        context = self.context
        self.directory = Directory(context)
        self.companies = Companies(context)
        self.submissions = Submissions(context, self.quota)
        self.presence = Presence(context)
        self.conversing = Conversing(context, self.quota, self.presence)
        self.billing = Billing(context)
        self.visits = Visits(context, self.billing)
        self.receipts = Receipts(context, self.billing)
        self.dispatch = Dispatch(context)
        self.reception = MxReception(context, self.directory)
        self.submission = SubmissionReception(
            context, self.submissions, self.parser, KeptPasswords()
        )
        self.probe = ScriptedProbe()
        self.outward = FakeOutward()
        self.accounts = MailAccounts(
            context,
            self.probe,
            Quota(1000, timedelta(hours=1)),
            AccessTokens(self.outward, context.clock),
        )
        self.ingest = Ingest(context, self.parser, NoTally())

    async def read(self, job):
        return await self.context.store.read(job)

    async def invoice(self, number="2026-0142", **changes):
        draft = InvoiceDraft(
            **{
                "number": number,
                "amount": Decimal("1254.00"),
                "currency": "EUR",
                "customer": JANA,
                "message": "Here is the invoice.",
                "pdf": Document("invoice.pdf", "application/pdf", PDF),
            }
            | changes
        )
        return await self.submissions.send_invoice(self.tenant, draft)

    async def receive(self, raw, *recipients, sender="jana@client.example"):
        """Take a mail on mx and read it in; returns the 250's id, or what refuses it."""
        accepted = []
        for recipient in recipients:
            refusal = await self.reception.judge(sender, accepted, recipient, PEER)
            if refusal is not None:
                return refusal
            accepted.append(recipient)
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        envelope = Envelope(sender, tuple(Recipient(one) for one in recipients))
        reply = await self.reception.accept(envelope, Content(len(raw), raw[:65536], raw), PEER)
        if not reply.is_positive:
            return reply
        await self.read_in()
        return reply.text.rpartition(" ")[2]

    async def read_in(self):
        """Read what waits in the spool, until nothing does."""
        running = asyncio.create_task(self.ingest.run())
        seen = 0
        async with asyncio.timeout(20):
            while await self.read(lambda work: work.spool.waiting()):
                seen = await self.context.store.wait("events", seen, 0.2)
        await self.ingest.stop(5)
        running.cancel()
        self.ingest = Ingest(self.context, self.parser, NoTally())

    async def deliver(self, *answers, reports=False, signer=None):
        """Try everything that is due once; returns (deliveries, relay).

        reports: the next hop reports the mail's fate itself (RFC 3461). signer: None for one that
        only says that it signed.
        """
        relay = ScriptedRelay(answers or (TAKEN,), reports)
        signer = signer or FakeSigner()
        way = WayOut(FakeRoutes(), relay, signer, POLICY, NoTally(), self.accounts)
        claimed = await self.context.store.write(lambda work: work.deliveries.claim(LEASE, 100))
        ended = []
        for delivery in claimed:
            with contextlib.suppress(RoutePaused):
                ended.append(await deliver(self.context, way, delivery))
        return ended, relay

    async def message(self, message_id):
        return await self.read(lambda work: work.messages.get(self.tenant.id, message_id))

    async def conversation(self, conversation_id):
        return await self.read(lambda work: work.conversations.get(self.tenant.id, conversation_id))

    async def messages(self, conversation_id):
        page = Page(100)
        listed = await self.read(
            lambda work: work.messages.of_conversation(self.tenant.id, conversation_id, page)
        )
        return listed.items

    async def deliveries(self, message_id):
        found = await self.read(lambda work: work.deliveries.of_messages([message_id]))
        return found.get(message_id, ())

    async def events(self):
        return await self.read(lambda work: work.events.after(self.tenant.id, 0, limit=1000))

    async def raw(self, delivery):
        kept = await self.read(
            lambda work: work.contents.get(delivery.tenant_id, delivery.raw_sha256)
        )
        return kept.data


@asynccontextmanager
async def open_desk(directory: Path, *, held=(), rate=1000, days_ago=0):
    """A desk with one company, Acme.

    The queue goes by the database's clock, so ours begins at the real time, or days before.
    """
    clock = FakeClock(datetime.now(UTC) - timedelta(days=days_ago))
    async with open_store(directory) as store:
        blobs = FileBlobs(directory / "blobs")
        context = Context(
            store,
            blobs,
            clock,
            FakeChance(),
            KEYS,
            NAMES,
            TemplateLetters(),
            FakeWays(held),
            KeyringVault(KEYS, FakeChance()),
        )
        enrolled = await Companies(context).add(TenantDraft("Acme s.r.o."))
        quota = Quota(rate, timedelta(hours=1))
        yield Desk(context, clock, HereParser(), enrolled.tenant, enrolled, quota)
