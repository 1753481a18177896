"""Addresses that get no mail, kept by hand."""

from typing import Any

from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.base import AskedPage, ListOf
from gateway.api.schemas.deliveries import SuppressionShown, SuppressionTaken
from gateway.api.views import suppression_shown
from gateway.flow.audit import pen_of
from gateway.flow.refusal import not_found
from gateway.ports.store import Work
from gateway.rules.events import SUPPRESSION_CREATED
from gateway.rules.model import Suppression
from gateway.rules.names import split_address


async def page(call: Call) -> Reply:
    """Return suppressed addresses."""
    tenant_id, wanted = call.company.id, page_of(call.asked(AskedPage))
    listed = await call.services.context.store.read(
        lambda work: work.suppressions.page(tenant_id, wanted)
    )
    return Reply(shown(listed, suppression_shown))


async def add(call: Call) -> Reply:
    """Suppress an address; one that is suppressed already stays as it is."""
    body, context = call.body(SuppressionTaken), call.services.context
    now = context.clock.now()
    pen = pen_of(context, now)
    wanted = Suppression(call.company.id, body.address.lower(), "manual", body.reason, now)

    def store(work: Work) -> Suppression:
        if work.suppressions.add(wanted):
            pen.note(work, wanted.tenant_id, "suppression.added", _domain_of(wanted.address))
            about = {"address": wanted.address, "kind": wanted.kind, "reason": wanted.reason}
            event = context.event(wanted.tenant_id, SUPPRESSION_CREATED, now, about)
            work.events.add(event)
            work.wake("events")
        return work.suppressions.get(wanted.tenant_id, wanted.address) or wanted

    return Reply(suppression_shown(await context.store.write(store)))


async def remove(call: Call) -> Reply:
    """Lift a suppression."""
    if not await lift(call, call.path["address"].lower()):
        raise not_found("suppressed address")
    return Reply()


async def lift(call: Call, address: str) -> bool:
    """Lift a suppression of the company; False if there is none. address: in small letters."""
    tenant_id, context = call.company.id, call.services.context
    pen = pen_of(context, context.clock.now())

    def store(work: Work) -> bool:
        lifted = work.suppressions.remove(tenant_id, address)
        if lifted:
            pen.note(work, tenant_id, "suppression.lifted", _domain_of(address))
        return lifted

    return await context.store.write(store)


def _domain_of(address: str) -> str:
    """Return what the audit log tells of an address, which is a person's."""
    return split_address(address)[1].lower()


_COMMON: dict[str, Any] = {"access": Access.COMPANY, "tag": "Suppressions"}

ROUTES = (
    Route(
        "GET",
        "/v1/suppressions",
        "List addresses that get no mail",
        page,
        **_COMMON,
        scopes=("inbox:read", "settings"),
        query=AskedPage,
        answer=ListOf[SuppressionShown],
    ),
    Route(
        "POST",
        "/v1/suppressions",
        "Suppress an address",
        add,
        **_COMMON,
        scopes=("inbox:write", "settings"),
        body=SuppressionTaken,
        answer=SuppressionShown,
        status=201,
    ),
    Route(
        "DELETE",
        "/v1/suppressions/{address:path}",
        "Lift a suppression",
        remove,
        **_COMMON,
        scopes=("inbox:write", "settings"),
        status=204,
    ),
)
