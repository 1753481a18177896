"""Messages that go to another conversation, with their deliveries and documents."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Table, Update, bindparam, select, update

from gateway.store.statements import Several, Statement, passing
from gateway.store.tables import CONVERSATION, DELIVERY, INVOICE, MESSAGE
from gateway.store.transaction import Transaction

_FROM: Any = bindparam("from_id")
_TO: Any = bindparam("to_id")
_TENANT: Any = bindparam("the_tenant")
_INVOICES = Statement(
    select(INVOICE.c.id)
    .where(INVOICE.c.conversation_id == bindparam("id"))
    .order_by(INVOICE.c.position)
)
_LIST = Statement(
    update(CONVERSATION).where(CONVERSATION.c.id == bindparam("the_id")), keys=["invoice_ids"]
)


def _all_messages() -> Update:
    return (
        update(MESSAGE)
        .where(MESSAGE.c.conversation_id == _FROM, passing(MESSAGE.c.tenant_id) == _TENANT)
        .values(conversation_id=_TO)
    )


def _their(table: Table) -> Update:
    """Return the move of what belongs to messages that have moved already."""
    moved = select(MESSAGE.c.id).where(MESSAGE.c.conversation_id == _TO)
    return (
        update(table)
        .where(
            table.c.message_id.in_(moved),
            table.c.conversation_id == _FROM,
            passing(table.c.tenant_id) == _TENANT,
        )
        .values(conversation_id=_TO)
    )


def _these(binds: Sequence[BindParameter[Any]]) -> Update:
    return _all_messages().where(MESSAGE.c.id.in_(binds))


_MOVE_ALL = Statement(_all_messages())
_MOVE_THESE = Several(_these)
_MOVE_DELIVERIES = Statement(_their(DELIVERY))
_MOVE_THEIR_INVOICES = Statement(_their(INVOICE))
_MOVE_INVOICES = Statement(
    update(INVOICE)
    .where(INVOICE.c.conversation_id == _FROM, passing(INVOICE.c.tenant_id) == _TENANT)
    .values(conversation_id=_TO)
)


def move_messages(
    transaction: Transaction,
    tenant_id: str,
    conversation_id: str,
    to: str,
    ids: Sequence[str] | None,
) -> None:
    """Move messages, None: all; documents go with the message that brought them."""
    parameters: dict[str, Any] = {"the_tenant": tenant_id, "from_id": conversation_id, "to_id": to}
    if ids is None:
        transaction.run(_MOVE_ALL, parameters)
        transaction.run(_MOVE_INVOICES, parameters)
    elif ids:
        statement, chosen = _MOVE_THESE.of(ids)
        transaction.run(statement, {**parameters, **chosen})
        transaction.run(_MOVE_THEIR_INVOICES, parameters)
    transaction.run(_MOVE_DELIVERIES, parameters)
    for each in (conversation_id, to):
        rows = transaction.rows(_INVOICES, {"id": each})
        listed = " ".join(row[0] for row in rows)
        transaction.run(_LIST, {"the_id": each, "invoice_ids": listed})
