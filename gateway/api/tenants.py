"""Companies: kept by admins, and what each sees and changes of itself."""

from typing import Any

from gateway.api.etags import etag, wanted_version
from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Reply, Route, changes_of
from gateway.api.schemas.base import AskedPage, ListOf
from gateway.api.schemas.tenants import (
    Brand,
    LinkShown,
    LinkTaken,
    LoginShown,
    Notify,
    ProfileChange,
    TenantAdded,
    TenantChange,
    TenantShown,
    TenantTaken,
)
from gateway.api.views import tenant_shown
from gateway.flow.drafts import TenantDraft
from gateway.flow.refusal import not_found
from gateway.rules.model import HOUSE_TENANT_ID, Tenant

_EMPTIED = frozenset({"brand", "notify"})


def _brand(brand: Brand | None) -> dict[str, str]:
    return {} if brand is None else brand.model_dump(exclude_none=True)


async def add(call: Call) -> Reply:
    """Add a company; its key and login are shown this once."""
    body = call.body(TenantTaken)
    enrolled = await call.services.companies.add(
        TenantDraft(
            name=body.name,
            slug=body.slug,
            locale=body.locale,
            timezone=body.timezone,
            brand=_brand(body.brand),
            attach_pdf=body.attach_pdf,
            notify_address=body.notify.address if body.notify else None,
        )
    )
    tenant = enrolled.tenant
    return Reply(
        TenantAdded(
            id=tenant.id,
            name=tenant.name,
            slug=tenant.slug,
            sender_address=call.services.context.names.sender_address(tenant),
            api_key=enrolled.api_key,
            smtp_login=LoginShown(username=enrolled.username, password=enrolled.password),
        ),
        {**etag(tenant.version), "Location": f"/v1/tenants/{tenant.id}"},
    )


async def page(call: Call) -> Reply:
    """Return companies."""
    context, wanted = call.services.context, page_of(call.asked(AskedPage))
    listed = await context.store.read(lambda work: work.tenants.page(wanted))
    return Reply(shown(listed, lambda tenant: tenant_shown(context, tenant)))


async def _named(call: Call) -> Tenant:
    tenant_id = call.path["id"]
    tenant = await call.services.context.store.read(lambda work: work.tenants.get(tenant_id))
    if tenant is None or tenant.id == HOUSE_TENANT_ID:
        raise not_found("company")
    return tenant


def _reply(call: Call, tenant: Tenant) -> Reply:
    return Reply(tenant_shown(call.services.context, tenant), etag(tenant.version))


async def one(call: Call) -> Reply:
    """Return a company."""
    return _reply(call, await _named(call))


async def _changed(call: Call, tenant: Tenant, body: ProfileChange) -> Reply:
    changes: dict[str, Any] = changes_of(body, nullable=_EMPTIED)
    if "brand" in changes:
        changes["brand"] = _brand(changes["brand"])
    if "notify" in changes:
        notify: Notify | None = changes.pop("notify")
        changes["notify_address"] = notify.address if notify else None
    kept = dict(tenant.pages)
    if "track_views" in changes:
        kept["track_views"] = changes.pop("track_views")
    if "customer_phrase" in changes:
        kept["phrase"] = changes.pop("customer_phrase")
    if "customer_actions" in changes:
        kept["actions"] = list(changes.pop("customer_actions"))
    if kept != tenant.pages:
        changes["pages"] = kept
    version = wanted_version(call.request.headers)
    changed = await call.services.companies.change(tenant.id, changes, version=version)
    return _reply(call, changed)


async def change(call: Call) -> Reply:
    """Change a company."""
    return await _changed(call, await _named(call), call.body(TenantChange))


async def remove(call: Call) -> Reply:
    """Remove a company with its keys and logins."""
    await call.services.companies.remove((await _named(call)).id)
    return Reply()


async def own(call: Call) -> Reply:
    """Return the company's own profile."""
    return _reply(call, call.company)


async def change_own(call: Call) -> Reply:
    """Change the company's own profile."""
    return await _changed(call, call.company, call.body(ProfileChange))


async def add_link(call: Call) -> Reply:
    """Return a link that signs in to the Inbox once."""
    body, tenant_id = call.body(LinkTaken), call.company.id
    conversation_id = body.conversation_id
    if conversation_id is not None:
        known = await call.services.context.store.read(
            lambda work: work.conversations.get(tenant_id, conversation_id)
        )
        if known is None:
            raise not_found("conversation")
    url, until = await call.services.companies.sign_in_link(
        tenant_id, user=body.user, conversation_id=conversation_id
    )
    return Reply(LinkShown(url=url, expires_at=until))


_ADMIN: dict[str, Any] = {"access": Access.ADMIN, "tag": "Companies", "scopes": ("admin",)}
_OWN: dict[str, Any] = {"access": Access.COMPANY, "tag": "Own profile"}

ROUTES = (
    Route(
        "POST",
        "/v1/tenants",
        "Add a company",
        add,
        **_ADMIN,
        body=TenantTaken,
        answer=TenantAdded,
        status=201,
        refuses=(409,),
    ),
    Route(
        "GET",
        "/v1/tenants",
        "List companies",
        page,
        **_ADMIN,
        query=AskedPage,
        answer=ListOf[TenantShown],
    ),
    Route(
        "GET",
        "/v1/tenants/{id}",
        "Read a company",
        one,
        **_ADMIN,
        answer=TenantShown,
        versioned=True,
    ),
    Route(
        "PATCH",
        "/v1/tenants/{id}",
        "Change a company",
        change,
        **_ADMIN,
        body=TenantChange,
        answer=TenantShown,
        versioned=True,
        refuses=(409,),
    ),
    Route(
        "DELETE",
        "/v1/tenants/{id}",
        "Remove a company, its keys and logins",
        remove,
        **_ADMIN,
        status=204,
        refuses=(409,),
    ),
    Route(
        "GET",
        "/v1/tenant",
        "Read the company's own profile",
        own,
        **_OWN,
        answer=TenantShown,
        versioned=True,
    ),
    Route(
        "PATCH",
        "/v1/tenant",
        "Change the company's own profile",
        change_own,
        **_OWN,
        scopes=("settings",),
        body=ProfileChange,
        answer=TenantShown,
        versioned=True,
        refuses=(409,),
        live_only=True,
    ),
    Route(
        "POST",
        "/v1/inbox-links",
        "Make a one-time link that signs in to the Inbox",
        add_link,
        access=Access.COMPANY,
        tag="Inbox",
        scopes=("inbox:write",),
        body=LinkTaken,
        answer=LinkShown,
        status=201,
    ),
)
