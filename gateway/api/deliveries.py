"""Deliveries: what became of each copy, and what a company does about it."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from gateway.api.messages import RAW, Copy, raw_download
from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Handler, Reply, Route
from gateway.api.schemas.base import ListOf
from gateway.api.schemas.deliveries import AskedDeliveries, DeliveryShown
from gateway.api.views import delivery_shown
from gateway.flow.dispatch import Dispatch
from gateway.flow.refusal import not_found
from gateway.rules.model import Delivery

Take = Callable[[Dispatch, str | None, str], Awaitable[Delivery]]


async def page(call: Call) -> Reply:
    """Return deliveries."""
    asked, tenant_id = call.asked(AskedDeliveries), call.tenant_id
    states = tuple(asked.state.split(",")) if asked.state else ()
    listed = await call.services.context.store.read(
        lambda work: work.deliveries.page(tenant_id, page_of(asked), states=states)
    )
    return Reply(shown(listed, delivery_shown))


async def _found(call: Call) -> Delivery:
    wanted, tenant_id = call.path["id"], call.tenant_id
    delivery = await call.services.context.store.read(
        lambda work: work.deliveries.get(tenant_id, wanted)
    )
    if delivery is None:
        raise not_found("delivery")
    return delivery


async def one(call: Call) -> Reply:
    """Return a delivery."""
    return Reply(delivery_shown(await _found(call)))


async def raw(call: Call) -> Response:
    """Return this recipient's copy."""
    delivery = await _found(call)
    return await raw_download(
        call,
        Copy(
            delivery.id,
            delivery.tenant_id,
            delivery.raw_sha256,
            delivery.raw_size,
            delivery.signature or b"",
        ),
    )


def _step(take: Take) -> Handler:
    async def handler(call: Call) -> Reply:
        delivery = await take(call.services.dispatch, call.tenant_id, call.path["id"])
        return Reply(delivery_shown(delivery))

    return handler


_ONE = "/v1/deliveries/{id}"
_READ: dict[str, Any] = {
    "access": Access.COMPANIES,
    "tag": "Deliveries",
    "scopes": ("inbox:read",),
}
_STEP: dict[str, Any] = {
    "access": Access.COMPANIES,
    "tag": "Deliveries",
    "scopes": ("send", "inbox:write"),
    "answer": DeliveryShown,
    "refuses": (409,),
}

ROUTES = (
    Route(
        "GET",
        "/v1/deliveries",
        "List deliveries",
        page,
        **_READ,
        query=AskedDeliveries,
        answer=ListOf[DeliveryShown],
    ),
    Route("GET", _ONE, "Read a delivery", one, **_READ, answer=DeliveryShown),
    Route("GET", f"{_ONE}/raw", "Read the bytes of this copy", raw, **_READ, media=RAW),
    Route(
        "POST",
        f"{_ONE}/retry",
        "Try a waiting delivery now; send to a suppressed address anyway",
        _step(Dispatch.retry),
        **_STEP,
    ),
    Route("POST", f"{_ONE}/cancel", "Give a delivery up", _step(Dispatch.cancel), **_STEP),
    Route("POST", f"{_ONE}/hold", "Keep a delivery waiting", _step(Dispatch.hold), **_STEP),
    Route("POST", f"{_ONE}/release", "Let a held one go on", _step(Dispatch.release), **_STEP),
)
