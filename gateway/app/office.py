"""The office: the store and the journeys of one installation, with nothing listening yet.

`serve` opens one and adds listeners and queues; a command that finds no gateway running
opens one for itself, under the store's lock.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.api.repeating import RepeatStore
from gateway.app.gates import gate_of
from gateway.app.plain import hook_schedule, names_of, read_limits, resolver_of, route_plan
from gateway.blobs.files import FileBlobs
from gateway.flow.access_tokens import AccessTokens
from gateway.flow.billing import Billing
from gateway.flow.companies import Companies
from gateway.flow.context import Context
from gateway.flow.converse import Conversing
from gateway.flow.directory import Directory
from gateway.flow.dispatch import Dispatch
from gateway.flow.link_keeping import LinkKeeping
from gateway.flow.mail_accounts import MailAccounts
from gateway.flow.mending import Mending
from gateway.flow.online import OnlinePayments
from gateway.flow.presence import Presence
from gateway.flow.privacy import Privacy
from gateway.flow.quota import Quota
from gateway.flow.receipts import Receipts
from gateway.flow.receive import MxReception
from gateway.flow.renewal import Renewal
from gateway.flow.sender_domains import SenderDomains
from gateway.flow.sts import StsLookup
from gateway.flow.submission import SubmissionReception
from gateway.flow.submit import Submissions
from gateway.flow.team import TeamDesk
from gateway.flow.visit import Visits
from gateway.hooks.desk import WebhookDesk
from gateway.hooks.post import HookPolicy
from gateway.mail.errors import ConfigError
from gateway.rules.bounce_rules import BounceRule
from gateway.rules.tokens import Keyring
from gateway.runtime.dkim_keys import DkimKeys
from gateway.runtime.egress import Egress
from gateway.runtime.keys import (
    FINGERPRINT,
    OCTETS,
    fingerprint,
    fingerprints,
    make_secret,
    read_keyring,
)
from gateway.runtime.outward import HttpOutward
from gateway.runtime.passwords import KeptPasswords
from gateway.runtime.reader import ReaderSettings
from gateway.runtime.readers import Readers
from gateway.runtime.signing import CompanyNames
from gateway.runtime.stripe import Stripe
from gateway.runtime.suffixes import is_public_suffix
from gateway.runtime.vault import KeyringVault
from gateway.runtime.world import SystemChance, SystemClock
from gateway.settings import Settings
from gateway.smtp.probe import SmtpProbe
from gateway.smtp.resolver import DnsResolver
from gateway.smtp.routes import DnsRoutes
from gateway.store.engine import DATABASE_FILE, EngineOptions
from gateway.store.opening import OpenStore, open_store
from gateway.verify.verifier import DnsVerifier
from gateway.web.letters import TemplateLetters

CONTROL_SOCKET = "control.sock"
BLOBS = "blobs"
SCRATCH = "tmp"


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that commands, listeners and pages work with."""

    settings: Settings
    context: Context
    store: OpenStore
    blobs: FileBlobs
    scratch: Path
    parser: Readers
    verifier: DnsVerifier
    egress: Egress
    resolver: DnsResolver
    outward: HttpOutward
    routes: DnsRoutes
    dkim: DkimKeys
    directory: Directory
    quota: Quota
    companies: Companies
    team: TeamDesk
    submissions: Submissions
    accounts: MailAccounts
    sender_domains: SenderDomains
    conversing: Conversing
    presence: Presence
    billing: Billing
    visits: Visits
    receipts: Receipts
    renewal: Renewal
    links: LinkKeeping
    online: OnlinePayments
    dispatch: Dispatch
    privacy: Privacy
    mending: Mending
    reception: MxReception
    submission: SubmissionReception
    hooks: WebhookDesk
    hook_policy: HookPolicy

    def apply(self, settings: Settings) -> None:
        """Take over what may change while the gateway runs."""
        rate = settings.limits.tenant_rate
        self.quota.allow(rate.count, rate.per)
        tests = settings.limits.connection_tests
        self.accounts.quota.allow(tests.count, tests.per)
        self.sender_domains.quota.allow(tests.count, tests.per)
        self.sender_domains.every = settings.dns.recheck
        self.sender_domains.offered = settings.domains.company_domains
        self.egress.allow(settings.egress.allow)
        self.reception.gate = gate_of(settings, self.verifier)
        self.routes.plan = route_plan(settings)
        self.hook_policy.schedule = hook_schedule(settings)
        self.hook_policy.timeout = settings.webhooks.timeout


@asynccontextmanager
async def open_office(
    settings: Settings,
    *,
    readers: int | None = None,
    options: EngineOptions | None = None,
    bounce_rules: tuple[BounceRule, ...] = (),
) -> AsyncIterator[Office]:
    """Open the store, under its lock, and build the journeys on it.

    readers: processes that read mail; None: as many as the settings say.
    options: of the database, for tests of what its durability rests on.
    bounce_rules: the admin's, for what refusals mean.

    Raises ConfigError: a secret that is missing or of another installation, a store in use.
    """
    data_dir = settings.server.data_dir
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = data_dir / SCRATCH
    scratch.mkdir(mode=0o700, exist_ok=True)
    clock, chance = SystemClock(), SystemChance()
    keys = keyring(settings, chance)
    async with AsyncExitStack() as stack:
        store = open_store(settings.server.database_url.text or data_dir, options=options)
        await store.start()
        stack.push_async_callback(store.close)
        await _recognise(store, keys)
        dkim = DkimKeys(
            settings.dkim.directory, [algorithm.value for algorithm in settings.dkim.algorithms]
        )
        dkim.make_missing(clock.now())
        blobs = FileBlobs(data_dir / BLOBS)
        await blobs.start()
        reading = ReaderSettings(
            scratch=scratch / "readers",
            limits=read_limits(settings),
            parse_seconds=settings.limits.parse_seconds,
        )
        parser = Readers(reading, size=readers or settings.server.readers)
        parser.start()
        stack.push_async_callback(parser.close)
        resolver = resolver_of(settings)
        names = names_of(settings)
        egress = Egress(settings.egress.allow)
        journal = RepeatStore(store)
        outward = HttpOutward(egress, resolver.configured_addresses)
        routes = DnsRoutes(
            route_plan(settings),
            resolver,
            egress,
            chance,
            hostname=names.hostname,
            policies=StsLookup(store, resolver, outward, clock),
        )
        vault = KeyringVault(keys, chance)
        letters = TemplateLetters()
        context = Context(journal, blobs, clock, chance, keys, names, letters, routes, vault)
        context.refusals.rules = bounce_rules
        yield _office(
            settings,
            context,
            store=store,
            blobs=blobs,
            scratch=scratch,
            parser=parser,
            verifier=DnsVerifier(resolver, clock, hostname=names.hostname),
            egress=egress,
            resolver=resolver,
            outward=outward,
            routes=routes,
            dkim=dkim,
            probe=SmtpProbe(names.hostname, resolver, egress),
        )


def _office(
    settings: Settings,
    context: Context,
    *,
    store: OpenStore,
    blobs: FileBlobs,
    scratch: Path,
    parser: Readers,
    verifier: DnsVerifier,
    egress: Egress,
    resolver: DnsResolver,
    outward: HttpOutward,
    routes: DnsRoutes,
    dkim: DkimKeys,
    probe: SmtpProbe,
) -> Office:
    rate = settings.limits.tenant_rate
    quota, passwords = Quota(rate.count, rate.per), KeptPasswords()
    directory = Directory(context)
    submissions = Submissions(context, quota)
    billing = Billing(context)
    presence = Presence(context)
    policy = HookPolicy(hook_schedule(settings), settings.webhooks.timeout)
    return Office(
        settings=settings,
        context=context,
        store=store,
        blobs=blobs,
        scratch=scratch,
        parser=parser,
        verifier=verifier,
        egress=egress,
        resolver=resolver,
        outward=outward,
        routes=routes,
        dkim=dkim,
        directory=directory,
        quota=quota,
        companies=Companies(context, directory),
        submissions=submissions,
        accounts=MailAccounts(
            context, probe, connection_tests(settings), AccessTokens(outward, context.clock)
        ),
        sender_domains=SenderDomains(
            context,
            lambda: resolver_of(settings),
            CompanyNames(dkim),
            is_public_suffix=is_public_suffix,
            quota=dns_questions(settings),
            every=settings.dns.recheck,
            offered=settings.domains.company_domains,
        ),
        conversing=Conversing(context, quota, presence),
        presence=presence,
        billing=billing,
        visits=Visits(context, billing),
        receipts=Receipts(context, billing),
        renewal=Renewal(context),
        links=LinkKeeping(context, directory),
        online=OnlinePayments(context, Stripe(outward, settings.payments.stripe_api)),
        dispatch=Dispatch(context),
        privacy=Privacy(context, directory, store.fold),
        mending=Mending(context, quota),
        team=TeamDesk(context, passwords),
        reception=MxReception(context, directory, gate_of(settings, verifier)),
        submission=SubmissionReception(context, submissions, parser, passwords),
        hooks=WebhookDesk(context, outward, policy),
        hook_policy=policy,
    )


def connection_tests(settings: Settings) -> Quota:
    """Return how often a company may test its mail server."""
    rate = settings.limits.connection_tests
    detail = "The connection was tested as often as it may be for now."
    return Quota(rate.count, rate.per, detail=detail)


def dns_questions(settings: Settings) -> Quota:
    """Return how often a company may have DNS asked about its domain: as often as its server."""
    rate = settings.limits.connection_tests
    return Quota(rate.count, rate.per, detail="DNS was asked as often as it may be for now.")


def keyring(settings: Settings, chance: SystemChance) -> Keyring:
    """Return the installation's secrets; makes the file at the first start.

    Raises ConfigError if the file is missing over existing data, or holds no secret.
    """
    secret = settings.server.secret
    if secret.text:
        return read_keyring(secret.text, where="[server] secret")
    if secret.file is None:
        raise ConfigError('[server] secret is empty: write { file = "var/secret" }')
    if not secret.file.exists():
        if (settings.server.data_dir / DATABASE_FILE).exists():
            raise ConfigError(
                f"[server] secret: {secret.file} is missing, but {settings.server.data_dir} holds "
                "data that was made with it; restore the file from a backup"
            )
        make_secret(secret.file, chance.octets(OCTETS))
    try:
        text = secret.file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"[server] secret: {secret.file} can't be read: {error}") from error
    return read_keyring(text, where=f"[server] secret: {secret.file}")


async def _recognise(store: OpenStore, keys: Keyring) -> None:
    """Raise ConfigError if the data was made with another secret; remember ours in new data."""
    known = await store.read(lambda work: work.facts.get(FINGERPRINT))
    ours = fingerprint(keys)
    if known is None or (known != ours and known in fingerprints(keys)):
        # A crash while old secrets were retired may leave some that stand no more in the data.
        await store.write(lambda work: work.facts.put(FINGERPRINT, ours))
    elif known != ours:
        raise ConfigError(
            "[server] secret is not the one that this data was made with: tokens and links would "
            "stop working; restore the right one from a backup"
        )
