"""Fakes that fit the ports: a clock that is set, chance that repeats, a scripted way out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from gateway.flow.quota import Quota
from gateway.flow.sender_domains import SenderDomains
from gateway.mail.message import read
from gateway.mail.reading import Reading
from gateway.mail.replies import Reply
from gateway.ports.outward import HttpAnswer
from gateway.ports.probe import Probed, ProbeStep
from gateway.ports.relay import Attempted, NextHop, NoSuchDomain
from gateway.ports.routing import Way
from gateway.rules.outcome import NextHopKind, Stage
from gateway.rules.sender_domains import CompanyKey, aliases

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass
class FakeClock:
    """Stands still until it is moved."""

    at: datetime = NINE

    def now(self):
        return self.at

    def pass_by(self, **duration):
        self.at += timedelta(**duration)


class FakeChance:
    """The same chance every time."""

    def __init__(self, seed=7):
        self._random = Random(seed)

    def octets(self, count):
        return self._random.randbytes(count)

    def spread(self):
        return 0.0


class FakeWays:
    """Every domain is its own way; those in `held` wait."""

    def __init__(self, held=()):
        self.held = set(held)

    def is_sandbox(self, domain):
        return domain == "sandbox.test"

    def way(self, domain):
        return Way(domain, domain in self.held)


class HereParser:
    """Reads mail in this process; `raising` comes instead, as often as it lasts."""

    def __init__(self, raising=()):
        self.raising = list(raising)

    async def read(self, content, *, null_sender=False) -> Reading:
        if self.raising:
            raise self.raising.pop(0)
        raw = content if isinstance(content, bytes) else content.read_bytes()
        return read(raw, null_sender=null_sender)


class FakeRoutes:
    """One MX for every domain."""

    def __init__(self, answer=None):
        self.answer = answer

    async def to_domain(self, domain):
        if self.answer is not None:
            return self.answer
        return [NextHop(f"mx.{domain}", 25, "192.0.2.1", NextHopKind.MX)]

    async def to_own_server(self, server):
        return [NextHop(server.host, server.port, "192.0.2.9", NextHopKind.OWN, server.tls)]


@dataclass
class ScriptedRelay:
    """Answers each attempt with the next of `answers`: (stage, reply or trouble)."""

    answers: Sequence = ()
    reports: bool = False
    sent: list = field(default_factory=list)
    hops: list = field(default_factory=list)

    async def relay(self, hop, copy, *, before_dot):
        self.hops.append(hop)
        stage, answer = self.answers[min(len(self.sent), len(self.answers) - 1)]
        if stage is Stage.DOT:
            await before_dot()
        self.sent.append(copy)
        return Attempted(hop, "none", stage, answer, 1, reports=self.reports)


class FakeSigner:
    """Signs with a field that says so."""

    def __init__(self):
        self.count = 0

    async def sign(self, raw, own):
        self.count += 1
        return b"DKIM-Signature: fake %d\r\n" % self.count


TAKEN = (Stage.DOT, Reply(250, "2.0.0", "Ok"))
NO_SUCH_USER = (Stage.RCPT, Reply(550, "5.1.1", "No such user"))
BUSY = (Stage.RCPT, Reply(451, "4.3.0", "Busy"))


@dataclass
class FakeOutward:
    """Answers each HTTP request with the next of `answers`, an HttpAnswer or an error."""

    answers: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    async def ask(self, method, url, *, headers=None, body=b"", **_):
        self.asked.append((method, url, dict(headers or {}), body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class ScriptedProbe:
    """Says that a test went well, or how it failed; keeps what was tested."""

    def __init__(self):
        self.asked = []
        self.mails = []
        self.failure = None
        self.talk = ()

    async def probe(self, server, sender, mail=None):
        self.asked.append((server, sender))
        self.mails.append(mail)
        if self.failure is not None:
            stage, message, trouble = self.failure
            step = ProbeStep(stage, False, message, 1)
            return Probed((step,), stage, message, trouble, talk=self.talk)
        step = ProbeStep("dns", True, server.host, 1)
        return Probed((step,), None, "SMTP test successful", talk=self.talk)


class ScriptedOutward:
    """Answers each request with the next of `answers`, a status or an exception; keeps them."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.refusing = None

    async def judge(self, url):
        if self.refusing is not None:
            raise self.refusing

    async def ask(self, method, url, *, headers=None, body=b"", seconds=15.0, most_octets=0):
        self.asked.append((url, dict(headers or {}), body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else (self.answers or [200])[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, HttpAnswer):
            return answer
        return HttpAnswer(answer, {}, b"answered")


class FakeRecords:
    """DNS as a mapping: (name, type) to answers; a name alone to an error to raise."""

    def __init__(self, zone=None):
        self.zone = dict(zone or {})
        self.asked = []

    async def texts(self, name, kind):
        self.asked.append((name, kind))
        if name in self.zone:
            raise self.zone[name]
        known = self.zone.get((name, kind))
        if known is None:
            raise NoSuchDomain(f"{name}: no such domain")
        return list(known)


class FakeCompanyKeys:
    """Two keys behind companies' names; `signs` says which one signs."""

    def __init__(self, signs=1):
        self.signs = signs

    async def company_keys(self, now):
        return [CompanyKey(n, f"v=DKIM1; k=rsa; p=KEY{n}", n == self.signs) for n in (1, 2)]


class SenderDomainsHere(SenderDomains):
    """Companies' own domains with a DNS of the test, `records`, and keys of the test."""

    def __init__(self, context, records=None, keys=None, *, checks=1000, **more):
        self.records = records or FakeRecords()
        super().__init__(
            context,
            lambda: self.records,
            keys or FakeCompanyKeys(),
            is_public_suffix=lambda domain: domain in {"co.uk", "example", "com"},
            quota=Quota(checks, timedelta(hours=1)),
            every=timedelta(hours=1),
            **more,
        )

    def publish(self, claim):
        """Publish what a company is shown, with the keys of the test behind it."""
        for slot, alias in enumerate(aliases(claim.domain, claim.token, self.ours), start=1):
            self.records.zone[alias.name, "CNAME"] = [alias.value]
            self.records.zone[alias.value, "TXT"] = [f"v=DKIM1; k=rsa; p=KEY{slot}"]

    @property
    def ours(self):
        return self._context.names.sender
