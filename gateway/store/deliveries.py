"""The outbound queue and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    LargeBinary,
    Select,
    bindparam,
    case,
    func,
    select,
    update,
)

from gateway.ports.lists import Listed, Page
from gateway.ports.queues import Lease
from gateway.rules.model import Attempt, Delivery
from gateway.rules.states import FINAL, State
from gateway.store.claim import NEVER, DatabaseNow, Queue, finish
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.delivery_rows import attempt_lines, from_row, route_order, to_change, to_row
from gateway.store.rows import address_key, from_micros, to_micros
from gateway.store.statements import Several, Statement, columns, new
from gateway.store.tables import DELIVERY, TENANT
from gateway.store.transaction import Row, Transaction
from gateway.store.turns import Turns

_KIND = "dlv"
_C = DELIVERY.c
_WAITS = _C.due_at.is_not(None)
_QUEUE = Queue(
    DELIVERY, {"state": case((_C.state == State.UNCONFIRMED, _C.state), else_=State.SENDING)}
)
_CHANGED = ("state", "reason", "reason_key", "next_attempt_at", "tries", "sending", "updated_at")
_COUNTED = [state.value for state in State if state not in FINAL]


def _due() -> ColumnElement[Any]:
    # `due_at` None means at once: by the database's clock, which claims go by.
    return case(
        (bindparam("is_final"), None), else_=func.coalesce(bindparam("due"), DatabaseNow())
    )
