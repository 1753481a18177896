"""What waits in the store: accepted mail to be read, deliveries to be relayed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gateway.mail.envelope import Envelope
from gateway.ports.correspondence import Kept
from gateway.ports.lists import Listed, Page
from gateway.ports.reception import Peer
from gateway.rules.model import Attempt, Delivery


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that was accepted on mx, before it is read.

    id: the message's id, which the 250 names.
    dedupe: equal for the same mail again (contract §4), hexadecimal.
    crashes: readers that died of it so far.
    fence: set by `claim`.
    """

    id: str
    tenant_id: str
    envelope: Envelope
    peer: Peer
    received_at: datetime
    raw_sha256: str
    raw_size: int
    dedupe: str
    crashes: int = 0
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """Who claims, and for how long by the database's clock. owner: random per process start."""

    owner: str
    duration: timedelta


class Spool(Protocol):
    """Accepted mail waiting to be read: claimed, finished, parked like any queue item."""

    def add(self, inbound: Inbound, kept: Kept, *, again_since: datetime) -> str:
        """Add it and its bytes; return its id, or that of the same mail (dedupe) since then."""

    def get(self, inbound_id: str) -> Inbound | None:
        """Return it, read or not, or None."""

    def claim(self, lease: Lease, limit: int) -> Sequence[Inbound]:
        """Take up to `limit` that are due and not leased, oldest first."""

    def renew(self, ids: Iterable[str], lease: Lease) -> None:
        """Prolong the leases that this owner still holds."""

    def finish(self, inbound_id: str, fence: int, *, verify: bool = False) -> None:
        """Done, or to be verified next if told so; raises Stale if the lease was lost."""

    def discard(self, inbound_id: str, fence: int) -> None:
        """Done, and nothing of it is kept but the digest; raises Stale if the lease was lost."""

    def claim_to_verify(self, span: timedelta, limit: int) -> Sequence[Inbound]:
        """Take up to `limit` whose senders are to be verified; after `span` others may."""

    def verified(self, inbound_id: str, *, again_in: timedelta | None = None) -> None:
        """Note that the sender was verified; again_in: let it be tried once more after that."""

    def put_back(self, inbound_id: str, fence: int, *, wait: timedelta, crashed: bool) -> None:
        """Let it be claimed again after `wait`; counts a crash if told so. Raises Stale."""

    def waiting(self) -> int:
        """Return how many are not finished."""

    def oldest(self) -> datetime | None:
        """Return when the oldest unfinished one was received, or None."""


_UNBOUNDED = 2**31


@dataclass(frozen=True, slots=True)
class Rooms:
    """How many more deliveries each next hop takes now. others: those not named, each."""

    by_route: Mapping[str, int] = field(default_factory=dict)
    others: int = _UNBOUNDED

    def of(self, route: str) -> int:
        """Return the room at a next hop."""
        return self.by_route.get(route, self.others)


class Deliveries(Protocol):
    """The outbound queue and what became of it."""

    def add(self, delivery: Delivery) -> None:
        """Add it (its content must be there)."""

    def get(self, tenant_id: str | None, delivery_id: str) -> Delivery | None:
        """Return it with its attempts, or None if unknown."""

    def of_messages(self, message_ids: Sequence[str]) -> Mapping[str, Sequence[Delivery]]:
        """Return the deliveries of these messages, with attempts, by message id."""

    def page(
        self, tenant_id: str | None, page: Page, *, states: Sequence[str] = ()
    ) -> Listed[Delivery]:
        """Return deliveries, newest first, with attempts."""

    def claim(
        self, lease: Lease, limit: int, *, rooms: Rooms | None = None, fair: bool = True
    ) -> Sequence[Delivery]:
        """Take up to `limit` that are due (queued, deferred, unconfirmed; or leases run out).

        Their state becomes "sending", but "unconfirmed" stays; what they are returned with.

        rooms: what next hops take, None for all. fair: turn by turn among companies.
        """

    def renew(self, ids: Iterable[str], lease: Lease) -> None:
        """Prolong the leases that this owner still holds."""

    def mark_sending(self, delivery_id: str, fence: int, signature: bytes) -> None:
        """Note that the final dot may leave now; keeps the first signature. Raises Stale."""

    def recopy(self, delivery: Delivery, *, fence: int) -> None:
        """Keep another copy and signature in the place of the first ones. Raises Stale."""

    def finish(self, delivery: Delivery, attempts: Sequence[Attempt], *, fence: int) -> None:
        """Store state, reason, next attempt, and the attempts; ends the lease. Raises Stale."""

    def change(self, delivery: Delivery) -> bool:
        """Store state, reason, next attempt of one that isn't leased; False if it is leased."""

    def depth(self) -> Sequence[tuple[str, str, int, datetime]]:
        """Return (state, route, count, oldest queued_at) of what isn't final."""

    def reasons(self) -> Sequence[tuple[str, str | None, int, datetime, int]]:
        """Return (route, reason key, count, oldest queued_at, octets) of what isn't final.

        The most first; the key is None where nothing was refused yet.
        """

    def late(self, queued_before: datetime, limit: int) -> Sequence[Delivery]:
        """Return what has waited since before then, is not held, and was told of to nobody."""

    def tell_late(self, delivery_id: str, now: datetime) -> bool:
        """Note that its being late is told of; False if it was, or if it waits no more."""

    def bounced_since(self, tenant_id: str, address: str, key: str, since: datetime) -> int:
        """Return how many deliveries to the address ended with this reason key since then."""

    def hasten(self, tenant_id: str, route: str) -> None:
        """Let what is deferred on a company's route be tried at once."""

    def next_due(self) -> datetime | None:
        """Return when the next waiting delivery is due, or None."""
