"""Companies' own sender domains: claimed, proven by DNS, watched, given up.

Only DNS proves whose a domain is. A claim says nothing to or of another company: each is shown
names with a token of its own, and two companies may both prove that one domain lets them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from gateway.flow.audit import pen_of
from gateway.flow.context import Context
from gateway.flow.domain_checks import look
from gateway.flow.quota import Quota
from gateway.flow.refusal import Kind, Refused, conflict, not_found
from gateway.mail.errors import ConfigError, Fault
from gateway.ports.sender_domains import CompanyKeys, Records, Suffixes
from gateway.ports.store import Work
from gateway.rules import events
from gateway.rules.audit import Changed, compared
from gateway.rules.domain_claims import BadClaim, claimed_address
from gateway.rules.model import Tenant
from gateway.rules.sender_domains import (
    TOKEN_OCTETS,
    SenderDomain,
    Standing,
    about,
    new_token,
    next_check,
    step,
)

log = structlog.get_logger()

_LOOK_EVERY: Final = timedelta(seconds=20)
_TAKEN_FOR: Final = timedelta(minutes=3)
_AT_ONCE: Final = 20
_EVENTS: Final = {
    Standing.VERIFIED: events.SENDER_DOMAIN_VERIFIED,
    Standing.FAILED: events.SENDER_DOMAIN_FAILED,
}


class SenderDomains:
    """Keeps companies' claims, and asks DNS about them.

    offered: whether companies may have domains of their own. every: how often DNS is asked again.
    """

    def __init__(
        self,
        context: Context,
        dns: Callable[[], Records],
        keys: CompanyKeys,
        *,
        is_public_suffix: Suffixes,
        quota: Quota,
        every: timedelta,
        offered: bool = True,
    ) -> None:
        """Work on these ports.

        dns: gives one that remembers no answers. quota: bounds what companies ask for.
        """
        self._context = context
        self._dns = dns
        self._keys = keys
        self._is_public_suffix = is_public_suffix
        self.quota = quota
        self.every = every
        self.offered = offered

    async def of(self, tenant: Tenant) -> SenderDomain | None:
        """Return a company's claim, or None."""
        return await self._context.store.read(lambda work: work.sender_domains.get(tenant.id))

    async def claim(self, tenant: Tenant, text: str) -> SenderDomain:
        """Let a company's mail come from an address once its domain is proven; look at once.

        Another address of the same domain keeps the proof.

        Raises Refused: an address that can't be proven, not offered here, asked too often.
        """
        context, now = self._context, self._context.clock.now()
        if not self.offered:
            raise conflict("not_offered", "This gateway sends from its own domain alone.")
        address = self._address(text)
        self.quota.take(tenant.id, 1, now)
        token, pen = new_token(context.chance.octets(TOKEN_OCTETS)), pen_of(context, now)

        def store(work: Work) -> SenderDomain:
            if work.tenants.get(tenant.id) is None:
                raise not_found("company")
            before = work.sender_domains.get(tenant.id)
            claim = SenderDomain(tenant.id, address, token, now, now)
            if before is not None and before.domain == claim.domain:
                claim = replace(before, address=address)
            if claim != before:
                work.sender_domains.put(claim, now + _TAKEN_FOR)
                differs = _changes(before, claim)
                pen.note(work, tenant.id, "sender_domain.changed", tenant.id, differs)
            return claim

        claim = await context.store.write(store)
        log.info("sender_domain.claimed", tenant=tenant.id, domain=claim.domain)
        return await self._check(claim)

    async def check(self, tenant: Tenant) -> SenderDomain:
        """Ask DNS now. Raises Refused: no claim, asked too often."""
        claim = await self.of(tenant)
        if claim is None:
            raise not_found("sender domain")
        self.quota.take(tenant.id, 1, self._context.clock.now())
        return await self._check(claim)

    async def remove(self, tenant: Tenant) -> bool:
        """Let mail come from the gateway's address from now on; False if it did anyway."""
        pen = pen_of(self._context, self._context.clock.now())

        def store(work: Work) -> bool:
            before = work.sender_domains.get(tenant.id)
            if before is None:
                return False
            pen.note(work, tenant.id, "sender_domain.changed", tenant.id, _changes(before, None))
            return work.sender_domains.remove(tenant.id)

        removed = await self._context.store.write(store)
        if removed:
            log.info("sender_domain.removed", tenant=tenant.id)
        return removed

    async def run(self) -> None:
        """Look at what is due, until cancelled."""
        while True:
            try:
                await self.check_due()
            except (Fault, ConfigError) as error:
                log.warning("sender_domains.not_checked", why=str(error))
            await asyncio.sleep(min(_LOOK_EVERY, self.every).total_seconds())

    async def check_due(self) -> int:
        """Look at all that is due, each by one process; return how many. Raises Fault."""
        count = 0
        while True:
            now = self._context.clock.now()
            due = await self._context.store.write(
                lambda work, now=now: work.sender_domains.take_due(  # type: ignore[misc]
                    now, now + _TAKEN_FOR, _AT_ONCE
                )
            )
            await asyncio.gather(*map(self._check, due))
            count += len(due)
            if len(due) < _AT_ONCE:
                return count

    async def _check(self, claim: SenderDomain) -> SenderDomain:
        """Ask DNS about a claim, store what follows, tell of a change; returns what holds then."""
        context, ours = self._context, self._context.names.sender
        verdicts = await look(claim, self._dns(), self._keys, ours=ours, now=context.clock.now())
        now = context.clock.now()

        def store(work: Work) -> tuple[SenderDomain, bool]:
            current = work.sender_domains.get(claim.tenant_id)
            if current is None or (current.token, current.address) != (claim.token, claim.address):
                return current or claim, False  # it was given up or changed in the meantime
            after = step(current, verdicts, now)
            due = next_check(after, self.every, now)
            if not work.sender_domains.checked(after, current.standing, due):
                return work.sender_domains.get(claim.tenant_id) or after, False
            is_news = after.standing is not current.standing
            if is_news:
                kind = _EVENTS[after.standing]
                work.events.add(context.event(claim.tenant_id, kind, now, about(after)))
                work.wake("events")
            return after, is_news

        after, is_news = await context.store.write(store)
        if is_news:
            wrong = [one.record.name for one in after.verdicts if one.remedy]
            told = log.info if after.standing is Standing.VERIFIED else log.warning
            told(_EVENTS[after.standing], tenant=after.tenant_id, domain=after.domain, wrong=wrong)
        return after

    def _address(self, text: str) -> str:
        context = self._context
        try:
            address = claimed_address(text, context.names, is_public_suffix=self._is_public_suffix)
        except BadClaim as bad:
            hint = bad.hint or None
            raise Refused(Kind.INVALID, bad.code, bad.detail, param="address", hint=hint) from bad
        if context.ways.is_sandbox(address.rpartition("@")[2]):
            detail = "That domain is for trying things out: its mail never leaves the machine."
            raise Refused(Kind.INVALID, "reserved_domain", detail, param="address")
        return address


def _changes(before: SenderDomain | None, after: SenderDomain | None) -> Changed:
    return compared(_facts(before), _facts(after), {"domain"})


def _facts(claim: SenderDomain | None) -> dict[str, str]:
    return {"domain": claim.domain, "address": claim.address} if claim else {}
