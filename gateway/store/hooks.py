"""Webhooks: an endpoint's row is its place in the queue.

It holds how far in the company's events it has come, so that whoever tells of an event
writes nothing for it. An endpoint is claimed when it is behind, or when something is to
be sent to it again; whoever holds it serves it alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, or_, select, update

from gateway.ports.lists import Listed, Page, Stale
from gateway.ports.queues import Lease
from gateway.rules.hooks import Secret, Webhook, Why
from gateway.store.claim import DatabaseNow, Queue, finish, leasing
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.events import COUNTER_NAME
from gateway.store.hook_attempts import HookAttempts
from gateway.store.rows import from_list, from_micros, list_json, maybe_moment, to_micros
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import COUNTER, WEBHOOK, WEBHOOK_RESEND
from gateway.store.transaction import Row, Transaction

_KIND = "whk"
_W = WEBHOOK.c
_QUEUE = Queue(WEBHOOK)
_LAST = (
    select(COUNTER.c.value)
    .where(COUNTER.c.tenant_id == _W.tenant_id, COUNTER.c.name == COUNTER_NAME)
    .scalar_subquery()
)
_HAS_WORK = or_((_W.resume_at <= DatabaseNow()) & (_W.cursor < _LAST), _W.retry_at <= DatabaseNow())
_CLAIM = {
    failing: Statement(
        _QUEUE.claiming(_QUEUE.is_due, _HAS_WORK, _W.failures > 0 if failing else _W.failures == 0)
    )
    for failing in (False, True)
}
_READY = Statement(select(_W.position).where(_QUEUE.is_due, _HAS_WORK).limit(1))
_HERE = _W.removed_at.is_(None)
_ADD = Statement(new(WEBHOOK), keys=columns(WEBHOOK))
_GET = Statement(
    select(*_W).where(_W.id == bindparam("id"), _W.tenant_id == bindparam("tenant_id"), _HERE)
)
_HELD = Statement(select(*_W).where(_QUEUE.holds_lease))
_PAGE = Statement(
    select(*_W)
    .where(_W.tenant_id == bindparam("tenant_id"), _W.position < bindparam("before"), _HERE)
    .order_by(_W.position.desc())
    .limit(bindparam("limit"))
)
_COUNT = Statement(
    select(func.count()).where(_W.tenant_id == bindparam("tenant_id"), _HERE).select_from(WEBHOOK)
)
_CHANGE = {
    enabled: Statement(
        update(WEBHOOK)
        .where(_W.id == bindparam("the_id"), _W.version == bindparam("was"), _HERE)
        .values(
            {"due_at": func.coalesce(_W.due_at, DatabaseNow())}
            if enabled
            else {"due_at": None, "lease_owner": None, "fence": _W.fence + 1}
        ),
        keys=("url", "types", "secrets", "disabled", "updated_at", "version")
        + (("failures", "failing_since", "resume_at") if enabled else ()),
    )
    for enabled in (False, True)
}
_REMOVED = {"due_at": None, "lease_owner": None, "secrets": "[]", "fence": _W.fence + 1}
_REMOVE = Statement(
    update(WEBHOOK)
    .where(_W.id == bindparam("the_id"), _W.tenant_id == bindparam("the_tenant"), _HERE)
    .values(_REMOVED),
    keys=["removed_at"],
)
_REMOVE_ALL = Statement(
    update(WEBHOOK).where(_W.tenant_id == bindparam("the_tenant"), _HERE).values(_REMOVED),
    keys=["removed_at"],
)
_RESENDS_OF_REMOVED = Statement(
    delete(WEBHOOK_RESEND).where(
        WEBHOOK_RESEND.c.webhook_id.in_(
            select(_W.id).where(_W.tenant_id == bindparam("tenant_id"), _W.removed_at.is_not(None))
        )
    )
)
_FIRST_RESEND = (
    select(func.min(WEBHOOK_RESEND.c.due_at))
    .where(WEBHOOK_RESEND.c.webhook_id == _W.id)
    .scalar_subquery()
)
_SETTLE = Statement(
    update(WEBHOOK).where(_QUEUE.holds_lease).values(retry_at=_FIRST_RESEND),
    keys=("cursor", "failures", "failing_since", "resume_at"),
)
_RELEASE = _QUEUE.finishing((), due_at=DatabaseNow())
_RESUMES = (
    select(func.min(_W.resume_at))
    .where(_W.due_at.is_not(None), _W.resume_at > DatabaseNow())
    .scalar_subquery()
)
_NEXT = Statement(
    select(func.min(_W.retry_at), _RESUMES).where(
        _W.due_at.is_not(None), _W.retry_at > DatabaseNow()
    )
)


class Hooks(HookAttempts):
    """Implements `ports.hooks.Hooks`."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    def add(self, webhook: Webhook) -> None:
        """Add it."""
        row = {
            **_changing(webhook),
            **_health(webhook),
            "id": webhook.id,
            "tenant_id": webhook.tenant_id,
            "format": webhook.format,
            "created_at": to_micros(webhook.created_at),
            "retry_at": None,
            "due_at": 0,
            "lease_owner": None,
            "fence": webhook.fence,
            "removed_at": None,
        }
        self._transaction.run(_ADD, row)

    def get(self, tenant_id: str, webhook_id: str) -> Webhook | None:
        """Return it, or None if unknown."""
        row = self._transaction.row(_GET, {"tenant_id": tenant_id, "id": webhook_id})
        return None if row is None else _webhook(row)

    def page(self, tenant_id: str, page: Page) -> Listed[Webhook]:
        """Return them, newest first."""
        parameters = {
            "tenant_id": tenant_id,
            "before": begins_before(_KIND, page),
            "limit": page.limit + 1,
        }
        rows = self._transaction.rows(_PAGE, parameters)
        rows, cursor = listed(_KIND, page, rows, lambda row: (row[0],))
        return whole([_webhook(row) for row in rows], cursor)

    def count(self, tenant_id: str) -> int:
        """Return how many a company has."""
        row = self._transaction.row(_COUNT, {"tenant_id": tenant_id})
        return 0 if row is None else int(row[0])

    def change(self, webhook: Webhook, *, check_version: bool = False) -> Webhook:
        """Store url, types, secrets and whether it is on; see the port."""
        current = self.get(webhook.tenant_id, webhook.id)
        if current is None or (check_version and current.version != webhook.version):
            raise Stale("the webhook was changed by somebody else")
        enabled = webhook.disabled is None
        row = {**_changing(webhook), "the_id": webhook.id, "was": current.version}
        row["version"] = current.version + 1
        if enabled:
            # Whoever switches it on says that it is well; else it goes on as it does.
            shown = _health(current if current.disabled is None else webhook)
            row |= {name: shown[name] for name in ("failures", "failing_since", "resume_at")}
        if self._transaction.run(_CHANGE[enabled], row) != 1:
            raise Stale("the webhook was changed by somebody else")
        return self.get(webhook.tenant_id, webhook.id) or webhook

    def remove(self, tenant_id: str, webhook_id: str, now: datetime) -> bool:
        """Remove it; what it was sent is forgotten in its time. False if unknown."""
        row = {"the_id": webhook_id, "the_tenant": tenant_id, "removed_at": to_micros(now)}
        if self._transaction.run(_REMOVE, row) != 1:
            return False
        self._transaction.run(_RESENDS_OF_REMOVED, {"tenant_id": tenant_id})
        return True

    def is_ready(self) -> bool:
        """Say whether `claim` would find any endpoint."""
        return self._transaction.row(_READY, {}) is not None

    def claim(self, lease: Lease, limit: int, *, failing: bool) -> Sequence[Webhook]:
        """Take up to `limit` that something is to be sent to: well ones, or failing ones."""
        rows = self._transaction.rows(_CLAIM[failing], {**leasing(lease), "limit": limit})
        return [_webhook(row) for row in rows]

    def renew(self, ids: Iterable[str], lease: Lease) -> None:
        """Prolong the leases that this owner still holds."""
        _QUEUE.renew(self._transaction, ids, lease)

    def held(self, webhook_id: str, fence: int) -> Webhook:
        """Return it as it is now; raises Stale if the lease was lost."""
        row = self._transaction.row(_HELD, {"the_id": webhook_id, "the_fence": fence})
        if row is None:
            raise Stale("the lease was lost")
        return _webhook(row)

    def settle(self, webhook: Webhook) -> None:
        """Store cursor and health of one that is held, and note what is due next."""
        parameters = {**_health(webhook), "the_id": webhook.id, "the_fence": webhook.fence}
        finish(self._transaction, _SETTLE, parameters)

    def release(self, webhook_id: str, fence: int) -> None:
        """End the lease, if it is still held."""
        self._transaction.run(_RELEASE, {"the_id": webhook_id, "the_fence": fence})

    def next_due(self) -> datetime | None:
        """Return when something that waits for its time is due, or None."""
        row = self._transaction.row(_NEXT, {}) or (None, None)
        moments = [moment for moment in row if moment is not None]
        return from_micros(min(moments)) if moments else None


def remove_hooks(transaction: Transaction, tenant_id: str, moment: int) -> None:
    """Remove all of a company; moment: when, in microseconds."""
    transaction.run(_REMOVE_ALL, {"the_tenant": tenant_id, "removed_at": moment})
    transaction.run(_RESENDS_OF_REMOVED, {"tenant_id": tenant_id})


def _changing(webhook: Webhook) -> dict[str, object]:
    return {
        "url": webhook.url,
        "types": list_json(webhook.types),
        "secrets": list_json([[one.sealed, to_micros(one.until)] for one in webhook.secrets]),
        "disabled": webhook.disabled,
        "updated_at": to_micros(webhook.updated_at),
        "version": webhook.version,
    }


def _health(webhook: Webhook) -> dict[str, object]:
    return {
        "cursor": webhook.cursor,
        "failures": webhook.failures,
        "failing_since": to_micros(webhook.failing_since),
        "resume_at": to_micros(webhook.resume_at) or 0,
    }


def _webhook(row: Row) -> Webhook:
    found = dict(zip(_NAMES, row, strict=True))
    return Webhook(
        id=found["id"],
        tenant_id=found["tenant_id"],
        url=found["url"],
        types=from_list(found["types"]),
        format=found["format"],
        secrets=tuple(
            Secret(sealed, maybe_moment(until)) for sealed, until in from_list(found["secrets"])
        ),
        created_at=from_micros(found["created_at"]),
        updated_at=from_micros(found["updated_at"]),
        cursor=found["cursor"],
        disabled=None if found["disabled"] is None else Why(found["disabled"]),
        failures=found["failures"],
        failing_since=maybe_moment(found["failing_since"]),
        resume_at=maybe_moment(found["resume_at"] or None),
        fence=found["fence"],
        version=found["version"],
    )


_NAMES = tuple(column.name for column in WEBHOOK.columns)
