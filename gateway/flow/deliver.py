"""One delivery, tried once: signed, routed, relayed, its fate stored."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from gateway.flow.aftermath import tell_fate
from gateway.flow.context import Context
from gateway.flow.copies import signed_copy
from gateway.flow.lanes import Lanes
from gateway.flow.mail_accounts import MailAccounts, pause, paused_routes
from gateway.flow.submitter_reports import order_report
from gateway.flow.tls_reports import TlsTally
from gateway.mail.envelope import Recipient
from gateway.ports.lists import Stale
from gateway.ports.relay import Attempted, NextHop, Outgoing, Relay, Routes, Tls
from gateway.ports.signer import Signer
from gateway.ports.store import Work
from gateway.ports.tally import Tally
from gateway.rules.attempt_line import attempt_line, attempt_note
from gateway.rules.fate import fate
from gateway.rules.model import Attempt, Delivery, Tenant
from gateway.rules.names import domain_of
from gateway.rules.outcome import (
    ANOTHER_MAY_DO,
    Deferred,
    NextHopKind,
    Obstacle,
    Outcome,
    Stage,
    Suspended,
    Trouble,
    Unconfirmed,
    judge,
)
from gateway.rules.own_server import is_own_route
from gateway.rules.reports_asked import asked_of_next_hop
from gateway.rules.retry import RetryPolicy
from gateway.rules.sandbox import SANDBOX_ADDRESS
from gateway.rules.states import State
from gateway.rules.testing import KEPT_HERE, is_test

log = structlog.get_logger()

_MOST_HOPS = 5
_TAKEN = frozenset({State.SENT.value, State.DELIVERED.value})


class OwnTurns:
    """Lets a few deliveries at once to each company's own server.

    When a login breaks, no more tries than these are made of it: servers lock accounts.
    """

    def __init__(self, at_once: int = 3) -> None:
        """Let `at_once` go on."""
        self._at_once = at_once
        self._doors: dict[str, asyncio.Semaphore] = {}

    def one_of(self, route: str) -> asyncio.Semaphore:
        """Return the door of a route."""
        return self._doors.setdefault(route, asyncio.Semaphore(self._at_once))


@dataclass(frozen=True, slots=True)
class WayOut:
    """Everything that relaying needs besides the context."""

    routes: Routes
    relay: Relay
    signer: Signer
    policy: RetryPolicy
    tally: Tally
    accounts: MailAccounts
    lanes: Lanes = field(default_factory=Lanes)
    turns: OwnTurns = field(default_factory=OwnTurns)
    tls: TlsTally = field(default_factory=TlsTally)


class RoutePaused(Exception):  # noqa: N818 (nobody's error: it waits)
    """The company's own server refused the login a moment ago: the mail waits as it is."""


class LeaseLost(Exception):  # noqa: N818 (nobody's error: somebody else has it now)
    """The delivery was claimed by somebody else in the meantime: hands off."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How a delivery was tried. reports: the next hop that took it reports its fate itself."""

    outcome: Outcome
    attempts: Sequence[Attempt]
    reports: bool = False


async def deliver(context: Context, way: WayOut, delivery: Delivery) -> Delivery:
    """Try a claimed delivery once and store what became of it; returns it.

    Raises LeaseLost if it was claimed by somebody else, RoutePaused, Fault if the store is away.
    """
    if not is_own_route(delivery.route):
        return await _deliver(context, way, delivery)
    async with way.turns.one_of(delivery.route):
        if delivery.route in await context.store.read(paused_routes):
            raise RoutePaused(delivery.route)
        return await _deliver(context, way, delivery)


async def _deliver(context: Context, way: WayOut, delivery: Delivery) -> Delivery:
    if delivery.sending:
        way.tally.outcome_unknown()
        log.warning("delivery.unconfirmed", id=delivery.id, why="stopped after the final dot")
    tenant = await context.store.read(lambda work: work.tenants.get(delivery.tenant_id))
    is_own = is_own_route(delivery.route)
    try:
        prepared, raw = await signed_copy(context, way.signer, delivery, tenant)
    except Stale as error:
        raise LeaseLost(delivery.id) from error
    signed = prepared.signature
    copy = Outgoing(
        sender=delivery.sender,
        recipient=Recipient(
            delivery.recipient.address,
            asked_of_next_hop(delivery.notify, delivery.sender),
            delivery.orcpt,
        ),
        content=(signed, raw) if signed else (raw,),
        ret=delivery.ret,
        envid=delivery.envid,
        smtputf8=False,
    )
    if is_test(delivery.tenant_id):
        # Whatever else holds: nothing of a test company goes to a real server.
        hops: Sequence[NextHop] | Trouble | None = [_test_hop(context, delivery)]
    else:
        hops = await _own_hops(way, tenant) if is_own else None
    tried = await _try(context, way, prepared, copy, hops)
    outcome, attempts = tried.outcome, tried.attempts
    stage = Stage(attempts[-1].stage)
    if not (is_own and stage is Stage.AUTH):  # that pauses the route by itself
        way.lanes.ended(delivery.route, stage, outcome, context.clock.now())
    return await conclude(context, way, prepared, tried)


def _test_hop(context: Context, delivery: Delivery) -> NextHop:
    """Return the sandbox, which keeps what is for a recipient that it doesn't know."""
    domain = domain_of(delivery)
    host = domain if context.ways.is_sandbox(domain) else KEPT_HERE
    return NextHop(host, 0, SANDBOX_ADDRESS, NextHopKind.MX, Tls.NONE)


async def _own_hops(way: WayOut, tenant: Tenant | None) -> Sequence[NextHop] | Trouble:
    """Return the company's own server; never another way (contract §4)."""
    if tenant is None:
        return Trouble(Obstacle.NO_LOGIN, "the company is gone")
    server = await way.accounts.server_of(tenant)
    if isinstance(server, Trouble):
        return server
    return await way.routes.to_own_server(server)


async def _try(
    context: Context,
    way: WayOut,
    delivery: Delivery,
    copy: Outgoing,
    own_hops: Sequence[NextHop] | Trouble | None,
) -> "Tried":
    domain = domain_of(delivery)
    hops = await way.routes.to_domain(domain) if own_hops is None else own_hops
    now = context.clock.now()
    if isinstance(hops, Trouble):
        stage = Stage.AUTH if hops.obstacle is Obstacle.NO_LOGIN else Stage.DNS
        attempt = Attempt(now, domain, "", "none", stage.value, hops.text, 0)
        kind = NextHopKind.MX if own_hops is None else NextHopKind.OWN
        return Tried(judge(hops, stage, kind), (attempt,))
    attempts: list[Attempt] = []
    outcome: Outcome | None = None
    reports = False
    signature = delivery.signature or b""

    async def before_dot() -> None:
        try:
            await context.store.write(
                lambda work: work.deliveries.mark_sending(delivery.id, delivery.fence, signature)
            )
        except Stale as error:
            raise LeaseLost(delivery.id) from error

    for hop in list(hops)[:_MOST_HOPS]:
        at = context.clock.now()
        attempted = await way.relay.relay(hop, copy, before_dot=before_dot)
        attempts.append(_attempt_of(hop, attempted, at))
        reports = attempted.reports
        way.tls.note(domain, attempted, at)
        rules = context.refusals.rules
        outcome = judge(attempted.answer, attempted.stage, hop.kind, rules)
        if not (isinstance(outcome, Deferred) and attempted.stage in ANOTHER_MAY_DO):
            break
    if outcome is None:
        raise ValueError(f"the routes to {domain} named no next hop and no trouble")
    return Tried(outcome, attempts, reports)


def _attempt_of(hop: NextHop, attempted: Attempted, at: datetime) -> Attempt:
    return Attempt(
        at=at,
        next_hop=str(hop),
        address=hop.address,
        tls=attempted.tls,
        stage=attempted.stage.value,
        reply=attempted.text,
        ms=attempted.ms,
    )


async def conclude(context: Context, way: WayOut, delivery: Delivery, tried: Tried) -> Delivery:
    """Store what became of an attempt and what follows from it. Raises LeaseLost, Fault."""
    outcome, attempts, now = tried.outcome, tried.attempts, context.clock.now()
    ended = fate(delivery, outcome, policy=way.policy, now=now, spread=context.chance.spread())
    if isinstance(outcome, Unconfirmed):
        way.tally.outcome_unknown()

    def store(work: Work) -> None:
        work.deliveries.finish(ended, attempts, fence=delivery.fence)
        waits_on = isinstance(outcome, Suspended) and ended.state != State.EXPIRED.value
        if not (waits_on and ended.reason == delivery.reason):
            tell_fate(context, work, ended, delivery.state, now)
        if ended.state in _TAKEN and not tried.reports:
            order_report(work, ended, "relayed")
        if _is_login_refused(delivery, outcome):
            stage = attempts[-1].stage if attempts else Stage.AUTH.value
            said = outcome.reason.verbatim if isinstance(outcome, Deferred) else ""
            pause(context, work, delivery.tenant_id, (stage, said), now)

    try:
        await context.store.write(store)
    except Stale as error:
        raise LeaseLost(delivery.id) from error
    way.tally.attempted(ended.state)
    for attempt in attempts[:-1]:
        log.info(attempt_note(ended, attempt))
    for attempt in attempts[-1:]:
        log.info(attempt_line(ended, outcome, attempt, now), tls=attempt.tls, ms=attempt.ms)
    return ended


def _is_login_refused(delivery: Delivery, outcome: Outcome) -> bool:
    return (
        is_own_route(delivery.route)
        and isinstance(outcome, Deferred)
        and outcome.own_side
        and outcome.reason.key == "own_login"
    )
