"""The outbound queue and the suppressions, as users of mailq, postqueue and postsuper know them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.app.commands.words import time_of
from gateway.app.office import Office
from gateway.flow.refusal import Refused
from gateway.mail.address import is_mailbox
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.rules.model import Delivery, Suppression
from gateway.rules.reasons import plain_words
from gateway.rules.states import FINAL, State
from gateway.runtime.control import CommandError

_WAITING = tuple(state.value for state in State if state not in FINAL)
_PUT_OFF = (State.DEFERRED, State.UNCONFIRMED)
_PAGE = 100
ALL = "ALL"
"""Stands for everything that can take the step, as with postsuper."""


async def queue_list(office: Office, given: Mapping[str, Any]) -> Any:
    """Return what waits, or everything if asked for all; newest first."""
    tenant_id = None
    if given.get("tenant"):
        tenant_id = (await office.companies.find(str(given["tenant"]))).id
    states = () if given.get("all") else _WAITING
    most = int(given.get("limit") or 10_000)
    now = office.context.clock.now()

    def look(work: Work) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        slugs: dict[str, str | None] = {}
        cursor: str | None = None
        while len(rows) < most:
            listed = work.deliveries.page(tenant_id, Page(_PAGE, cursor), states=states)
            for delivery in listed.items:
                owner = delivery.tenant_id
                if owner not in slugs:
                    tenant = work.tenants.get(owner)
                    slugs[owner] = tenant.slug if tenant else None
                rows.append({**_row(delivery, now), "tenant": slugs[owner]})
            cursor = listed.next_cursor
            if cursor is None:
                break
        return rows[:most]

    return await office.context.store.read(look)


async def queue_show(office: Office, given: Mapping[str, Any]) -> Any:
    """Return one delivery with all its attempts."""
    delivery_id = str(given["id"])
    found = await office.context.store.read(lambda work: work.deliveries.get(None, delivery_id))
    if found is None:
        raise CommandError(f"there is no delivery {delivery_id}")
    return {
        **_row(found, office.context.clock.now()),
        "message_id": found.message_id,
        "tenant_id": found.tenant_id,
        "return_path": found.sender,
        "size": found.raw_size,
        "attempts": [
            {
                "at": time_of(attempt.at),
                "next_hop": attempt.next_hop,
                "address": attempt.address,
                "tls": attempt.tls,
                "stage": attempt.stage,
                "reply": attempt.reply,
                "ms": attempt.ms,
            }
            for attempt in found.attempts
        ],
    }


async def queue_retry(office: Office, given: Mapping[str, Any]) -> Any:
    """Make deliveries due now."""
    return await _each(office, given, office.dispatch.retry, _PUT_OFF)


async def queue_hold(office: Office, given: Mapping[str, Any]) -> Any:
    """Hold deliveries."""
    return await _each(office, given, office.dispatch.hold, (State.QUEUED, *_PUT_OFF))


async def queue_release(office: Office, given: Mapping[str, Any]) -> Any:
    """Release held deliveries."""
    return await _each(office, given, office.dispatch.release, (State.HELD,))


async def queue_cancel(office: Office, given: Mapping[str, Any]) -> Any:
    """Give deliveries up."""
    waiting = (State.QUEUED, State.HELD, *_PUT_OFF)
    return await _each(office, given, office.dispatch.cancel, waiting)


async def queue_summary(office: Office, given: Mapping[str, Any]) -> Any:
    """Return how many wait, with the age of the oldest.

    By next hop and state; given "by": "reason", by next hop and why.
    """
    now = office.context.clock.now()
    if given.get("by") == "reason":
        reasons = await office.context.store.read(lambda work: work.deliveries.reasons())
        return [
            {
                "next_hop": route,
                "reason": key,
                "plain": plain_words(key) if key else "not tried yet",
                "count": count,
                "octets": octets,
                "oldest_seconds": _age(oldest, now),
            }
            for route, key, count, oldest, octets in reasons
        ]
    depth = await office.context.store.read(lambda work: work.deliveries.depth())
    return [
        {"state": state, "next_hop": route, "count": count, "oldest_seconds": _age(oldest, now)}
        for state, route, count, oldest in depth
    ]


async def suppress_list(office: Office, given: Mapping[str, Any]) -> Any:
    """Return a company's suppressed addresses."""
    tenant = await office.companies.find(str(given["tenant"]))

    def look(work: Work) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            listed = work.suppressions.page(tenant.id, Page(_PAGE, cursor))
            rows += [_suppression(one) for one in listed.items]
            cursor = listed.next_cursor
            if cursor is None:
                return rows

    return await office.context.store.read(look)


async def suppress_add(office: Office, given: Mapping[str, Any]) -> Any:
    """Suppress an address of a company."""
    tenant = await office.companies.find(str(given["tenant"]))
    address = str(given["address"]).lower()
    if not is_mailbox(address):
        raise CommandError(f"{address} is no mail address", "usage")
    now = office.context.clock.now()
    suppression = Suppression(tenant.id, address, "manual", "unknown", now)
    await office.context.store.write(lambda work: work.suppressions.add(suppression))
    return _suppression(suppression)


async def suppress_remove(office: Office, given: Mapping[str, Any]) -> Any:
    """Lift a suppression."""
    tenant = await office.companies.find(str(given["tenant"]))
    address = str(given["address"]).lower()
    if not await office.context.store.write(
        lambda work: work.suppressions.remove(tenant.id, address)
    ):
        raise CommandError(f"{address} is not suppressed for {tenant.slug}")
    return {"address": address, "removed": True}


async def _each(
    office: Office,
    given: Mapping[str, Any],
    act: Callable[[str | None, str], Awaitable[Delivery]],
    states: Sequence[State],
) -> Any:
    """Act on the deliveries that are named; else on all in these states, or those to a next hop."""
    now = office.context.clock.now()
    ids, next_hop = [str(one) for one in given["ids"]], given.get("next_hop")
    if ids and ids != [ALL]:
        return [_row(await act(None, delivery_id), now) for delivery_id in ids]
    rows = []
    for delivery_id in await _waiting(office, states, str(next_hop) if next_hop else None):
        try:
            rows.append(_row(await act(None, delivery_id), now))
        except Refused:
            continue  # it has gone on in the meantime
    return rows


async def _waiting(office: Office, states: Sequence[State], next_hop: str | None) -> Sequence[str]:
    """Return the ids of deliveries in these states; next_hop: of those to it alone."""
    wanted = tuple(state.value for state in states)

    def look(work: Work) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            listed = work.deliveries.page(None, Page(_PAGE, cursor), states=wanted)
            found += [one.id for one in listed.items if next_hop in {None, one.route}]
            cursor = listed.next_cursor
            if cursor is None:
                return found

    return await office.context.store.read(look)


def _row(delivery: Delivery, now: datetime) -> dict[str, Any]:
    reason = delivery.reason
    return {
        "id": delivery.id,
        "recipient": delivery.recipient.address,
        "state": delivery.state,
        "next_hop": delivery.route,
        "tries": delivery.tries,
        "reason": None if reason is None else f"{reason.key}: {reason.verbatim or reason.plain}",
        "size": delivery.raw_size,
        "age": _age(delivery.queued_at, now),
        "queued_at": time_of(delivery.queued_at),
        "next_attempt_at": time_of(delivery.next_attempt_at),
    }


def _age(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()))


def _suppression(one: Suppression) -> dict[str, Any]:
    return {
        "address": one.address,
        "kind": one.kind,
        "reason": one.reason,
        "created_at": time_of(one.created_at),
    }
