"""API keys: what a company has, new ones, and those that are to stop."""

from typing import Any

from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.keys import KeyAdded, KeyShown, KeysShown, KeyTaken
from gateway.flow.companies import keys_of
from gateway.flow.refusal import Kind as Why
from gateway.flow.refusal import Refused, not_found
from gateway.rules.credentials import ApiKey
from gateway.rules.keys import Kind, kind_of


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "kind": kind_of(key).value,
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "ends_at": key.revoked_at,
        "managed_by_file": key.managed_by_file,
    }


async def every(call: Call) -> Reply:
    """Return the keys, oldest first."""
    tenant_id = call.company.id
    keys = await call.services.context.store.read(lambda work: keys_of(work, tenant_id))
    return Reply(KeysShown(data=[KeyShown(**_shown(key)) for key in keys]))


async def add(call: Call) -> Reply:
    """Add a key, with no more rights than the caller's own."""
    body = call.body(KeyTaken)
    assert call.caller is not None
    beyond = [scope for scope in body.scopes if scope not in call.caller.scopes]
    if beyond:
        detail = f"Your key lacks {', '.join(beyond)}, so it can't make one that has it."
        raise Refused(Why.FORBIDDEN, "scope_missing", detail, param="scopes")
    key, secret = await call.services.companies.add_key(
        call.company.id,
        tuple(dict.fromkeys(body.scopes)),
        expires_in=body.life,
        kind=Kind(body.kind),
    )
    return Reply(KeyAdded(**_shown(key), api_key=secret))


async def revoke(call: Call) -> Reply:
    """Revoke a key; a request with it is answered with 401 from now on."""
    tenant_id, wanted = call.company.id, call.path["id"]
    keys = await call.services.context.store.read(lambda work: keys_of(work, tenant_id))
    key = next((one for one in keys if one.id == wanted), None)
    if key is None:
        raise not_found("key")
    if key.managed_by_file:
        detail = "The key is kept in the configuration; take it away there."
        raise Refused(Why.CONFLICT, "wrong_state", detail)
    await call.services.companies.revoke_key(wanted)
    return Reply()


_SHARED: dict[str, Any] = {
    "access": Access.COMPANY,
    "tag": "Settings",
    "scopes": ("settings",),
}

ROUTES = (
    Route("GET", "/v1/keys", "List API keys", every, **_SHARED, answer=KeysShown),
    Route(
        "POST",
        "/v1/keys",
        "Make an API key, for live mail or for tests",
        add,
        **_SHARED,
        body=KeyTaken,
        answer=KeyAdded,
        status=201,
    ),
    Route(
        "DELETE",
        "/v1/keys/{id}",
        "Revoke an API key",
        revoke,
        **_SHARED,
        status=204,
        refuses=(409,),
    ),
)
