"""Messages with their attachments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select, update

from gateway.ports.correspondence import KnownMessage
from gateway.ports.lists import Listed, Page
from gateway.rules.model import IMPORTED, Attachment, Direction, Message
from gateway.rules.search import Query
from gateway.rules.search_plan import MANY, MANY_TO_GATHER
from gateway.store.cursors import begins_before, listed, take_cursor, whole
from gateway.store.message_rows import (
    from_attachment_row,
    from_row,
    recipients_of,
    to_attachment_row,
    to_row,
    to_standing_row,
)
from gateway.store.moves import move_messages
from gateway.store.rows import key_of
from gateway.store.search import (
    FEW,
    asks_of_conversations,
    how_many_conversations,
    messages_found,
    parameters,
    shape,
    way_of,
    words_asked,
)
from gateway.store.statements import SQLITE, Several, Statement, columns, new, passing
from gateway.store.tables import ATTACHMENT, MESSAGE, MESSAGE_NAME
from gateway.store.transaction import Row, Transaction
from gateway.store.words import Words

_KIND = "msg"
_KIND_WITHIN = "cms"
_KIND_FOUND = "fnd"
_LOOKED_AT = 100
_C = MESSAGE.c
_A = ATTACHMENT.c
_N = MESSAGE_NAME.c
_ATTACHMENTS_COLUMN = list(_C).index(_C.attachments)
_TENANT_COLUMN = list(_C).index(_C.tenant_id)
_ALL = select(*_C)
_HIS = _C.tenant_id == bindparam("tenant_id")
_ONE = _ALL.where(_C.id == bindparam("id"))

_ADD = Statement(new(MESSAGE).returning(_C.position), keys=columns(MESSAGE))
_ADD_ATTACHMENT = Statement(new(ATTACHMENT), keys=columns(ATTACHMENT))
_ADD_NAME = Statement(
    new(MESSAGE_NAME).on_conflict_do_nothing(index_elements=["key", "message_id"]),
    keys=columns(MESSAGE_NAME),
)
_CHANGE_ATTACHMENT = Statement(
    update(ATTACHMENT).where(
        _A.id == bindparam("the_id"), _A.message_id == bindparam("the_message")
    ),
    keys=("filename", "content_type", "inline", "content_id"),
)
_COUNT_ATTACHMENTS = Statement(
    update(MESSAGE)
    .where(_C.id == bindparam("the_message"))
    .values(
        attachments=select(func.count())
        .where(_A.message_id == bindparam("the_message"))
        .scalar_subquery()
    )
)
_GET = Statement(_ONE)
_GET_TO_CHANGE = Statement(_ONE.with_for_update(key_share=True))
_OF_CONVERSATION = Statement(
    _ALL.where(
        _C.conversation_id == bindparam("conversation_id"),
        passing(_C.tenant_id) == bindparam("tenant_id"),
        _C.position > bindparam("after"),
    )
    .order_by(_C.position)
    .limit(bindparam("limit"))
)
_LAST = (
    select(_C.id, _C.position, _C.direction)
    .where(
        _C.conversation_id == bindparam("conversation_id"),
        passing(_C.tenant_id) == bindparam("tenant_id"),
    )
    .order_by(_C.position.desc())
    .limit(_LOOKED_AT)
    .subquery()
)
_LAST_SENT = Statement(
    select(_LAST.c.id)
    .where(_LAST.c.direction == Direction.OUT.value)
    .order_by(_LAST.c.position.desc())
    .limit(bindparam("limit"))
)
_CHANGE = Statement(
    update(MESSAGE).where(_C.id == bindparam("the_id"), _C.tenant_id == bindparam("the_tenant")),
    keys=columns(MESSAGE, "id", "tenant_id", "attachments"),
)
_CHANGE_STANDING = Statement(
    update(MESSAGE).where(_C.id == bindparam("the_id"), _C.tenant_id == bindparam("the_tenant")),
    keys=("details", "kind", "sender_expected", "visible"),
)
_ATTACHMENTS = Several(
    lambda binds: select(*_A).where(_A.message_id.in_(binds)).order_by(_A.position)
)
_ATTACHMENT = Statement(
    select(*_A).where(_A.id == bindparam("id"), _A.tenant_id == bindparam("tenant_id"))
)


def _known(binds: Sequence[BindParameter[Any]]) -> Select[Any]:
    # The key is of the company as well. Ordered by the caller: an ORDER BY would lead SQLite
    # through all messages.
    return (
        select(
            _C.position,
            _N.key,
            _C.id,
            _C.conversation_id,
            _C.from_address,
            _C.recipients,
            _C.direction,
            _C.kind,
        )
        .join(MESSAGE, _C.id == _N.message_id)
        .where(_N.key.in_(binds))
    )


def _page(*which: ColumnElement[bool]) -> Statement:
    return Statement(
        _ALL.where(_C.position < bindparam("before"), *which)
        .order_by(_C.position.desc())
        .limit(bindparam("limit"))
    )


_CONDITIONS = {
    "tenant_id": _HIS,
    "direction": _C.direction == bindparam("direction"),
    "channel": _C.channel == bindparam("channel"),
}
_PAGES = {
    frozenset(names): _page(*[_CONDITIONS[name] for name in names])
    for names in chain(
        [(), ("tenant_id",), ("direction",), ("channel",)],
        [("tenant_id", "direction"), ("tenant_id", "channel"), ("direction", "channel")],
        [("tenant_id", "direction", "channel")],
    )
}
_KNOWN = Several(_known)


class Messages:
    """Implements `ports.correspondence.Messages`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._words = Words(transaction)

    def add(self, message: Message) -> Message:
        """Add it with its attachments (contents must be there); return it with its position."""
        row = self._transaction.row(_ADD, to_row(message))
        assert row is not None
        for attachment in message.attachments:
            self._transaction.run(_ADD_ATTACHMENT, to_attachment_row(attachment))
        self._add_names(message)
        stored = replace(message, position=row[0])
        self._words.add(stored)
        return stored

    def get(self, tenant_id: str | None, message_id: str) -> Message | None:
        """Return it with attachments, or None if unknown; tenant None: of any company."""
        statement = _GET_TO_CHANGE if self._transaction.writing else _GET
        rows = self._transaction.rows(statement, {"id": message_id})
        # Another company's message costs what an unknown one does.
        his = [row for row in rows if tenant_id in {None, row[_TENANT_COLUMN]}]
        found = self._with_attachments(his)
        return found[0] if found else None

    def of_conversation(self, tenant_id: str, conversation_id: str, page: Page) -> Listed[Message]:
        """Return a conversation's messages, oldest first."""
        after = 0 if page.cursor is None else take_cursor(_KIND_WITHIN, page.cursor, 1)[0]
        parameters = {
            "tenant_id": tenant_id,
            "conversation_id": conversation_id,
            "after": after,
            "limit": page.limit + 1,
        }
        rows = self._transaction.rows(_OF_CONVERSATION, parameters)
        return self._listed(_KIND_WITHIN, page, rows)

    def last_sent(self, tenant_id: str, conversation_id: str, most: int) -> Sequence[str]:
        """Return the ids of what a conversation's people were sent, newest first.

        Only its last hundred messages are looked at.
        """
        given = {"tenant_id": tenant_id, "conversation_id": conversation_id, "limit": most}
        return [row[0] for row in self._transaction.rows(_LAST_SENT, given)]

    def page(
        self,
        tenant_id: str | None,
        page: Page,
        *,
        direction: str | None = None,
        channel: str | None = None,
    ) -> Listed[Message]:
        """Return messages, newest first."""
        given = {"tenant_id": tenant_id, "direction": direction, "channel": channel}
        parameters: dict[str, Any] = {name: value for name, value in given.items() if value}
        statement = _PAGES[frozenset(parameters)]
        parameters |= {"before": begins_before(_KIND, page), "limit": page.limit + 1}
        return self._listed(_KIND, page, self._transaction.rows(statement, parameters))

    def search(self, tenant_id: str, query: Query, page: Page, *, today: date) -> Listed[Message]:
        """Return what a question finds, newest first."""
        dialect, number = self._transaction.dialect, self._words.number(tenant_id)
        # SQLite's index gives the newest first; PostgreSQL's has to find all, which pays where
        # few of them fit.
        is_soon = dialect == SQLITE or asks_of_conversations(query)
        share = MANY if is_soon else MANY_TO_GATHER
        plan = self._words.plan(tenant_id, query, share=share)
        given = words_asked(plan, number, dialect) | parameters(query, tenant_id, today)
        given |= {
            "tenant_id": tenant_id,
            "before": begins_before(_KIND_FOUND, page),
            "limit": page.limit + 1,
        }
        kind = shape(query)
        # Words of many messages: is it by conversations, then, that few are found?
        narrow = bool(plan.tests) and not plan.match and asks_of_conversations(query)
        if narrow:
            row = self._transaction.row(how_many_conversations(kind), given)
            narrow = row is not None and row[0] <= FEW
        statement = messages_found(kind, way_of(plan, narrow=narrow), dialect)
        rows = self._transaction.rows(statement, given)
        return self._listed(_KIND_FOUND, page, rows)

    def change(self, message: Message) -> None:
        """Store the fields but id, position and attachments."""
        row = to_row(message) | {"the_id": message.id, "the_tenant": message.tenant_id}
        if self._transaction.run(_CHANGE, row) == 1:
            self._add_names(message)
            self._words.change(message)

    def change_standing(self, message: Message) -> None:
        """Store what it counts for: authentication, kind, and who may see it.

        Costs no more than that: its words are not gone through again.
        """
        row = to_standing_row(message) | {"the_id": message.id, "the_tenant": message.tenant_id}
        self._transaction.run(_CHANGE_STANDING, row)

    def change_attachments(self, message: Message) -> None:
        """Store what its attachments are called and how they are shown, and add new ones.

        Those that the message no longer names stay.
        """
        for attachment in message.attachments:
            row = to_attachment_row(attachment)
            named = row | {"the_id": attachment.id, "the_message": message.id}
            if self._transaction.run(_CHANGE_ATTACHMENT, named) != 1:
                self._transaction.run(_ADD_ATTACHMENT, row)
        self._transaction.run(_COUNT_ATTACHMENTS, {"the_message": message.id})
        stored = self.get(message.tenant_id, message.id)
        if stored is not None:
            self._words.change(stored)

    def move(
        self, tenant_id: str, conversation_id: str, to: str, ids: Sequence[str] | None = None
    ) -> None:
        """Move messages (None: all) to another conversation, with deliveries and invoices."""
        move_messages(self._transaction, tenant_id, conversation_id, to, ids)

    def known(self, tenant_id: str, message_ids: Sequence[str]) -> Sequence[KnownMessage]:
        """Return messages of a company with these Message-IDs (ours, submitted, or a relay's)."""
        asked = {key_of(tenant_id, name): name for name in message_ids}
        if not asked:
            return []
        statement, parameters = _KNOWN.of(list(asked))
        rows = sorted(self._transaction.rows(statement, parameters))
        return [_known_message(asked[bytes(row[1])], row) for row in rows]

    def add_alias(self, tenant_id: str, message_id: str, alias: str) -> None:
        """Note another Message-ID under which a message is known."""
        self._transaction.run(
            _ADD_NAME, {"key": key_of(tenant_id, alias), "message_id": message_id}
        )

    def attachment(self, tenant_id: str, attachment_id: str) -> Attachment | None:
        """Return it, or None if unknown."""
        row = self._transaction.row(_ATTACHMENT, {"id": attachment_id, "tenant_id": tenant_id})
        return None if row is None else from_attachment_row(row)

    def _add_names(self, message: Message) -> None:
        for name in {message.message_id, message.submitted_message_id} - {None}:
            assert name is not None
            self.add_alias(message.tenant_id, message.id, name)

    def _listed(self, kind: str, page: Page, rows: list[Row]) -> Listed[Message]:
        rows, cursor = listed(kind, page, rows, lambda row: (row[0],))
        return whole(self._with_attachments(rows), cursor)

    def _with_attachments(self, rows: Sequence[Row]) -> Sequence[Message]:
        having = [row[1] for row in rows if row[_ATTACHMENTS_COLUMN]]
        found: dict[str, list[Attachment]] = {}
        if having:
            for row in self._transaction.rows(*_ATTACHMENTS.of(having)):
                attachment = from_attachment_row(row)
                found.setdefault(attachment.message_id, []).append(attachment)
        return [from_row(row, found.get(row[1], ())) for row in rows]


def _known_message(asked: str, row: Row) -> KnownMessage:
    _, _, id_, conversation_id, from_address, recipients, direction, kind = row
    to, cc, _ = recipients_of(recipients)
    addresses = [from_address, *(mailbox.address for mailbox in (*to, *cc))]
    return KnownMessage(
        id=id_,
        conversation_id=conversation_id,
        message_id=asked,
        addresses=tuple(dict.fromkeys(addresses)),
        is_ours=direction == Direction.OUT and kind != IMPORTED,
    )
