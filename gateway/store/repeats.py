"""Idempotency keys and small facts."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from gateway.ports.directory import Answered
from gateway.store.rows import dict_json, from_dict, key_of, to_micros
from gateway.store.statements import InCodeOrder, Statement, columns, new
from gateway.store.tables import FACT, REPEAT
from gateway.store.transaction import Transaction

KEPT_FOR = timedelta(days=7)
"""How long an answer is repeated: `until` less this is when it was given."""

_R = REPEAT.c
_GET = Statement(
    select(_R.request_hash, _R.status, _R.body, _R.headers).where(
        _R.key == bindparam("key"), _R.until > bindparam("now")
    )
)
_INSERT = new(REPEAT)
_PUT = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["key"],
        set_={name: _INSERT.excluded[name] for name in columns(REPEAT, "key")},
        where=_R.until <= bindparam("now"),
    ),
    keys=columns(REPEAT),
)
_FORGET = Statement(delete(REPEAT).where(_R.until <= bindparam("now")))
_FACT = Statement(select(FACT.c.value).where(FACT.c.name == bindparam("name")))
_NAME = InCodeOrder(FACT.c.name)
_UNDER = Statement(
    select(FACT.c.name, FACT.c.value)
    .where(bindparam("first") <= _NAME, bindparam("last") > _NAME)
    .order_by(_NAME)
    .limit(bindparam("most"))
)
_REMOVE_FACT = Statement(delete(FACT).where(FACT.c.name == bindparam("name")))
_INSERT_FACT = new(FACT)
_PUT_FACT = Statement(
    _INSERT_FACT.on_conflict_do_update(
        index_elements=["name"], set_={"value": _INSERT_FACT.excluded.value}
    ),
    keys=columns(FACT),
)


class Repeats:
    """Implements `ports.directory.Repeats`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, tenant_id: str, key: str, now: datetime) -> Answered | None:
        """Return what was answered, or None if the key is new or past."""
        parameters = {"key": key_of(tenant_id, key), "now": to_micros(now)}
        row = self._transaction.row(_GET, parameters)
        if row is None:
            return None
        request_hash, status, body, headers = row
        return Answered(request_hash, status, body, from_dict(headers))

    def put(self, tenant_id: str, key: str, answered: Answered, until: datetime) -> bool:
        """Keep the answer; False if the key was used by somebody else in the meantime."""
        row = {
            "key": key_of(tenant_id, key),
            "tenant_id": tenant_id,
            "request_hash": answered.request_hash,
            "status": answered.status,
            "body": answered.body,
            "headers": dict_json(answered.headers),
            "until": to_micros(until),
            "now": to_micros(until - KEPT_FOR),
        }
        return self._transaction.run(_PUT, row) == 1

    def forget_past(self, now: datetime) -> int:
        """Remove answers whose time is over; return how many."""
        return self._transaction.run(_FORGET, {"now": to_micros(now)})


class Facts:
    """Implements `ports.directory.Facts`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, name: str) -> str | None:
        """Return it, or None."""
        row = self._transaction.row(_FACT, {"name": name})
        return None if row is None else str(row[0])

    def put(self, name: str, value: str) -> None:
        """Keep it."""
        self._transaction.run(_PUT_FACT, {"name": name, "value": value})

    def under(self, prefix: str, most: int) -> Mapping[str, str]:
        """Return those whose names begin so, in their order."""
        given = {"first": prefix, "last": f"{prefix}\uffff", "most": most}
        return {str(name): str(value) for name, value in self._transaction.rows(_UNDER, given)}

    def remove(self, name: str) -> bool:
        """Forget it; False if it wasn't there."""
        return bool(self._transaction.run(_REMOVE_FACT, {"name": name}))
