"""The store, in mail words.

`Store.write(job)` runs `job(work)` in a transaction of the store's own thread and
returns its result once that transaction is synced to disk. Many jobs share one
commit; each runs in a savepoint, so that one job's exception undoes that job alone
and comes back to its caller. Jobs are plain functions: they don't wait, don't touch
the network, and may run again if the database asks for it, so they have no effect
but on `work`. `Store.read(job)` is the same without the right to write.

Collections of `Work` follow: each method says what it gives. "None if unknown" holds
also for what belongs to another company: callers pass the company's id.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from gateway.ports.accounts import Events, Invoices, Suppressions
from gateway.ports.audit import Audit
from gateway.ports.correspondence import Contents, Conversations, Messages
from gateway.ports.directory import Facts, Keys, Repeats, Tenants
from gateway.ports.hooks import Hooks
from gateway.ports.policies import StsCache
from gateway.ports.privacy import Privacy
from gateway.ports.queues import Deliveries, Spool
from gateway.ports.sender_domains import SenderDomains
from gateway.ports.team import Team

T = TypeVar("T")


class Work(Protocol):
    """One transaction."""

    @property
    def tenants(self) -> Tenants:
        """Companies."""

    @property
    def keys(self) -> Keys:
        """API keys, logins, sessions."""

    @property
    def contents(self) -> Contents:
        """Bytes of companies."""

    @property
    def spool(self) -> Spool:
        """Accepted mail that waits to be read."""

    @property
    def conversations(self) -> Conversations:
        """Conversations and their people."""

    @property
    def messages(self) -> Messages:
        """Messages."""

    @property
    def deliveries(self) -> Deliveries:
        """The outbound queue."""

    @property
    def invoices(self) -> Invoices:
        """Invoices."""

    @property
    def suppressions(self) -> Suppressions:
        """Addresses that get no mail."""

    @property
    def events(self) -> Events:
        """What happened."""

    @property
    def repeats(self) -> Repeats:
        """Idempotency keys."""

    @property
    def facts(self) -> Facts:
        """Facts of the installation."""

    @property
    def sts(self) -> StsCache:
        """Policies of recipients' domains."""

    @property
    def sender_domains(self) -> SenderDomains:
        """Companies' own sender domains."""

    @property
    def hooks(self) -> Hooks:
        """Webhooks."""

    @property
    def team(self) -> Team:
        """Users of the Inbox, and saved replies."""

    @property
    def audit(self) -> Audit:
        """Who changed what."""

    @property
    def privacy(self) -> Privacy:
        """Forgetting."""

    def wake(self, topic: str) -> None:
        """Wake who waits for a topic ("spool", "deliveries", "events") after the commit."""


class Store(Protocol):
    """Transactions, and the waking of those who wait for their outcome."""

    async def write(self, job: Callable[[Work], T]) -> T:
        """Run the job, return its result once it is synced.

        Raises Fault if the store is away or full, and what the job raises.
        """

    async def read(self, job: Callable[[Work], T]) -> T:
        """Run the job on a consistent view; it must not write. Raises Fault."""

    async def wait(self, topic: str, seen: int, timeout: float) -> int:  # noqa: ASYNC109
        """Wait until the topic was woken more than `seen` times; return the count.

        timeout: seconds after which the count is returned all the same.
        """
