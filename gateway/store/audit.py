"""The audit log."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from gateway.ports.lists import Listed, Page
from gateway.rules.audit import KEPT, Actor, AuditEntry, Changed
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.rows import dict_json, from_dict, from_micros, to_micros
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import AUDIT
from gateway.store.transaction import Row, Transaction

_KIND = "aud"
_C = AUDIT.c
_ADD = Statement(new(AUDIT), keys=columns(AUDIT, "position"))
_NEWEST = (
    select(*_C)
    .where(_C.position < bindparam("before"))
    .order_by(_C.position.desc())
    .limit(bindparam("limit"))
)
_ALL = Statement(_NEWEST)
_FORGET = Statement(delete(AUDIT).where(_C.at < bindparam("before")))
_PAGE = Statement(_NEWEST.where(_C.tenant_id == bindparam("tenant_id")))


class Audit:
    """Implements `ports.audit.Audit`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, entry: AuditEntry) -> None:
        """Add an entry."""
        changed = entry.changed
        row = {
            "id": entry.id,
            "at": to_micros(entry.at),
            "tenant_id": entry.tenant_id,
            "who": entry.who.kind,
            "who_id": entry.who.id,
            "prefix": entry.who.prefix,
            "network": entry.who.network,
            "action": entry.action,
            "subject": entry.subject,
            "changed": dict_json(
                {
                    "fields": list(changed.fields),
                    "before": dict(changed.before),
                    "after": dict(changed.after),
                }
            ),
        }
        self._transaction.run(_ADD, row)

    def forget_past(self, now: datetime) -> int:
        """Remove entries that are kept no longer; return how many."""
        return self._transaction.run(_FORGET, {"before": to_micros(now - KEPT)})

    def page(self, tenant_id: str | None, page: Page) -> Listed[AuditEntry]:
        """Return a company's entries, newest first; None: everybody's. Raises BadCursor."""
        parameters: dict[str, object] = {
            "before": begins_before(_KIND, page),
            "limit": page.limit + 1,
        }
        if tenant_id is not None:
            parameters["tenant_id"] = tenant_id
        rows = self._transaction.rows(_ALL if tenant_id is None else _PAGE, parameters)
        rows, cursor = listed(_KIND, page, rows, lambda row: (row[0],))
        return whole([_entry(row) for row in rows], cursor)


def _entry(row: Row) -> AuditEntry:
    _, id_, at, tenant_id, who, who_id, prefix, network, action, subject, changed = row
    kept = from_dict(changed)
    return AuditEntry(
        id=id_,
        at=from_micros(at),
        tenant_id=tenant_id,
        who=Actor(who, who_id, prefix, network),
        action=action,
        subject=subject,
        changed=Changed(tuple(kept["fields"]), kept["before"], kept["after"]),
    )
