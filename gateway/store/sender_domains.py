"""Companies' own sender domains."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from gateway.rules.sender_domains import SenderDomain, Standing, told, verdicts_of
from gateway.store.rows import from_micros, list_json, maybe_moment, to_micros
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import SENDER_DOMAIN
from gateway.store.transaction import Row, Transaction

_C = SENDER_DOMAIN.c
_SHOWN = select(*[column for column in _C if column is not _C.check_at])
_INSERT = new(SENDER_DOMAIN)
_PUT = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["tenant_id"],
        set_={name: _INSERT.excluded[name] for name in columns(SENDER_DOMAIN, "tenant_id")},
    ),
    keys=columns(SENDER_DOMAIN),
)
_GET = Statement(_SHOWN.where(_C.tenant_id == bindparam("tenant_id")))
_CHECKED = Statement(
    update(SENDER_DOMAIN).where(
        _C.tenant_id == bindparam("the_tenant"),
        _C.token == bindparam("the_token"),
        _C.address == bindparam("the_address"),
        _C.standing == bindparam("was"),
    ),
    keys=["since", "standing", "verified_at", "checked_at", "verdicts", "check_at"],
)
_DUE = Statement(
    select(_C.tenant_id, _C.check_at)
    .where(_C.check_at <= bindparam("now"))
    .order_by(_C.check_at)
    .limit(bindparam("limit"))
)
_TAKE = Statement(
    update(SENDER_DOMAIN).where(
        _C.tenant_id == bindparam("the_tenant"), _C.check_at == bindparam("was")
    ),
    keys=["check_at"],
)
_REMOVE = Statement(delete(SENDER_DOMAIN).where(_C.tenant_id == bindparam("tenant_id")))


class SenderDomains:
    """Implements `ports.sender_domains.SenderDomains`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, tenant_id: str) -> SenderDomain | None:
        """Return the company's claim, or None."""
        row = self._transaction.row(_GET, {"tenant_id": tenant_id})
        return None if row is None else _claim(row)

    def put(self, claim: SenderDomain, check_at: datetime) -> None:
        """Keep it in the place of an older one; check_at: when it is due to be checked."""
        self._transaction.run(_PUT, _row(claim, check_at))

    def checked(self, claim: SenderDomain, was: Standing, check_at: datetime) -> bool:
        """Keep what a check gave; False if the claim is another one by now, or stood otherwise."""
        row = _row(claim, check_at)
        which = {
            "the_tenant": row.pop("tenant_id"),
            "the_token": row.pop("token"),
            "the_address": row.pop("address"),
            "was": was.value,
        }
        del row["created_at"]
        return self._transaction.run(_CHECKED, {**row, **which}) == 1

    def remove(self, tenant_id: str) -> bool:
        """Forget it; False if there was none."""
        return remove_sender_domain(self._transaction, tenant_id)

    def take_due(self, now: datetime, until: datetime, limit: int) -> Sequence[SenderDomain]:
        """Return claims that are due, for this caller alone: to others they are due `until`."""
        due = self._transaction.rows(_DUE, {"now": to_micros(now), "limit": limit})
        taken = []
        for tenant_id, was in due:
            given = {"the_tenant": tenant_id, "was": was, "check_at": to_micros(until)}
            if self._transaction.run(_TAKE, given) == 1:
                taken.append(tenant_id)
        found = map(self.get, taken)
        return [claim for claim in found if claim is not None]


def remove_sender_domain(transaction: Transaction, tenant_id: str) -> bool:
    """Forget a company's claim; False if there was none."""
    return transaction.run(_REMOVE, {"tenant_id": tenant_id}) == 1


def _row(claim: SenderDomain, check_at: datetime) -> dict[str, object]:
    return {
        "tenant_id": claim.tenant_id,
        "address": claim.address,
        "token": claim.token,
        "created_at": to_micros(claim.created_at),
        "since": to_micros(claim.since),
        "standing": claim.standing.value,
        "verified_at": to_micros(claim.verified_at),
        "checked_at": to_micros(claim.checked_at),
        "verdicts": list_json([told(one) for one in claim.verdicts]),
        "check_at": to_micros(check_at),
    }


def _claim(row: Row) -> SenderDomain:
    tenant_id, address, token, created_at, since, standing, verified, checked, verdicts = row
    return SenderDomain(
        tenant_id=tenant_id,
        address=address,
        token=token,
        created_at=from_micros(created_at),
        since=from_micros(since),
        standing=Standing(standing),
        verified_at=maybe_moment(verified),
        checked_at=maybe_moment(checked),
        verdicts=verdicts_of(json.loads(verdicts)),
    )
