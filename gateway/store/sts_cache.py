"""Kept MTA-STS policies."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from gateway.mail.mta_sts import read_policy
from gateway.ports.policies import KeptPolicy
from gateway.store.rows import from_micros, to_micros
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import STS_POLICY
from gateway.store.transaction import Transaction

_P = STS_POLICY.c
_GET = Statement(
    select(_P.policy_id, _P.policy, _P.fetched_at).where(
        _P.domain == bindparam("domain"), _P.until > bindparam("now")
    )
)
_INSERT = new(STS_POLICY)
_PUT = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["domain"],
        set_={name: _INSERT.excluded[name] for name in columns(STS_POLICY, "domain")},
    ),
    keys=columns(STS_POLICY),
)
_FORGET = Statement(delete(STS_POLICY).where(_P.until <= bindparam("now")))


class StsCache:
    """Implements `ports.policies.StsCache`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, domain: str, now: datetime) -> KeptPolicy | None:
        """Return the policy that holds, or None."""
        row = self._transaction.row(_GET, {"domain": domain, "now": to_micros(now)})
        if row is None:
            return None
        policy_id, policy, fetched_at = row
        return KeptPolicy(domain, policy_id, read_policy(policy.encode()), from_micros(fetched_at))

    def put(self, kept: KeptPolicy) -> None:
        """Keep it in the place of an older one."""
        row = {
            "domain": kept.domain,
            "policy_id": kept.id,
            "policy": "\n".join(kept.policy.lines),
            "fetched_at": to_micros(kept.fetched_at),
            "until": to_micros(kept.until),
        }
        self._transaction.run(_PUT, row)

    def forget_past(self, now: datetime) -> int:
        """Remove policies whose time is over; return how many."""
        return self._transaction.run(_FORGET, {"now": to_micros(now)})
