"""Companies, keys, logins, links."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.api.schemas.tenants import TenantChange, TenantTaken
from gateway.app.commands.words import duration_of, time_of
from gateway.app.office import Office
from gateway.flow.companies import ADMIN_SCOPES, keys_of
from gateway.flow.drafts import TenantDraft
from gateway.rules.credentials import ApiKey, Login
from gateway.rules.keys import Kind, kind_of
from gateway.rules.model import Tenant
from gateway.rules.testing import is_test
from gateway.runtime.control import CommandError

_EDITABLE = ("name", "slug", "locale", "timezone", "attach_pdf")


async def tenant_add(office: Office, given: Mapping[str, Any]) -> Any:
    """Add a company; the only time that its secrets are shown."""
    enrolled = await office.companies.add(TenantDraft(**_checked(TenantTaken, given)))
    return {
        **_tenant(office, enrolled.tenant),
        "api_key": enrolled.api_key,
        "smtp_login": {"username": enrolled.username, "password": enrolled.password},
    }


async def tenant_list(office: Office, given: Mapping[str, Any]) -> Any:
    """Return all companies."""
    _ = given
    tenants = await office.context.store.read(lambda work: work.tenants.all())
    return [_tenant(office, tenant) for tenant in tenants if not is_test(tenant.id)]


async def tenant_show(office: Office, given: Mapping[str, Any]) -> Any:
    """Return one company."""
    return _tenant(office, await office.companies.find(str(given["tenant"])))


async def tenant_edit(office: Office, given: Mapping[str, Any]) -> Any:
    """Change what is given of a company."""
    tenant = await office.companies.find(str(given["tenant"]))
    _check_managed(tenant)
    changes = _checked(TenantChange, given)
    if not changes:
        raise CommandError("say what to change, such as --name", "usage")
    changed = await office.companies.change(tenant.id, changes)
    return _tenant(office, changed)


async def tenant_remove(office: Office, given: Mapping[str, Any]) -> Any:
    """Remove a company."""
    tenant = await office.companies.find(str(given["tenant"]))
    _check_managed(tenant)
    await office.companies.remove(tenant.id)
    return {"id": tenant.id, "slug": tenant.slug, "removed": True}


async def person_erase(office: Office, given: Mapping[str, Any]) -> Any:
    """Erase a person from a company's data; returns how much there was."""
    tenant = await office.companies.find(str(given["tenant"]))
    erased = await office.privacy.erase(tenant, str(given["address"]))
    return {"address": given["address"], "tenant": tenant.slug, **asdict(erased)}


async def key_add(office: Office, given: Mapping[str, Any]) -> Any:
    """Add an API key; the only time that it is shown."""
    scopes = tuple(given.get("scopes") or ())
    for scope in scopes:
        if scope not in ADMIN_SCOPES:
            raise CommandError(f"{scope} is no scope; there are {', '.join(ADMIN_SCOPES)}", "usage")
    if bool(given.get("admin")) == bool(given.get("tenant")):
        raise CommandError("say either --tenant or --admin", "usage")
    tenant_id = None
    if given.get("tenant"):
        tenant_id = (await office.companies.find(str(given["tenant"]))).id
        if "admin" in scopes:
            raise CommandError("a company's key can't have the scope admin", "usage")
    life = duration_of(str(given["expires"]), "--expires") if given.get("expires") else None
    kind = Kind.TEST if given.get("test") else Kind.LIVE
    if kind is Kind.TEST and tenant_id is None:
        raise CommandError("a test key is of a company: say --tenant", "usage")
    key, secret = await office.companies.add_key(tenant_id, scopes, expires_in=life, kind=kind)
    return {**_key(key), "api_key": secret}


async def key_list(office: Office, given: Mapping[str, Any]) -> Any:
    """Return keys, without their secrets, which nobody knows."""
    tenant_id = await _tenant_id(office, given)
    keys = await office.context.store.read(lambda work: keys_of(work, tenant_id))
    return [_key(key) for key in keys]


async def key_revoke(office: Office, given: Mapping[str, Any]) -> Any:
    """Revoke a key."""
    await office.companies.revoke_key(str(given["id"]))
    return {"id": given["id"], "revoked": True}


async def login_add(office: Office, given: Mapping[str, Any]) -> Any:
    """Add a submission login; the only time that its password is shown."""
    tenant = await office.companies.find(str(given["tenant"]))
    login, password = await office.companies.add_login(tenant)
    return {**_login(login), "password": password}


async def login_list(office: Office, given: Mapping[str, Any]) -> Any:
    """Return logins."""
    tenant_id = await _tenant_id(office, given)
    logins = await office.context.store.read(lambda work: work.keys.logins(tenant_id))
    return [_login(login) for login in logins]


async def login_revoke(office: Office, given: Mapping[str, Any]) -> Any:
    """Revoke a login."""
    await office.companies.revoke_login(str(given["username"]))
    return {"username": given["username"], "revoked": True}


async def inbox_link(office: Office, given: Mapping[str, Any]) -> Any:
    """Return a one-time link that signs in to the Inbox."""
    tenant = await office.companies.find(str(given["tenant"]))
    url, until = await office.companies.sign_in_link(tenant.id)
    return {"url": url, "expires_at": time_of(until)}


async def _tenant_id(office: Office, given: Mapping[str, Any]) -> str | None:
    wanted = given.get("tenant")
    return (await office.companies.find(str(wanted))).id if wanted else None


def _check_managed(tenant: Tenant) -> None:
    if tenant.managed_by_file:
        raise CommandError(f"{tenant.slug} is managed by a file; change it there and reload")


def _checked(kind: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given of a company, by the rules that the API has for it."""
    wanted = {key: given[key] for key in _EDITABLE if given.get(key) is not None}
    try:
        kind.model_validate(wanted)
    except ValidationError as error:
        said = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise CommandError("; ".join(said), "usage") from error
    return wanted


def _tenant(office: Office, tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "slug": tenant.slug,
        "name": tenant.name,
        "sender_address": office.context.names.sender_address(tenant),
        "locale": tenant.locale,
        "timezone": tenant.timezone,
        "attach_pdf": tenant.attach_pdf,
        "notify_address": tenant.notify_address,
        "managed_by_file": tenant.managed_by_file,
        "created_at": time_of(tenant.created_at),
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "tenant_id": key.tenant_id,
        "kind": kind_of(key).value,
        "scopes": list(key.scopes),
        "created_at": time_of(key.created_at),
        "last_used_at": time_of(key.last_used_at),
        "revoked_at": time_of(key.revoked_at),
        "managed_by_file": key.managed_by_file,
    }


def _login(login: Login) -> dict[str, Any]:
    return {
        "username": login.username,
        "tenant_id": login.tenant_id,
        "created_at": time_of(login.created_at),
        "revoked_at": time_of(login.revoked_at),
        "managed_by_file": login.managed_by_file,
    }
