"""Reports about TLS: counted as mail leaves, sent a day later, and others' about us taken in.

What was counted is kept once a minute, and at the end; a minute may be lost with the process.
"""

import asyncio
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog

from gateway.flow.contents import whole
from gateway.flow.context import Context
from gateway.flow.outbox import post
from gateway.flow.own_mail import OwnMail, author_of, own_place, pack_own
from gateway.flow.refusal import Refused
from gateway.mail.address import is_mailbox
from gateway.mail.errors import Fault, MailError
from gateway.mail.mailbox import Mailbox
from gateway.mail.tls_report_mail import TlsReportMail, compose_tls_report
from gateway.ports.outward import Outward
from gateway.ports.relay import Attempted, DnsFault, NoAnswer, NoSuchDomain, Resolver
from gateway.ports.store import Work
from gateway.rules import events, ids
from gateway.rules.model import (
    HOUSE_TENANT_ID,
    Attachment,
    Event,
)
from gateway.rules.outcome import NextHopKind
from gateway.rules.tls_reports import (
    Session,
    Summary,
    added,
    destinations,
    report,
    result_of,
    summary_of,
)

log = structlog.get_logger()

LINE = "tls_report"
"""The kind of the line that stands for a report of ours."""
KEPT_FOR = timedelta(days=30)
"""How long the sums of others' reports are kept."""
_COUNTED, _TAKEN, _CURSOR, _PLACE = "tls:", "tlsrpt:", "tls reports seen", "tls reports"
_EVERY = timedelta(minutes=1)
_AT_ONCE = 50
_MOST_DOMAINS = 100_000
_MOST_OCTETS = 4 * 1024 * 1024
_TYPES = frozenset({"application/tlsrpt+gzip", "application/tlsrpt+json"})


class TlsTally:
    """Counts sessions in memory, until somebody takes them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: dict[tuple[date, str], Counter[Session]] = {}

    def note(self, domain: str, attempted: Attempted, now: datetime) -> None:
        """Count a session with an MX of a domain; kept connections count once."""
        hop = attempted.next_hop
        if hop.kind is not NextHopKind.MX or not attempted.is_new:
            return
        how = result_of(attempted.stage, attempted.answer, attempted.tls, attempted.tls_failure)
        if how is None or len(self._counts) >= _MOST_DOMAINS:
            return
        result, words = how
        policy, lines = hop.assurance.policy.value, hop.assurance.lines
        session = Session(policy, lines, hop.host, hop.address, result, words)
        day = now.astimezone(UTC).date()
        self._counts.setdefault((day, domain.lower()), Counter())[session] += 1

    def take(self) -> Mapping[tuple[date, str], Counter[Session]]:
        """Return what was counted, and begin anew."""
        taken, self._counts = self._counts, {}
        return taken


class TlsReports:
    """Keeps the counts, sends reports about yesterday, takes in what others report."""

    def __init__(
        self, context: Context, tally: TlsTally, resolver: Resolver, outward: Outward
    ) -> None:
        """Work on these ports."""
        self._context = context
        self._tally = tally
        self._resolver = resolver
        self._outward = outward

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.keep()
                await self.send()
                await self.take_in()
            except Fault as error:
                log.warning("tls_reports.not_done", why=str(error))
            await asyncio.sleep(_EVERY.total_seconds())

    async def stop(self, patience: float) -> None:
        """Keep what was counted since the last time; give up after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self.keep()
        except (Fault, TimeoutError) as error:
            log.warning("tls_reports.not_kept", why=str(error))

    async def keep(self) -> None:
        """Add what was counted to what is kept."""
        taken = self._tally.take()
        if not taken:
            return

        def store(work: Work) -> None:
            for (day, domain), sessions in taken.items():
                name = f"{_COUNTED}{day.isoformat()}:{domain}"
                kept = json.loads(work.facts.get(name) or "{}")
                work.facts.put(name, json.dumps(added(kept, sessions.items())))

        await self._context.store.write(store)

    async def send(self) -> int:
        """Report on all days that are over; return how many reports were queued or sent."""
        sent, today = 0, self._context.clock.now().astimezone(UTC).date().isoformat()
        while True:
            facts = await self._context.store.read(
                lambda work: work.facts.under(_COUNTED, _AT_ONCE)
            )
            over = {name: value for name, value in facts.items() if name[len(_COUNTED) :] < today}
            for name, value in over.items():
                sent += await self._report(name, json.loads(value))
            if len(over) < _AT_ONCE:
                return sent

    async def _report(self, name: str, tally: Mapping[str, Any]) -> bool:
        day, _, domain = name.removeprefix(_COUNTED).partition(":")
        try:
            wanted = destinations(await self._resolver.txt(f"_smtp._tls.{domain}"))
        except (NoSuchDomain, NoAnswer, DnsFault):
            wanted = ()
        context, now = self._context, self._context.clock.now()
        message_id = context.new_id(ids.MESSAGE, now)
        told = report(
            domain,
            date.fromisoformat(day),
            tally,
            host=context.names.hostname,
            contact=author_of(context).address,
            report_id=f"{day}.{message_id}@{context.names.hostname}",
        )
        packed = await asyncio.to_thread(_packed, told)
        for uri in wanted:
            kind, _, rest = uri.partition(":")
            if kind.lower() == "mailto" and is_mailbox(rest):
                return await self._mail(name, domain, rest, message_id, packed)
            if kind.lower() == "https" and await self._hand_over(uri, packed):
                await context.store.write(lambda work: work.facts.remove(name))
                return True
        await context.store.write(lambda work: work.facts.remove(name))
        return False

    async def _hand_over(self, url: str, packed: bytes) -> bool:
        headers = {"Content-Type": "application/tlsrpt+gzip"}
        try:
            answer = await self._outward.ask("POST", url, headers=headers, body=packed)
        except Fault as error:
            log.info("tls_report.not_taken", host=urlsplit(url).hostname, why=str(error))
            return False
        return 200 <= answer.status < 300

    async def _mail(
        self, name: str, domain: str, address: str, message_id: str, packed: bytes
    ) -> bool:
        context, now = self._context, self._context.clock.now()
        house = await context.store.read(lambda work: work.tenants.by_number(0))
        if house is None:
            return False
        place = await context.store.write(lambda work: self._place(work, now))
        header_id = context.names.message_id(context.keys, house, message_id)
        from_, to = author_of(context), Mailbox("", address)
        mail = TlsReportMail(
            from_, to, header_id, now, domain, context.names.hostname, name[len(_COUNTED) :], packed
        )
        try:
            raw = compose_tls_report(mail)
        except MailError as error:
            log.info("tls_report.not_composed", domain=domain, why=str(error))
            await context.store.write(lambda work: work.facts.remove(name))
            return False
        own = OwnMail(
            tenant=house,
            conversation_id=place,
            message_id=message_id,
            header_id=header_id,
            from_=from_,
            to=to,
            raw=raw,
            kind=LINE,
            line=f"Reported to {address} how TLS with {domain} went.",
            about=f"tls report: {domain}",
        )
        packed_mail = await pack_own(context, own, now)

        def store(work: Work) -> bool:
            if not work.facts.remove(name):
                return False  # another process sent it
            post(context, work, packed_mail, now)
            return True

        return await context.store.write(store)

    def _place(self, work: Work, now: datetime) -> str:
        """Return the conversation in which the lines stand; makes it."""
        known = work.facts.get(_PLACE)
        if known is not None:
            return known
        conversation = own_place(self._context, HOUSE_TENANT_ID, "Reports about TLS", now)
        work.conversations.add(conversation)
        work.facts.put(_PLACE, conversation.id)
        return conversation.id

    async def take_in(self) -> int:
        """Sum up the reports among the mail to postmaster@; return how many there were."""
        context, taken = self._context, 0
        while True:
            after = await context.store.read(lambda work: int(work.facts.get(_CURSOR) or 0))
            found = await context.store.read(
                lambda work, after=after: work.events.after(  # type: ignore[misc]
                    HOUSE_TENANT_ID, after, types=(events.MESSAGE_RECEIVED,), limit=_AT_ONCE
                )
            )
            for event in found:
                taken += await self._take_in(event)
            if len(found) < _AT_ONCE:
                return taken

    async def _take_in(self, event: Event) -> bool:
        context, now = self._context, self._context.clock.now()
        message = await context.store.read(
            lambda work: work.messages.get(HOUSE_TENANT_ID, str(event.data["message_id"]))
        )
        summary = None
        for one in message.attachments if message is not None else ():
            if one.content_type in _TYPES:
                summary = summary or await self._read(one)

        def store(work: Work) -> None:
            if summary is not None:
                day = summary.ends or now.date().isoformat()
                name = f"{_TAKEN}{day}:{event.id}"
                work.facts.put(name, json.dumps(asdict(summary)))
                _forget(work, now)
            work.facts.put(_CURSOR, str(event.sequence))

        await context.store.write(store)
        return summary is not None

    async def _read(self, attachment: Attachment) -> Summary | None:
        try:
            octets = await whole(self._context, HOUSE_TENANT_ID, attachment.sha256)
        except Refused:
            return None
        return await asyncio.to_thread(read_report, octets)


def _packed(told: Mapping[str, Any]) -> bytes:
    return gzip.compress(json.dumps(told).encode(), mtime=0)


def read_report(octets: bytes) -> Summary | None:
    """Return the sum of a report, gzipped or not; None if it is none, or too large."""
    if octets.startswith(b"\x1f\x8b"):
        unpacking = zlib.decompressobj(wbits=31)
        try:
            octets = unpacking.decompress(octets, _MOST_OCTETS)
        except zlib.error:
            return None
        if unpacking.unconsumed_tail:
            return None
    try:
        return summary_of(json.loads(octets[:_MOST_OCTETS]))
    except (ValueError, RecursionError):
        return None


def summaries(work: Work) -> list[Mapping[str, Any]]:
    """Return the sums of others' reports about us, the oldest first."""
    return [json.loads(value) for value in work.facts.under(_TAKEN, 1000).values()]


def _forget(work: Work, now: datetime) -> None:
    before = f"{_TAKEN}{(now - KEPT_FOR).date().isoformat()}"
    for name in work.facts.under(_TAKEN, _AT_ONCE):
        if name < before:
            work.facts.remove(name)
