"""Who changed what."""

from collections.abc import Mapping
from typing import Any

from gateway.app.commands.words import time_of
from gateway.app.office import Office
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.rules.audit import AuditEntry

_PAGE = 100
_MOST = 1000


async def audit_list(office: Office, given: Mapping[str, Any]) -> Any:
    """Return the newest changes of a company, or of all."""
    tenant_id = None
    if given.get("tenant"):
        tenant_id = (await office.companies.find(str(given["tenant"]))).id
    most = int(given.get("limit") or _MOST)

    def look(work: Work) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while len(rows) < most:
            listed = work.audit.page(tenant_id, Page(min(_PAGE, most - len(rows)), cursor))
            rows += [_row(entry) for entry in listed.items]
            cursor = listed.next_cursor
            if cursor is None:
                break
        return rows

    return await office.context.store.read(look)


def _row(entry: AuditEntry) -> dict[str, Any]:
    who, changed = entry.who, entry.changed
    return {
        "id": entry.id,
        "at": time_of(entry.at),
        "tenant_id": entry.tenant_id,
        "who": who.kind,
        "who_id": who.id or None,
        "prefix": who.prefix or None,
        "network": who.network or None,
        "action": entry.action,
        "subject": entry.subject,
        "fields": list(changed.fields),
        "before": dict(changed.before),
        "after": dict(changed.after),
    }
