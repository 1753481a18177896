"""Accepted mail that waits to be read."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select, update

from gateway.mail.envelope import Envelope, Recipient
from gateway.ports.correspondence import Kept
from gateway.ports.queues import Inbound, Lease
from gateway.ports.reception import Peer
from gateway.store.claim import DatabaseNow, Queue, claim_by, expiry, finish
from gateway.store.contents import add_content
from gateway.store.leftovers import NO_ENVELOPE, NO_PEER, drop_unused
from gateway.store.rows import from_micros, key_of, span_micros, to_json, to_micros
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import INBOUND
from gateway.store.transaction import Row, Transaction

TOPIC = "spool"
TO_VERIFY = "verification"
_C = INBOUND.c
_QUEUE = Queue(INBOUND)

# What a job adds is due by the clock that claims go by, whatever `received_at` says.
_ADD = Statement(
    new(INBOUND).values(due_at=DatabaseNow()).on_conflict_do_nothing(index_elements=["key"]),
    keys=columns(INBOUND, "due_at", "lease_owner", "verify_at"),
)
_SAME = Statement(select(_C.id, _C.received_at).where(_C.key == bindparam("key")))
_FORGET = Statement(update(INBOUND).where(_C.key == bindparam("the_key")).values(key=None))
_GET = Statement(select(*_C).where(_C.id == bindparam("id")))
_FINISH = _QUEUE.finishing([], due_at=None)
_FINISH_TO_VERIFY = _QUEUE.finishing([], due_at=None, verify_at=DatabaseNow())
_PUT_BACK = _QUEUE.finishing([], due_at=expiry(), crashes=_C.crashes + bindparam("crashed"))
# Verifying twice does no harm, so the end of the claim is all that others heed.
_CLAIM_TO_VERIFY = Statement(
    claim_by(INBOUND, _C.verify_at).values(verify_at=expiry()).returning(*_C)
)
_VERIFY_AGAIN = Statement(
    update(INBOUND)
    .where(_C.id == bindparam("the_id"), _C.verify_at.is_not(None))
    .values(verify_at=expiry())
)
_VERIFIED = Statement(update(INBOUND).where(_C.id == bindparam("the_id")).values(verify_at=None))
_FORGET_ENVELOPE = Statement(
    update(INBOUND).where(_C.id == bindparam("the_id")), keys=("envelope", "peer")
)
_WAITING = Statement(select(func.count()).where(_C.due_at.is_not(None)))
_OLDEST = Statement(select(func.min(_C.received_at)).where(_C.due_at.is_not(None)))


class Spool:
    """Implements `ports.queues.Spool`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, inbound: Inbound, kept: Kept, *, again_since: datetime) -> str:
        """Add it and its bytes; return its id, or that of the same mail (dedupe) since then."""
        transaction = self._transaction
        row = _row(inbound)
        if transaction.run(_ADD, row) != 1:
            first = transaction.row(_SAME, row)
            if first is not None and first[1] >= to_micros(again_since):
                return str(first[0])
            transaction.run(_FORGET, {"the_key": row["key"]})
            transaction.run(_ADD, row)
        add_content(transaction, kept)
        transaction.wake(TOPIC)
        return inbound.id

    def get(self, inbound_id: str) -> Inbound | None:
        """Return it, read or not, or None."""
        row = self._transaction.row(_GET, {"id": inbound_id})
        return None if row is None else _inbound(row)

    def claim(self, lease: Lease, limit: int) -> Sequence[Inbound]:
        """Take up to `limit` that are due and not leased, oldest first."""
        rows = _QUEUE.claim(self._transaction, lease, limit) if limit > 0 else []
        return [_inbound(row) for row in sorted(rows, key=lambda row: int(row[0]))]

    def renew(self, ids: Iterable[str], lease: Lease) -> None:
        """Prolong the leases that this owner still holds."""
        _QUEUE.renew(self._transaction, ids, lease)

    def finish(self, inbound_id: str, fence: int, *, verify: bool = False) -> None:
        """Done, or to be verified next if told so; raises Stale if the lease was lost."""
        statement = _FINISH_TO_VERIFY if verify else _FINISH
        finish(self._transaction, statement, {"the_id": inbound_id, "the_fence": fence})
        if verify:
            self._transaction.wake(TO_VERIFY)

    def discard(self, inbound_id: str, fence: int) -> None:
        """Done, and nothing of it is kept but the digest; raises Stale if the lease was lost."""
        found = self.get(inbound_id)
        self.finish(inbound_id, fence)
        self._transaction.run(
            _FORGET_ENVELOPE, {"the_id": inbound_id, "envelope": NO_ENVELOPE, "peer": NO_PEER}
        )
        if found is not None:
            drop_unused(self._transaction, [key_of(found.tenant_id, found.raw_sha256)])

    def claim_to_verify(self, span: timedelta, limit: int) -> Sequence[Inbound]:
        """Take up to `limit` whose senders are to be verified, for that long."""
        parameters = {"span": span_micros(span), "limit": limit}
        return [_inbound(row) for row in self._transaction.rows(_CLAIM_TO_VERIFY, parameters)]

    def verified(self, inbound_id: str, *, again_in: timedelta | None = None) -> None:
        """Note that the sender was verified; again_in: let it be tried once more after that."""
        if again_in is None:
            self._transaction.run(_VERIFIED, {"the_id": inbound_id})
        else:
            parameters = {"the_id": inbound_id, "span": span_micros(again_in)}
            self._transaction.run(_VERIFY_AGAIN, parameters)

    def put_back(self, inbound_id: str, fence: int, *, wait: timedelta, crashed: bool) -> None:
        """Let it be claimed again after `wait`; counts a crash if told so. Raises Stale."""
        parameters = {
            "the_id": inbound_id,
            "the_fence": fence,
            "span": span_micros(wait),
            "crashed": int(crashed),
        }
        finish(self._transaction, _PUT_BACK, parameters)
        self._transaction.wake(TOPIC)

    def waiting(self) -> int:
        """Return how many are not finished."""
        row = self._transaction.row(_WAITING, {})
        return 0 if row is None else int(row[0])

    def oldest(self) -> datetime | None:
        """Return when the oldest unfinished one was received, or None."""
        row = self._transaction.row(_OLDEST, {})
        return None if row is None or row[0] is None else from_micros(row[0])


def _row(inbound: Inbound) -> dict[str, Any]:
    envelope = inbound.envelope
    recipients = [(each.address, each.notify, each.orcpt) for each in envelope.recipients]
    return {
        "id": inbound.id,
        "tenant_id": inbound.tenant_id,
        "envelope": to_json(
            (envelope.sender, recipients, envelope.ret, envelope.envid, envelope.smtputf8)
        ),
        "peer": _peer_json(inbound.peer),
        "received_at": to_micros(inbound.received_at),
        "raw_sha256": inbound.raw_sha256,
        "raw_size": inbound.raw_size,
        "dedupe": inbound.dedupe,
        "crashes": inbound.crashes,
        "fence": inbound.fence,
        "key": key_of(inbound.tenant_id, inbound.dedupe),
    }


@lru_cache(maxsize=1024)
def _peer_json(peer: Peer) -> str:
    """Return the JSON of a peer, who often sends several messages."""
    return to_json((peer.address, peer.port, peer.helo, peer.tls, peer.login, peer.tenant_id))


def _inbound(row: Row) -> Inbound:
    _, id_, tenant_id, envelope, peer, received_at, sha256, size, dedupe, crashes, fence, *_ = row
    return Inbound(
        id=id_,
        tenant_id=tenant_id,
        envelope=_envelope(envelope),
        peer=Peer(*json.loads(peer)),
        received_at=from_micros(received_at),
        raw_sha256=sha256,
        raw_size=size,
        dedupe=dedupe,
        crashes=crashes,
        fence=fence,
    )


def _envelope(text: str) -> Envelope:
    sender, recipients, ret, envid, smtputf8 = json.loads(text)
    return Envelope(
        sender=sender,
        recipients=tuple(
            Recipient(address, tuple(notify), orcpt) for address, notify, orcpt in recipients
        ),
        ret=ret,
        envid=envid,
        smtputf8=smtputf8,
    )
