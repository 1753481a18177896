"""What was sent to webhooks, and what is to be sent again."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, Select, and_, bindparam, delete, func, select, update

from gateway.ports.lists import Listed, Page
from gateway.rules.hooks import HookAttempt, Occasion, Resend, Webhook
from gateway.store.claim import DatabaseNow
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.events import first_since
from gateway.store.rows import EPOCH, from_micros, maybe_moment, to_micros
from gateway.store.statements import Several, Statement, columns, new
from gateway.store.tables import EVENT, WEBHOOK, WEBHOOK_ATTEMPT, WEBHOOK_RESEND
from gateway.store.transaction import Row, Transaction

KEPT_FOR = timedelta(days=30)
"""How long attempts are shown."""
_FORGET_AT_ONCE = 10_000
_KIND = "wha"
_A = WEBHOOK_ATTEMPT.c
_R = WEBHOOK_RESEND.c
_E = EVENT.c
_INSERT = new(WEBHOOK_RESEND)
_RESEND = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["webhook_id", "event_id"],
        set_={name: _INSERT.excluded[name] for name in ("due_at", "tries", "occasion")},
    ),
    keys=columns(WEBHOOK_RESEND),
)
_HASTEN = Statement(
    update(WEBHOOK)
    .where(WEBHOOK.c.id == bindparam("the_id"))
    .values(
        retry_at=select(func.min(_R.due_at)).where(_R.webhook_id == WEBHOOK.c.id).scalar_subquery()
    )
)
_DUE = Statement(
    select(*_R)
    .where(_R.webhook_id == bindparam("webhook_id"), _R.due_at <= DatabaseNow())
    .order_by(_R.due_at, _R.event_id)
    .limit(bindparam("limit"))
)
_DONE = Statement(
    delete(WEBHOOK_RESEND).where(
        _R.webhook_id == bindparam("webhook_id"), _R.event_id == bindparam("event_id")
    )
)
_WAITING = Statement(
    select(func.count()).select_from(WEBHOOK_RESEND).where(_R.webhook_id == bindparam("webhook_id"))
)
_ADD = Statement(new(WEBHOOK_ATTEMPT), keys=columns(WEBHOOK_ATTEMPT))
_GET = Statement(
    select(*_A).where(_A.webhook_id == bindparam("webhook_id"), _A.id == bindparam("id"))
)
_ALL = (
    select(*_A)
    .where(_A.webhook_id == bindparam("webhook_id"), _A.position < bindparam("before"))
    .order_by(_A.position.desc())
    .limit(bindparam("limit"))
)
_PAGE = {
    None: Statement(_ALL),
    True: Statement(_ALL.where(_A.ok)),
    False: Statement(_ALL.where(~_A.ok)),
}
_OLD = select(_A.position).where(_A.sent_at < bindparam("before")).limit(_FORGET_AT_ONCE)
_FORGET = Statement(delete(WEBHOOK_ATTEMPT).where(_A.position.in_(_OLD)))
_LATER = WEBHOOK_ATTEMPT.alias("later")
_FAILED = Statement(
    select(_A.event_id, func.min(_A.sequence))
    .where(
        _A.webhook_id == bindparam("webhook_id"),
        ~_A.ok,
        _A.sequence > 0,
        _A.sent_at >= bindparam("since"),
        _A.sent_at < bindparam("until"),
        ~select(_LATER.c.position)
        .where(
            _LATER.c.webhook_id == _A.webhook_id,
            _LATER.c.event_id == _A.event_id,
            _LATER.c.position > _A.position,
            _LATER.c.ok,
        )
        .exists(),
    )
    .group_by(_A.event_id)
    .order_by(func.min(_A.sequence))
    .limit(bindparam("limit"))
)
_PAST = (
    select(_E.id)
    .where(
        and_(
            _E.tenant_id == bindparam("tenant_id"),
            _E.sequence >= bindparam("first"),
            _E.sequence <= bindparam("cursor"),
            _E.timestamp < bindparam("until"),
        )
    )
    .order_by(_E.sequence)
    .limit(bindparam("limit"))
)
_ALL_PAST = Statement(_PAST)


def _past_of_types(binds: Sequence[BindParameter[str]]) -> Select[tuple[str]]:
    return _PAST.where(_E.type.in_(binds))


_PAST_OF_TYPES = Several(_past_of_types)


class HookAttempts:
    """The part of `ports.hooks.Hooks` about single events."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def waiting(self, webhook_id: str) -> int:
        """Return how many events are to be sent to it again."""
        row = self._transaction.row(_WAITING, {"webhook_id": webhook_id})
        return 0 if row is None else int(row[0])

    def due(self, webhook_id: str, limit: int) -> Sequence[Resend]:
        """Return what is to be sent again now, oldest first."""
        parameters = {"webhook_id": webhook_id, "limit": limit}
        return [_resend(row) for row in self._transaction.rows(_DUE, parameters)]

    def resend(self, resend: Resend) -> None:
        """Let an event be sent again; it takes the place of what is planned for it."""
        self._plan(resend.webhook_id, [resend])

    def done(self, webhook_id: str, event_id: str) -> None:
        """Forget that an event is to be sent again."""
        self._transaction.run(_DONE, {"webhook_id": webhook_id, "event_id": event_id})

    def resend_since(
        self,
        webhook: Webhook,
        types: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        failed_only: bool,
        limit: int,
    ) -> int:
        """Let the events of a time be sent again, now; return how many."""
        span = {"since": to_micros(since), "until": to_micros(until), "limit": limit}
        if failed_only:
            rows: Iterable[Row] = self._transaction.rows(
                _FAILED, {"webhook_id": webhook.id, **span}
            )
        else:
            rows = self._past(webhook, types, span)
        tenant_id, again = webhook.tenant_id, Occasion.REDELIVERY
        planned = [Resend(webhook.id, tenant_id, row[0], EPOCH, 0, again) for row in rows]
        self._plan(webhook.id, planned)
        return len(planned)

    def add_attempt(self, attempt: HookAttempt) -> None:
        """Add it."""
        row = {name: getattr(attempt, name) for name in _ATTEMPT_COLUMNS}
        row |= {"sent_at": to_micros(attempt.sent_at), "next_at": to_micros(attempt.next_at)}
        self._transaction.run(_ADD, row)

    def attempt(self, webhook_id: str, attempt_id: str) -> HookAttempt | None:
        """Return it, or None."""
        row = self._transaction.row(_GET, {"webhook_id": webhook_id, "id": attempt_id})
        return None if row is None else _attempt(row)

    def attempts(
        self, webhook_id: str, page: Page, *, ok: bool | None = None
    ) -> Listed[HookAttempt]:
        """Return attempts, newest first."""
        parameters = {
            "webhook_id": webhook_id,
            "before": begins_before(_KIND, page),
            "limit": page.limit + 1,
        }
        rows = self._transaction.rows(_PAGE[ok], parameters)
        rows, cursor = listed(_KIND, page, rows, lambda row: (row[0],))
        return whole([_attempt(row) for row in rows], cursor)

    def forget_past(self, now: datetime) -> int:
        """Remove attempts that are shown no more, some at a time; return how many."""
        return self._transaction.run(_FORGET, {"before": to_micros(now - KEPT_FOR)})

    def _past(self, webhook: Webhook, types: Sequence[str], span: dict[str, int]) -> Iterable[Row]:
        first = first_since(self._transaction, webhook.tenant_id, span["since"], webhook.cursor)
        parameters = {
            "tenant_id": webhook.tenant_id,
            "first": first,
            "cursor": webhook.cursor,
            "until": span["until"],
            "limit": span["limit"],
        }
        statement = _ALL_PAST
        if types:
            statement, chosen = _PAST_OF_TYPES.of(types)
            parameters |= chosen
        return self._transaction.rows(statement, parameters)

    def _plan(self, webhook_id: str, resends: Sequence[Resend]) -> None:
        if not resends:
            return
        self._transaction.many(
            _RESEND,
            [
                {
                    "webhook_id": one.webhook_id,
                    "event_id": one.event_id,
                    "tenant_id": one.tenant_id,
                    "due_at": to_micros(one.due_at),
                    "tries": one.tries,
                    "occasion": one.occasion,
                }
                for one in resends
            ],
        )
        self._transaction.run(_HASTEN, {"the_id": webhook_id})


def _resend(row: Row) -> Resend:
    webhook_id, event_id, tenant_id, due_at, tries, occasion = row
    return Resend(webhook_id, tenant_id, event_id, from_micros(due_at), tries, Occasion(occasion))


def _attempt(row: Row) -> HookAttempt:
    found = dict(zip(_NAMES, row, strict=True))
    del found["position"]
    return HookAttempt(
        **{
            **found,
            "occasion": Occasion(found["occasion"]),
            "sent_at": from_micros(found["sent_at"]),
            "ok": bool(found["ok"]),
            "next_at": maybe_moment(found["next_at"]),
        }
    )


_NAMES = tuple(column.name for column in WEBHOOK_ATTEMPT.columns)
_ATTEMPT_COLUMNS = columns(WEBHOOK_ATTEMPT)
