"""Who changed what."""

from gateway.api.paging import page_of, shown
from gateway.api.registry import Access, Call, Reply, Route
from gateway.api.schemas.audit import ActorShown, AuditShown
from gateway.api.schemas.base import AskedPage, ListOf
from gateway.rules.audit import AuditEntry


def audit_shown(entry: AuditEntry) -> AuditShown:
    """Return an entry as the API shows it."""
    who, changed = entry.who, entry.changed
    return AuditShown(
        id=entry.id,
        at=entry.at,
        tenant_id=entry.tenant_id,
        who=ActorShown(kind=who.kind, id=who.id or None, prefix=who.prefix or None),
        network=who.network or None,
        action=entry.action,
        subject=entry.subject,
        fields=list(changed.fields),
        before=dict(changed.before),
        after=dict(changed.after),
    )


async def page(call: Call) -> Reply:
    """Return changes."""
    tenant_id, wanted = call.tenant_id, page_of(call.asked(AskedPage))
    listed = await call.services.context.store.read(lambda work: work.audit.page(tenant_id, wanted))
    return Reply(shown(listed, audit_shown))


ROUTES = (
    Route(
        "GET",
        "/v1/audit",
        "List changes of settings, keys, logins and people, and who made them",
        page,
        Access.COMPANIES,
        "Settings",
        scopes=("settings",),
        query=AskedPage,
        answer=ListOf[AuditShown],
    ),
)
