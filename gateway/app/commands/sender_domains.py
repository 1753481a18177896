"""Companies' own sender domains: listed, claimed, checked, given up."""

from collections.abc import Mapping
from typing import Any

from gateway.app.office import Office
from gateway.flow.refusal import not_found
from gateway.ports.store import Work
from gateway.rules.model import Tenant
from gateway.rules.sender_domains import SenderDomain, is_optional, shown


async def domain_list(office: Office, given: Mapping[str, Any]) -> Any:
    """Return where each company's domain stands."""
    _ = given

    def look(work: Work) -> list[tuple[Tenant, SenderDomain]]:
        found = [(tenant, work.sender_domains.get(tenant.id)) for tenant in work.tenants.all()]
        return [(tenant, claim) for tenant, claim in found if claim is not None]

    return [_line(*one) for one in await office.context.store.read(look)]


async def domain_show(office: Office, given: Mapping[str, Any]) -> Any:
    """Return a company's records, once its domain was claimed, checked or given up if asked to."""
    tenant = await office.companies.find(str(given["tenant"]))
    if given.get("remove"):
        if not await office.sender_domains.remove(tenant):
            raise not_found("sender domain")
        return {"tenant": tenant.slug, "status": "removed", "records": []}
    if given.get("address"):
        return _shown(office, tenant, await office.sender_domains.claim(tenant, given["address"]))
    if given.get("check"):
        return _shown(office, tenant, await office.sender_domains.check(tenant))
    claim = await office.sender_domains.of(tenant)
    if claim is None:
        raise not_found("sender domain")
    return _shown(office, tenant, claim)


def _line(tenant: Tenant, claim: SenderDomain) -> Mapping[str, Any]:
    return {
        "tenant": tenant.slug,
        "address": claim.address,
        "status": claim.standing.value,
        "since": claim.since.isoformat(timespec="seconds"),
    }


def _shown(office: Office, tenant: Tenant, claim: SenderDomain) -> Mapping[str, Any]:
    rows = [
        {
            "type": one.record.type,
            "name": one.record.name,
            "value": one.record.value,
            "state": one.state.value,
            "optional": is_optional(one.record),
            "remedy": one.remedy,
        }
        for one in shown(claim, office.context.names.sender)
    ]
    return {**_line(tenant, claim), "records": rows}
