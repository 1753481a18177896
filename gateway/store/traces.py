"""Where a person was met in a company's data; read before anything is erased."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, or_, select

from gateway.ports.privacy import Traces
from gateway.rules.erasure import ERASED_ADDRESS
from gateway.store.rows import address_key, from_dict, to_json
from gateway.store.statements import Statement
from gateway.store.tables import CONVERSATION, EVENT, INVOICE, MESSAGE, PARTICIPANT
from gateway.store.transaction import Transaction

AT_ONCE = 32
"""Values in one statement."""

_C, _E, _I, _M, _P = CONVERSATION.c, EVENT.c, INVOICE.c, MESSAGE.c, PARTICIPANT.c
_TENANT: BindParameter[str] = bindparam("tenant_id")
_ADDRESS: BindParameter[str] = bindparam("address")
_PEOPLE = Statement(
    select(_P.ref, _P.conversation_id, _P.name).where(
        _P.tenant_id == _TENANT, func.lower(_P.address) == _ADDRESS
    )
)
_CUSTOMER_OF = Statement(
    select(_C.id, _C.customer_name).where(_C.tenant_id == _TENANT, _C.customer_key == _ADDRESS)
)
_SORTED = Statement(
    select(_C.id, _C.merged_into, _C.split_from, _C.customer_key).where(
        _C.tenant_id == _TENANT, or_(_C.merged_into.is_not(None), _C.split_from.is_not(None))
    )
)
_WROTE_IN = Statement(
    select(_M.conversation_id, _M.from_name)
    .where(_M.tenant_id == _TENANT, func.lower(_M.from_address) == _ADDRESS)
    .distinct()
)


def traces_of(transaction: Transaction, tenant_id: str, address: str) -> Traces:
    """Return where a person was met."""
    key = address_key(address)
    if key == ERASED_ADDRESS:
        return Traces(tenant_id, key)
    given = {"tenant_id": tenant_id, "address": key}
    people = transaction.rows(_PEOPLE, given)
    customer = transaction.rows(_CUSTOMER_OF, given)
    wrote = transaction.rows(_WROTE_IN, given)
    theirs = {row[0] for row in customer}
    shared = _shared(transaction, tenant_id, key, theirs)
    whole = theirs - shared
    parts = {row[1] for row in people} | {row[0] for row in wrote} | shared
    parts -= whole
    names = {row[2] for row in people} | {row[1] for row in (*customer, *wrote)}
    spoken = {name.strip().lower() for name in names}
    words = (key, *sorted(name for name in spoken if " " in name and name != key))
    events: set[int] = set()
    for some in chunks([key, *sorted(theirs)]):
        told = or_(*[holds(_E.data, one) for one in some])
        found = select(_E.position).where(_E.tenant_id == tenant_id, told)
        events |= {row[0] for row in transaction.rows(Statement(found), {})}
    return Traces(
        tenant_id=tenant_id,
        address=key,
        words=words,
        refs=tuple(row[0] for row in people),
        whole=tuple(sorted(whole)),
        shared=tuple(sorted(shared)),
        parts=tuple(sorted(parts)),
        documents=tuple(_documents(transaction, key, whole, parts)),
        events=tuple(sorted(events)),
    )


def _shared(transaction: Transaction, tenant_id: str, key: str, theirs: set[str]) -> set[str]:
    """Return which of a customer's conversations took in somebody else's, by merges and splits."""
    sources: dict[str, list[str]] = {}
    strangers: set[str] = set()
    for id_, into, split_from, customer in transaction.rows(_SORTED, {"tenant_id": tenant_id}):
        if into is not None:
            sources.setdefault(into, []).append(id_)
        if split_from is not None:
            sources.setdefault(id_, []).append(split_from)
        if customer not in {key, ERASED_ADDRESS}:
            strangers.add(id_)
    shared: set[str] = set()
    for one in theirs:
        reached, waiting = {one}, [one]
        while waiting:
            found = [each for each in sources.get(waiting.pop(), ()) if each not in reached]
            reached.update(found)
            waiting += found
        if reached & strangers:
            shared.add(one)
    return shared


def _documents(
    transaction: Transaction, key: str, whole: Iterable[str], parts: Iterable[str]
) -> Iterator[str]:
    for place, is_whole in ((whole, True), (parts, False)):
        for ids in chunks(sorted(place)):
            among = or_(*[_I.conversation_id == one for one in ids])
            found = select(_I.id, _I.customer).where(among).order_by(_I.position)
            for id_, customer in transaction.rows(Statement(found), {}):
                email = from_dict(customer).get("email")
                if is_whole or (isinstance(email, str) and address_key(email) == key):
                    yield id_


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Give the values in lists that fit in a statement."""
    listed = list(values)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def holds(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Say whether JSON holds a text, in any letter case; with or without escapes.

    text: in lower case.
    """
    shown = {text, to_json(text)[1:-1].lower()}
    return or_(*[func.replace(func.lower(column), one, "") != func.lower(column) for one in shown])
