"""All pages on a real store, without sockets."""

import atexit
import contextlib
import functools
import inspect
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from starlette.applications import Starlette

from gateway.flow.access_tokens import AccessTokens
from gateway.flow.administration import Administration
from gateway.flow.billing import Billing
from gateway.flow.colleagues import Colleagues
from gateway.flow.companies import Companies
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.dispatch import Dispatch
from gateway.flow.drafts import Document, InvoiceDraft, TenantDraft
from gateway.flow.mail_accounts import MailAccounts
from gateway.flow.mending import Mending
from gateway.flow.online import OnlinePayments
from gateway.flow.presence import Presence
from gateway.flow.quota import Quota
from gateway.flow.receipts import Receipts
from gateway.flow.reminders import ReminderWishes
from gateway.flow.remote_pictures import RemotePictures
from gateway.flow.renewal import Renewal
from gateway.flow.sorting import Sorting
from gateway.flow.submit import Submissions
from gateway.flow.team import TeamDesk
from gateway.flow.visit import Visits
from gateway.hooks.desk import WebhookDesk
from gateway.hooks.post import HookPolicy
from gateway.mail.mailbox import Mailbox
from gateway.ports.lists import Page
from gateway.rules import ids
from gateway.rules.model import (
    Channel,
    Direction,
    Message,
    Participant,
    Tenant,
    Threading,
)
from gateway.runtime.passwords import KeptPasswords
from gateway.runtime.stripe import Stripe
from gateway.runtime.vault import KeyringVault
from gateway.runtime.world import SystemChance
from gateway.store.engine import DATABASE_FILE, make_engine, place_of
from gateway.store.migrate import bring_up
from gateway.store.opening import open_store
from gateway.web.app import build_web
from gateway.web.letters import TemplateLetters
from gateway.web.services import WebServices
from tests.api.kit import NAMES, SECRETS, Clock, DiskBlobs, OneWay
from tests.fakes import FakeOutward, ScriptedOutward, ScriptedProbe, SenderDomainsHere
from tests.fakestripe import FakeStripe
from tests.smtp.loops import in_loop
from webhooks.schedule import Schedule

SCHEDULE = Schedule((timedelta(minutes=1),), timedelta(days=5))
PDF = b"%PDF-1.7\n" + b"x" * 1000
HOST = NAMES.public_url


@dataclass
class Web:
    """The pages, the journeys behind them, and one company."""

    client: httpx2.AsyncClient
    services: WebServices
    submissions: Submissions
    context: Context
    tenant: Tenant
    api_key: str

    async def get(self, path, **more):
        return await self.client.get(path, **more)

    async def post(self, path, data=None, *, origin=HOST, **more):
        headers = {} if origin is None else {"Origin": origin}
        return await self.client.post(path, data=data, headers=headers, **more)

    async def send(self, **changes):
        """Send an invoice; gives it with the path of the customer's window and of the PDF."""
        draft = InvoiceDraft(
            number="2026-0142",
            amount=Decimal("1254.00"),
            currency="EUR",
            customer=Mailbox("Jana Malá", "jana@firma.example"),
            issued_on=date(2026, 11, 19),
            due_on=date(2026, 12, 5),
            message="Hello Jana,\nhere is the invoice for the oak table.",
            lines=(
                {"description": "Oak table", "quantity": 1, "unit_price": "1045.00"},
                {"description": "VAT 20 %", "amount": "209.00"},
            ),
            payment={"iban": "SK9611000000002918599669", "reference": "20260142"},
            pdf=Document("Invoice 2026-0142.pdf", "application/pdf", PDF),
        )
        sent = await self.submissions.send_invoice(self.tenant, replace(draft, **changes))
        return sent, urlsplit(sent.view_url).path, urlsplit(sent.pdf_url or "").path

    async def receive(self, conversation_id, text, **changes):
        """Let a mail of the customer, or of a stranger, come in; gives the message."""
        now = self.context.clock.now()
        people = await self.people(conversation_id)
        sender = changes.pop("sender", people[0].mailbox)
        known = next((p for p in people if p.mailbox.address == sender.address), None)
        author = known or Participant(
            ref=self.context.new_ref(),
            tenant_id=self.tenant.id,
            conversation_id=conversation_id,
            mailbox=sender,
            role="other",
            created_at=now,
            approved=False,
        )
        message = Message(
            id=changes.pop("id", None) or self.context.new_id(ids.MESSAGE, now),
            tenant_id=self.tenant.id,
            conversation_id=conversation_id,
            direction=Direction.IN,
            channel=Channel.EMAIL,
            from_=sender,
            subject="Re: Invoice",
            received_at=now,
            text=text,
            full_text=text,
            threading=Threading("token", ""),
            author_ref=author.ref,
            sender_expected=known is not None,
            visible=known is not None,
            **changes,
        )

        def store(work):
            if known is None:
                work.conversations.add_participant(author)
            conversation = work.conversations.get(self.tenant.id, conversation_id)
            work.conversations.change(replace(conversation, unread=conversation.unread + 1))
            return work.messages.add(message)

        return await self.context.store.write(store)

    async def people(self, conversation_id):
        return await self.context.store.read(
            lambda work: work.conversations.participants(self.tenant.id, conversation_id)
        )

    async def deliveries(self, conversation_id):
        def look(work):
            listed = work.messages.of_conversation(self.tenant.id, conversation_id, Page(100))
            found = work.deliveries.of_messages([message.id for message in listed.items])
            return [one for each in found.values() for one in each]

        return await self.context.store.read(look)

    async def settle(self, conversation_id, state, reason=None):
        """Give every delivery of a conversation a fate."""
        for delivery in await self.deliveries(conversation_id):
            changed = replace(delivery, state=state, reason=reason)
            await self.context.store.write(
                lambda work, changed=changed: work.deliveries.change(changed)
            )

    async def messages(self, conversation_id):
        listed = await self.context.store.read(
            lambda work: work.messages.of_conversation(self.tenant.id, conversation_id, Page(100))
        )
        return listed.items

    async def invoice(self, invoice_id):
        return await self.context.store.read(
            lambda work: work.invoices.get(self.tenant.id, invoice_id)
        )

    async def sign_in(self, key=None):
        return await self.post("/inbox/sign-in", {"secret": key or self.api_key})

    async def snapshot(self):
        """All rows of all tables, to tell whether anything changed."""

        def rows(engine):
            with engine.connect() as connection:
                names = connection.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
                )
                found = {}
                for (name,) in names.fetchall():
                    content = connection.exec_driver_sql(f'SELECT * FROM "{name}"')
                    found[name] = sorted(map(repr, content.fetchall()))
                return found

        engine = self.context.store.engine()
        try:
            return rows(engine)
        finally:
            engine.dispose()


def services_on(store, directory, **settings) -> tuple[WebServices, Submissions]:
    """The services over a store, with real journeys and letters."""
    context = Context(
        store=store,
        blobs=DiskBlobs(directory / "blobs"),
        clock=Clock(),
        chance=SystemChance(),
        keys=SECRETS,
        names=NAMES,
        letters=TemplateLetters(),
        ways=OneWay(),
        vault=KeyringVault(SECRETS, SystemChance()),
    )
    quota = Quota(1_000_000, timedelta(hours=1))
    billing = Billing(context)
    submissions, companies = Submissions(context, quota), Companies(context)
    presence = Presence(context)
    services = WebServices(
        context=context,
        submissions=submissions,
        sandbox_domain="sandbox.test",
        visits=Visits(context, billing),
        receipts=Receipts(context, billing),
        renewal=Renewal(context),
        reminder_wishes=ReminderWishes(context),
        online=OnlinePayments(context, Stripe(FakeStripe())),
        colleagues=Colleagues(context),
        conversing=Conversing(context, quota, presence),
        presence=presence,
        billing=billing,
        companies=companies,
        dispatch=Dispatch(context),
        mending=Mending(context, quota),
        sorting=Sorting(context),
        team=TeamDesk(context, KeptPasswords()),
        administration=Administration(context, companies, lambda: "fixed-admin-key"),
        hooks=WebhookDesk(context, ScriptedOutward(200), HookPolicy(SCHEDULE)),
        accounts=MailAccounts(
            context,
            ScriptedProbe(),
            Quota(1000, timedelta(hours=1)),
            AccessTokens(FakeOutward(), context.clock),
        ),
        sender_domains=SenderDomainsHere(context),
        pictures=RemotePictures(ScriptedOutward(404)),
        uploads=directory / "uploads",
        **settings,
    )
    return services, submissions


@functools.cache
def _migrated() -> Path:
    """A data directory that was just migrated; made once, since that takes long."""
    directory = Path(tempfile.mkdtemp(prefix="postroom-tests-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    engine = make_engine(place_of(directory))
    bring_up(engine)
    engine.dispose()
    return directory


@contextlib.asynccontextmanager
async def opened(directory: Path, **settings) -> AsyncIterator[Web]:
    """The pages over an empty store with one company."""
    for name in ("blobs", "uploads", "data"):
        (directory / name).mkdir(exist_ok=True)
    shutil.copy(_migrated() / DATABASE_FILE, directory / "data")
    async with open_store(directory / "data") as store:
        services, submissions = services_on(store, directory, **settings)
        enrolled = await services.companies.add(
            TenantDraft("Novák Joinery", timezone="Europe/Bratislava")
        )
        app = Starlette(routes=build_web(services))
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
            yield Web(
                client,
                services,
                submissions,
                services.context,
                enrolled.tenant,
                enrolled.api_key,
            )


def with_web(**settings):
    """Hand the test pages of its own, as its first argument."""

    def wrap(test):
        async def journey(directory, **kwargs):
            async with opened(directory, **settings) as web:
                await test(web, **kwargs)

        def run(tmp_path, **kwargs):
            in_loop(journey)(tmp_path, **kwargs)

        # pytest reads the names of fixtures and parameters from the signature.
        given = list(inspect.signature(test).parameters.values())[1:]
        place = inspect.Parameter("tmp_path", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = inspect.Signature([place, *given])
        run.__name__ = test.__name__
        return run

    return wrap


def forms(html):
    """The forms of a page: (method, action) of each."""
    return re.findall(r'<form[^>]*method="(\w+)" action="([^"]*)"', html)


def links(html):
    """The links of a page."""
    return re.findall(r'<a [^>]*href="([^"]*)"', html)
