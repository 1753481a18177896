"""Conversations and the people in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal, or_, select, text, tuple_, update

from gateway.mail.mailbox import Mailbox
from gateway.ports.correspondence import ConversationFilter
from gateway.ports.lists import Listed, Page, Stale, Taken
from gateway.rules.documents import TITLES
from gateway.rules.model import Conversation, ConversationStatus, Participant
from gateway.rules.search import Query
from gateway.rules.search_plan import MANY_TO_GATHER, Plan
from gateway.store.cursors import FIRST, listed, take_cursor, whole
from gateway.store.invoice_rows import number_key
from gateway.store.rows import (
    address_key,
    from_list,
    from_micros,
    list_json,
    maybe_moment,
    to_json,
    to_micros,
)
from gateway.store.search import (
    WORDLESS,
    Way,
    assigned,
    begins_with_few,
    conversations_found,
    shape,
    tagged,
    way_of,
    words_asked,
)
from gateway.store.search import parameters as query_parameters
from gateway.store.statements import SQLITE, Statement, columns, new, passing
from gateway.store.tables import CONVERSATION, INVOICE, PARTICIPANT
from gateway.store.transaction import Row, Transaction
from gateway.store.words import Words

_KIND = "cnv"
_CUSTOMER = "customer"
_C = CONVERSATION.c
_P = PARTICIPANT.c
_ALL = select(*_C)
_HIS = _C.tenant_id == bindparam("tenant_id")
_ONE = _ALL.where(_C.id == bindparam("id"), _HIS)
_CHANGED = columns(CONVERSATION, "id", "tenant_id", "created_at", "version", "invoice_ids")
_CHANGE = (
    update(CONVERSATION)
    .where(_C.id == bindparam("the_id"), _C.tenant_id == bindparam("the_tenant"))
    .values(version=_C.version + 1)
    .returning(_C.version)
)
_CHANGED_PERSON = columns(PARTICIPANT, "tenant_id", "ref", "created_at")

_ADD = Statement(new(CONVERSATION), keys=columns(CONVERSATION))
_GET = Statement(_ONE)
_GET_TO_CHANGE = Statement(_ONE.with_for_update(key_share=True))
_CHANGE_ANY = Statement(_CHANGE, keys=_CHANGED)
_CHANGE_SAME = Statement(_CHANGE.where(_C.version == bindparam("was")), keys=_CHANGED)

_ADD_PERSON = Statement(
    new(PARTICIPANT).on_conflict_do_nothing(index_elements=["tenant_id", "ref"]),
    keys=columns(PARTICIPANT),
)
_PERSON = Statement(
    select(*_P).where(_P.tenant_id == bindparam("tenant_id"), _P.ref == bindparam("ref"))
)
_PEOPLE = Statement(
    select(*_P)
    .where(
        _P.conversation_id == bindparam("conversation_id"), _P.tenant_id == bindparam("tenant_id")
    )
    .order_by((_P.role != _CUSTOMER), _P.created_at, _P.ref)
)
_REVOKED = Statement(select(_P.tenant_id, _P.ref).where(text("revoked")))
_CHANGE_PERSON = Statement(
    update(PARTICIPANT).where(
        _P.tenant_id == bindparam("the_tenant"), _P.ref == bindparam("the_ref")
    ),
    keys=_CHANGED_PERSON,
)

_SPLIT_OFF = Statement(
    select(_C.id).where(
        text("split_from IS NOT NULL"),
        _C.split_from == bindparam("from_id"),
        passing(_C.tenant_id) == bindparam("tenant_id"),
    )
)

_NOT_SPAM = _C.status != ConversationStatus.SPAM.value
_UNREAD = text("unread > 0")
_VIEWS: Mapping[str, Sequence[Any]] = {
    "open": (_C.status == literal(ConversationStatus.OPEN.value),),
    "waiting": (_C.status == literal(ConversationStatus.WAITING.value),),
    "done": (_C.status == literal(ConversationStatus.CLOSED.value),),
    "unread": (_UNREAD, _NOT_SPAM),
    "not_delivered": (text("failed"), _NOT_SPAM),
}
_CONDITIONS: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "status": lambda: _C.status == bindparam("status"),
    "customer": lambda: _C.customer_key == bindparam("customer"),
    "invoice": lambda: _C.id.in_(
        select(INVOICE.c.conversation_id).where(
            or_(
                INVOICE.c.id == bindparam("invoice"),
                INVOICE.c.number_key.in_([bindparam(f"number_{kind}") for kind in TITLES]),
            )
        )
    ),
    "tag": lambda: tagged(bindparam("tag")),
    "assignee": lambda: assigned(bindparam("assignee")),
}


@lru_cache(maxsize=512)
def _page(
    has_tenant: bool,
    view: str | None,
    unread: bool | None,
    named: frozenset[str],
    query: Query | None = None,
    *,
    way: Way = WORDLESS,
    dialect: str = SQLITE,
) -> Statement:
    """Return the statement for a kind of filter; there are few kinds.

    way: how the words of the query are looked for, in this dialect.
    """
    few = way.match or (query is not None and begins_with_few(query))
    which: list[Any] = [_C.merged_into.is_(None)]
    if has_tenant:
        which.append(passing(_C.tenant_id) == bindparam("tenant_id") if few else _HIS)
    if view is not None:
        which.extend(_VIEWS[view])
    if unread is not None:
        which.append(_UNREAD if unread else _C.unread == 0)
    which.extend(_CONDITIONS[name]() for name in sorted(named))
    if query is not None:
        which.extend(conversations_found(query, way, dialect))
    place = tuple_(_C.updated_at, _C.position)
    before = tuple_(bindparam("before"), bindparam("position"))
    return Statement(
        _ALL.where(*which, place < before)
        .order_by(_C.updated_at.desc(), _C.position.desc())
        .limit(bindparam("limit"))
    )


class Conversations:
    """Implements `ports.correspondence.Conversations`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._words = Words(transaction)

    def add(self, conversation: Conversation) -> None:
        """Add it; its invoice ids come with the invoices."""
        self._transaction.run(_ADD, {**_row(conversation), "invoice_ids": ""})

    def get(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        """Return it with its invoice ids, or None if unknown."""
        statement = _GET_TO_CHANGE if self._transaction.writing else _GET
        row = self._transaction.row(statement, {"id": conversation_id, "tenant_id": tenant_id})
        return None if row is None else _conversation(row)

    def page(
        self, tenant_id: str | None, which: ConversationFilter, page: Page
    ) -> Listed[Conversation]:
        """Return them by `updated_at`, newest first; tenant None: of every company.

        Those that were merged into others are left out.
        """
        if which.view is not None and which.view not in _VIEWS:
            return Listed((), None)
        before, position = (
            (FIRST, FIRST) if page.cursor is None else take_cursor(_KIND, page.cursor, 2)
        )
        given: dict[str, Any] = {
            "status": which.status,
            "customer": None if which.customer is None else address_key(which.customer),
            "invoice": which.invoice,
            "tag": None if which.tag is None else to_json(which.tag),
            "assignee": which.assignee,
        }
        parameters = {name: value for name, value in given.items() if value is not None}
        named = frozenset(parameters)
        query, plan = which.query if tenant_id is not None else None, Plan()
        dialect = self._transaction.dialect
        if query is not None and tenant_id is not None:
            plan = self._words.plan(tenant_id, query, share=MANY_TO_GATHER)
            number = self._words.number(tenant_id)
            parameters |= words_asked(plan, number, dialect)
            parameters |= query_parameters(query, tenant_id, which.today or date.min)
        statement = _page(
            tenant_id is not None,
            which.view,
            which.unread,
            named,
            None if query is None else shape(query),
            way=way_of(plan),
            dialect=dialect,
        )
        if which.invoice is not None:
            parameters |= {
                f"number_{kind}": number_key(tenant_id or "", kind, which.invoice)
                for kind in TITLES
            }
        parameters |= {"before": before, "position": position, "limit": page.limit + 1}
        if tenant_id is not None:
            parameters["tenant_id"] = tenant_id
        rows, cursor = listed(_KIND, page, self._transaction.rows(statement, parameters), _place)
        return whole([_conversation(row) for row in rows], cursor)

    def change(self, conversation: Conversation, *, check_version: bool = False) -> Conversation:
        """Store the fields and return it with `version` + 1; raises Stale if asked to check.

        Raises Stale, too, if there is no such conversation any more.
        """
        parameters = {
            **_row(conversation),
            "the_id": conversation.id,
            "the_tenant": conversation.tenant_id,
            "was": conversation.version,
        }
        statement = _CHANGE_SAME if check_version else _CHANGE_ANY
        row = self._transaction.row(statement, parameters)
        if row is None:
            raise Stale("the conversation was changed by somebody else")
        return replace(conversation, version=row[0])

    def add_participant(self, participant: Participant) -> None:
        """Add a person; raises Taken("ref") if the ref is in use in that company."""
        if self._transaction.run(_ADD_PERSON, _person_row(participant)) != 1:
            raise Taken("ref")

    def participant(self, tenant_id: str, ref: int) -> Participant | None:
        """Return the person, or None."""
        row = self._transaction.row(_PERSON, {"tenant_id": tenant_id, "ref": ref})
        return None if row is None else _person(row)

    def participants(self, tenant_id: str, conversation_id: str) -> Sequence[Participant]:
        """Return the people of a conversation, the customer first."""
        parameters = {"tenant_id": tenant_id, "conversation_id": conversation_id}
        return [_person(row) for row in self._transaction.rows(_PEOPLE, parameters)]

    def split_off(self, tenant_id: str, conversation_id: str) -> Sequence[str]:
        """Return the ids of conversations that were split from one."""
        parameters = {"tenant_id": tenant_id, "from_id": conversation_id}
        return [row[0] for row in self._transaction.rows(_SPLIT_OFF, parameters)]

    def revoked(self) -> Sequence[tuple[str, int]]:
        """Return (company, ref) of the people whose tokens were revoked, of all companies."""
        return [(tenant_id, ref) for tenant_id, ref in self._transaction.rows(_REVOKED, {})]

    def change_participant(self, participant: Participant) -> None:
        """Store the fields."""
        row = _person_row(participant)
        row |= {"the_tenant": participant.tenant_id, "the_ref": participant.ref}
        self._transaction.run(_CHANGE_PERSON, row)


def _place(row: Row) -> tuple[int, int]:
    # updated_at, position
    return row[7], row[0]


def _row(conversation: Conversation) -> dict[str, Any]:
    customer = conversation.customer
    return {
        "id": conversation.id,
        "tenant_id": conversation.tenant_id,
        "subject": conversation.subject,
        "customer_name": customer.name,
        "customer_address": customer.address,
        "customer_key": address_key(customer.address),
        "created_at": to_micros(conversation.created_at),
        "updated_at": to_micros(conversation.updated_at),
        "status": str(conversation.status),
        "unread": conversation.unread,
        "failed": conversation.failed,
        "last_message": conversation.last_message,
        "last_message_at": to_micros(conversation.last_message_at),
        "tags": list_json(conversation.tags),
        "assignee": conversation.assignee,
        "merged_into": conversation.merged_into,
        "split_from": conversation.split_from,
        "locale": conversation.locale,
        "version": conversation.version,
    }


def _conversation(row: Row) -> Conversation:
    (
        _,
        id_,
        tenant_id,
        subject,
        customer_name,
        customer_address,
        created_at,
        updated_at,
        status,
        unread,
        failed,
        last_message,
        last_message_at,
        tags,
        assignee,
        merged_into,
        locale,
        version,
        invoice_ids,
        _,
        split_from,
    ) = row
    return Conversation(
        id=id_,
        tenant_id=tenant_id,
        subject=subject,
        customer=Mailbox(customer_name, customer_address),
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
        status=ConversationStatus(status),
        unread=unread,
        failed=bool(failed),
        last_message=last_message,
        last_message_at=maybe_moment(last_message_at),
        tags=from_list(tags),
        assignee=assignee,
        merged_into=merged_into,
        split_from=split_from,
        invoice_ids=tuple(invoice_ids.split()),
        locale=locale,
        version=version,
    )


def _person_row(participant: Participant) -> dict[str, Any]:
    return {
        "tenant_id": participant.tenant_id,
        "ref": participant.ref,
        "conversation_id": participant.conversation_id,
        "name": participant.mailbox.name,
        "address": participant.mailbox.address,
        "role": participant.role,
        "created_at": to_micros(participant.created_at),
        "approved": participant.approved,
        "link_issue": participant.link_issue,
        "link_expires_at": to_micros(participant.link_expires_at),
        "revoked": participant.revoked,
    }


def _person(row: Row) -> Participant:
    tenant_id, ref, conversation_id, name, address, role, created_at, approved, *rest = row
    link_issue, link_expires_at, revoked = rest
    return Participant(
        ref=ref,
        tenant_id=tenant_id,
        conversation_id=conversation_id,
        mailbox=Mailbox(name, address),
        role=role,
        created_at=from_micros(created_at),
        approved=bool(approved),
        link_issue=link_issue,
        link_expires_at=maybe_moment(link_expires_at),
        revoked=bool(revoked),
    )
