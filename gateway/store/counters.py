"""Numbers without gaps, per company and purpose.

The row stays locked until the transaction ends, so a number is given again if it is
rolled back, and seen only after all lower ones.
"""

from gateway.store.statements import Statement, columns, new
from gateway.store.tables import COUNTER
from gateway.store.transaction import Transaction

_INSERT = new(COUNTER)
_RAISE = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["tenant_id", "name"],
        set_={"value": COUNTER.c.value + _INSERT.excluded.value},
    ).returning(COUNTER.c.value),
    keys=columns(COUNTER),
)


def next_number(transaction: Transaction, tenant_id: str, name: str, count: int = 1) -> int:
    """Take the next `count` numbers; return the last of them."""
    parameters = {"tenant_id": tenant_id, "name": name, "value": count}
    row = transaction.row(_RAISE, parameters)
    assert row is not None
    return int(row[0])
