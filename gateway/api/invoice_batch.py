"""Many invoices in one request: each is taken or refused for itself."""

import asyncio

from gateway.api.idempotency import Finished, Repeated, checked_key
from gateway.api.invoices import add_one, recover
from gateway.api.problems import Refusal, invalid, problem_shown, refusal_of
from gateway.api.registry import Call, Reply
from gateway.api.schemas.base import Problem
from gateway.api.schemas.invoice_batch import BatchResult, InvoicesSent, InvoicesTaken, Unfit
from gateway.api.schemas.invoices import InvoiceSent, InvoiceTaken
from gateway.flow.refusal import Refused
from gateway.mail.errors import Fault

_TAKEN = 202
_ABOUT_KEYS = "idempotency_"


async def add(call: Call) -> Reply:
    """Store invoices and mail them, one after the other.

    With an Idempotency-Key each of them has a part of it, noted in its own transaction. So a
    repeat goes on where a crash, or a store that was away, broke the first request off; it has
    what was taken told again, and what was refused tried again.

    Raises Refusal: what concerns the key; Fault with a key: then a repeat goes on.
    """
    if call.request.headers.get("idempotency-key") is not None:
        # Nothing but the key, so that no other request can use it once one invoice is taken.
        await call.services.context.store.write(lambda _: None)
    return await _taken(call)


async def again(call: Call, _kind: str, _stored_id: str) -> Reply | None:
    """Return the answer to a request that was carried out before, in part or as a whole."""
    return await _taken(call)


async def _taken(call: Call) -> Reply:
    wanted: tuple[InvoiceTaken | Unfit, ...] = call.body(InvoicesTaken).invoices
    given = call.request.headers.get("idempotency-key")
    key = None if given is None else checked_key(given)
    return Reply(
        InvoicesSent(data=[await _result(call, one, key, at) for at, one in enumerate(wanted)]),
        lasting=False,
    )


async def _result(
    call: Call, wanted: InvoiceTaken | Unfit, key: str | None, at: int
) -> BatchResult:
    # Hundreds of refusals in a row would hold the loop up.
    await asyncio.sleep(0)
    if isinstance(wanted, Unfit):
        refusal = invalid(wanted.error) if wanted.error else Refusal(422, "invalid", wanted.detail)
        return _refused(call, refusal)
    try:
        sent = await (
            _sent(call, wanted) if key is None else _sent_once(call, wanted, f"{key}\n{at}", at)
        )
    except (Refusal, Refused, Fault) as error:
        refusal = refusal_of(error)
        if key and (isinstance(error, Fault) or refusal.code.startswith(_ABOUT_KEYS)):
            raise
        return _refused(call, refusal)
    return BatchResult(status=_TAKEN, invoice=sent, problem=None)


def _refused(call: Call, refusal: Refusal) -> BatchResult:
    docs_url = f"{call.services.context.names.public_url}/docs"
    shown = Problem.model_validate_json(problem_shown(refusal, request_id=None, docs_url=docs_url))
    return BatchResult(status=refusal.status, invoice=None, problem=shown)


async def _sent(call: Call, wanted: InvoiceTaken) -> InvoiceSent:
    return _shown(await add_one(call, wanted))


async def _sent_once(call: Call, wanted: InvoiceTaken, key: str, at: int) -> InvoiceSent:
    async def perform() -> Finished:
        return _finished(await _sent(call, wanted))

    async def recovered(kind: str, stored_id: str) -> Finished | None:
        reply = await recover(call, kind, stored_id)
        return None if reply is None else _finished(_shown(reply))

    request = f"{call.fingerprint} {at}"
    repeated = Repeated(call.services.context)
    done = await repeated.once(call.company.id, key, request, perform, recovered)
    return InvoiceSent.model_validate_json(done.body)


def _shown(reply: Reply) -> InvoiceSent:
    assert isinstance(reply.body, InvoiceSent)
    return reply.body


def _finished(sent: InvoiceSent) -> Finished:
    return Finished(_TAKEN, sent.model_dump_json(by_alias=True).encode(), {})
