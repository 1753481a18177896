"""MTA-STS: finding, keeping and renewing the policies of recipients' domains (RFC 8461)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from gateway.mail.errors import Fault, MailError
from gateway.mail.mta_sts import MOST_OCTETS, Policy, policy_id, read_policy
from gateway.ports.outward import Outward
from gateway.ports.policies import KeptPolicy
from gateway.ports.relay import DnsFault, NoAnswer, NoSuchDomain
from gateway.ports.store import Store
from gateway.ports.world import Clock

T = TypeVar("T")

log = structlog.get_logger()

_PATH = "/.well-known/mta-sts.txt"
_AFTER_FAILURE = timedelta(minutes=5)
_REMEMBERED = timedelta(minutes=10)
_RENEWED = timedelta(days=1)
_SECONDS = 15.0
_MOST_REMEMBERED = 10_000


class Texts(Protocol):
    """The part of a Resolver that is needed here."""

    async def txt(self, name: str) -> Sequence[str]:
        """Return the TXT records, the strings of each joined."""


class StsLookup:
    """Implements `ports.routing.StsPolicies`.

    A policy holds until its time is over, whatever becomes of the record and the web server:
    whoever could suppress them would else suppress TLS. Only the web server's word makes a new
    one, which the record's id announces.
    """

    def __init__(
        self, store: Store, texts: Texts, outward: Outward, clock: Clock, *, port: int | None = None
    ) -> None:
        """Keep policies in the store; port: of the domains' web servers, for tests."""
        self._store = store
        self._texts = texts
        self._outward = outward
        self._clock = clock
        self._port = "" if port is None else f":{port}"
        self._kept: dict[str, tuple[KeptPolicy | None, datetime]] = {}
        self._failed: dict[str, tuple[str, datetime]] = {}
        self._fetching: dict[str, asyncio.Future[KeptPolicy | None]] = {}

    async def of(self, domain: str) -> Policy | None:
        """Return the policy in force, or None; never raises for what others do."""
        now = self._clock.now()
        try:
            kept = await self._known(domain, now)
        except Fault as error:
            log.warning("sts.not_read", domain=domain, why=str(error))
            kept = None
        published = await self._published(domain)
        if published is not None and self._is_wanted(domain, published, kept, now):
            kept = await self._fetched_once(domain, published) or kept
        return kept.policy if kept is not None else None

    async def _known(self, domain: str, now: datetime) -> KeptPolicy | None:
        kept, since = self._kept.get(domain, (None, None))
        if since is None or now - since > _REMEMBERED:
            kept = await self._store.read(lambda work: work.sts.get(domain, now))
            self._remember(domain, kept, now)
        return kept if kept is not None and kept.until > now else None

    async def _published(self, domain: str) -> str | None:
        """Return the id of the policy that DNS announces, None where it announces none."""
        try:
            return policy_id(await self._texts.txt(f"_mta-sts.{domain}"))
        except (NoSuchDomain, NoAnswer, DnsFault):
            return None

    def _is_wanted(
        self, domain: str, published: str, kept: KeptPolicy | None, now: datetime
    ) -> bool:
        failed_id, failed_at = self._failed.get(domain, ("", now))
        if failed_id == published and now - failed_at < _AFTER_FAILURE:
            return False
        if kept is None or kept.id != published:
            return True
        return now - kept.fetched_at > min(_RENEWED, kept.policy.max_age / 2)

    async def _fetched_once(self, domain: str, published: str) -> KeptPolicy | None:
        """Fetch the policy; those who ask meanwhile wait for the same answer."""
        under_way = self._fetching.get(domain)
        if under_way is None:
            under_way = asyncio.ensure_future(self._fetched(domain, published))
            self._fetching[domain] = under_way
            under_way.add_done_callback(lambda _: self._fetching.pop(domain, None))
        return await asyncio.shield(under_way)

    async def _fetched(self, domain: str, published: str) -> KeptPolicy | None:
        try:
            policy = await self._fetch(domain)
        except (Fault, MailError) as error:
            log.warning("sts.not_fetched", domain=domain, why=str(error))
            _make_room(self._failed)
            self._failed[domain] = published, self._clock.now()
            return None
        now = self._clock.now()
        kept = KeptPolicy(domain, published, policy, now)
        self._failed.pop(domain, None)
        self._remember(domain, kept, now)
        try:
            await self._store.write(lambda work: work.sts.put(kept))
        except Fault as error:
            log.warning("sts.not_kept", domain=domain, why=str(error))
        return kept

    async def _fetch(self, domain: str) -> Policy:
        url = f"https://mta-sts.{domain}{self._port}{_PATH}"
        answer = await self._outward.ask("GET", url, seconds=_SECONDS, most_octets=MOST_OCTETS + 1)
        if answer.status != 200:
            raise MailError(f"the web server answers {answer.status}")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/plain":
            raise MailError(f"the policy is no text/plain but {kind[:40]!r}")
        return read_policy(answer.body)

    def _remember(self, domain: str, kept: KeptPolicy | None, now: datetime) -> None:
        _make_room(self._kept)
        self._kept[domain] = kept, now


def _make_room(table: dict[str, T]) -> None:
    while len(table) >= _MOST_REMEMBERED:
        del table[next(iter(table))]
