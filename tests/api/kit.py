"""The whole API on a real store, without sockets."""

import contextlib
import functools
import hashlib
import inspect
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.api.app import build_api, not_found_app
from gateway.api.repeating import RepeatStore
from gateway.api.services import ApiSettings, Services
from gateway.api.streams import Streams
from gateway.flow.access_tokens import AccessTokens
from gateway.flow.billing import Billing
from gateway.flow.companies import Companies
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.directory import Directory
from gateway.flow.dispatch import Dispatch
from gateway.flow.handing_over import HandingOver
from gateway.flow.link_keeping import LinkKeeping
from gateway.flow.mail_accounts import MailAccounts
from gateway.flow.online import OnlinePayments
from gateway.flow.privacy import Privacy
from gateway.flow.quota import Quota
from gateway.flow.receipts import Receipts
from gateway.flow.sorting import Sorting
from gateway.flow.submission import SubmissionReception
from gateway.flow.submit import Submissions
from gateway.hooks.desk import WebhookDesk
from gateway.hooks.post import HookPolicy
from gateway.ports.correspondence import Kept
from gateway.ports.letters import Letter
from gateway.ports.lists import Full
from gateway.ports.routing import Way
from gateway.rules.names import Names
from gateway.rules.tokens import Keyring
from gateway.runtime.http.body import BodyLimit
from gateway.runtime.http.draining import Draining
from gateway.runtime.http.edge import Edge
from gateway.runtime.metrics import Meters
from gateway.runtime.passwords import KeptPasswords
from gateway.runtime.stripe import Stripe
from gateway.runtime.vault import KeyringVault
from gateway.runtime.world import SystemChance
from gateway.store.opening import open_store
from tests.fakes import (
    FakeOutward,
    HereParser,
    ScriptedOutward,
    ScriptedProbe,
    SenderDomainsHere,
)
from tests.fakestripe import FakeStripe
from tests.smtp.loops import in_loop
from webhooks.schedule import Schedule

ADMIN_KEY = "the-fixed-admin-key"
SECRETS = Keyring((b"s" * 32,))
NAMES = Names(
    hostname="mail.test",
    sender="mail.test",
    reply="reply.test",
    bounce="bounce.test",
    public_url="https://mail.test",
)


class Clock:
    def __init__(self):
        self.present = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

    def now(self):
        self.present += timedelta(milliseconds=1)
        return self.present


def taken(content):
    if content.path is None:
        return content.data
    data = Path(content.path).read_bytes()
    Path(content.path).unlink()
    return data


class DiskBlobs:
    """Blobs as plain files; what is given as a file is moved."""

    def __init__(self, directory):
        self._directory = directory

    async def keep(self, tenant_id, content):
        data = content if isinstance(content, bytes) else taken(content)
        sha256 = hashlib.sha256(data).hexdigest()
        if len(data) <= 256 * 1024:
            return Kept(tenant_id, sha256, len(data), data)
        (self._directory / f"{tenant_id}-{sha256}").write_bytes(data)
        return Kept(tenant_id, sha256, len(data), None)

    async def read(self, tenant_id, sha256):
        data = (self._directory / f"{tenant_id}-{sha256}").read_bytes()
        for start in range(0, len(data), 65536):
            yield data[start : start + 65536]


class PlainLetters:
    def invoice(self, facts):
        return Letter(f"Invoice {facts.invoice.number}", f"{facts.view_url}\n{facts.marker}\n")

    def answer(self, facts):
        return Letter(facts.subject, f"{facts.text}\n\n{facts.marker}\n", facts.html)


class OneWay:
    def is_sandbox(self, domain):
        return domain == "sandbox.test"

    def way(self, domain):
        return Way(domain, held=domain == "held.test")


class FullStore:
    """A store whose disk is full."""

    def __init__(self, store):
        self._store = store

    async def write(self, job):
        raise Full("the disk is full")

    async def read(self, job):
        return await self._store.read(job)

    async def wait(self, topic, seen, timeout):  # noqa: ASYNC109 (as the port names it)
        return await self._store.wait(topic, seen, timeout)


@dataclass
class Company:
    id: str
    key: str
    slug: str
    added: dict


@dataclass
class Api:
    client: httpx2.AsyncClient
    services: Services
    store: object
    uploads: Path
    companies: list = field(default_factory=list)

    async def ask(self, method, path, key=ADMIN_KEY, **more):
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return await self.client.request(method, path, headers=headers, **more)

    async def get(self, path, key=ADMIN_KEY, **more):
        return await self.ask("GET", path, key, **more)

    async def post(self, path, key=ADMIN_KEY, **more):
        return await self.ask("POST", path, key, **more)

    async def company(self, name="Acme s.r.o.", **more):
        answer = await self.post("/v1/tenants", json={"name": name, **more})
        assert answer.status_code == 201, answer.text
        added = answer.json()
        return Company(added["id"], added["api_key"], added["slug"], added)

    async def key(self, company, *scopes):
        tenant_id = None if company is None else company.id
        return (await self.services.companies.add_key(tenant_id, scopes))[1]


async def no_fold():
    """Leave the database's log as it is."""


def services_on(store, directory, *, clock=None, tenant_rate=1_000_000, **settings):
    context = Context(
        store=store,
        blobs=DiskBlobs(directory / "blobs"),
        clock=clock or Clock(),
        chance=SystemChance(),
        keys=SECRETS,
        names=NAMES,
        letters=PlainLetters(),
        ways=OneWay(),
        vault=KeyringVault(SECRETS, SystemChance()),
    )
    draining, billing = Draining(), Billing(context)
    quota = Quota(tenant_rate, timedelta(hours=1))
    submissions = Submissions(context, quota)
    submission = SubmissionReception(context, submissions, HereParser(), KeptPasswords())
    schedule = Schedule((timedelta(minutes=1),), timedelta(days=5))
    return Services(
        context=context,
        submissions=submissions,
        handing_over=HandingOver(context, submission),
        conversing=Conversing(context, quota),
        billing=billing,
        companies=Companies(context),
        dispatch=Dispatch(context),
        links=LinkKeeping(context),
        online=OnlinePayments(context, Stripe(FakeStripe())),
        accounts=MailAccounts(
            context,
            ScriptedProbe(),
            Quota(1000, timedelta(hours=1)),
            AccessTokens(FakeOutward(), context.clock),
        ),
        sender_domains=SenderDomainsHere(context),
        hooks=WebhookDesk(context, ScriptedOutward(200), HookPolicy(schedule)),
        streams=Streams(store, draining),
        receipts=Receipts(context, billing),
        sorting=Sorting(context),
        draining=draining,
        privacy=Privacy(context, Directory(context), no_fold),
        meters=Meters(),
        settings=ApiSettings(uploads=directory / "uploads", **settings),
        admin_key=lambda: ADMIN_KEY,
    )


def application(services, *, http_body=40 * 1024 * 1024):
    routes = [*build_api(services), Route("/{rest:path}", not_found_app(services))]
    app = BodyLimit(Starlette(routes=routes), http_body)
    context = services.context
    return Edge(app, clock=context.clock, chance=context.chance, observe=services.meters.answered)


@contextlib.asynccontextmanager
async def serving(services, store, directory, **more):
    transport = httpx2.ASGITransport(application(services, **more))
    async with httpx2.AsyncClient(transport=transport, base_url="https://mail.test") as client:
        yield Api(client, services, store, directory / "uploads")


@contextlib.asynccontextmanager
async def opened(directory, *, http_body=40 * 1024 * 1024, **more):
    for name in ("blobs", "uploads", "data"):
        (directory / name).mkdir(exist_ok=True)
    async with open_store(directory / "data") as store:
        services = services_on(RepeatStore(store), directory, **more)
        async with serving(services, store, directory, http_body=http_body) as api:
            yield api


def with_api(**settings):
    """Hand the test an API of its own."""

    def wrap(test):
        @functools.wraps(test)
        async def run(tmp_path, **kwargs):
            async with opened(tmp_path, **settings) as api:
                await test(api, **kwargs)

        # pytest reads the names of fixtures from the signature.
        _, *others = inspect.signature(test).parameters.values()
        directory = inspect.Parameter("tmp_path", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        wrapped = in_loop(run)
        wrapped.__signature__ = inspect.Signature([directory, *others])
        return wrapped

    return wrap


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = answer.json()
    assert found["request_id"] == answer.headers["x-request-id"]
    assert found["status"] == answer.status_code
    return answer.status_code, found["code"], found.get("param")


INVOICE = {
    "number": "2026-0142",
    "amount": "1254.00",
    "currency": "EUR",
    "issued_on": "2026-11-20",
    "due_on": "2026-12-05",
    "customer": {"name": "Jana Nováková", "email": "jana@customer.test"},
}
PDF = b"%PDF-1.7\n" + b"x" * 1000
