"""Webhooks, as the store keeps them and as the API asks for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.ports.lists import Listed, Page
from gateway.ports.queues import Lease
from gateway.rules.hooks import HookAttempt, Resend, Webhook
from gateway.rules.model import Event


class Hooks(Protocol):
    """Endpoints, with their attempts and what is to be sent again."""

    def add(self, webhook: Webhook) -> None:
        """Add it."""

    def get(self, tenant_id: str, webhook_id: str) -> Webhook | None:
        """Return it, or None if unknown."""

    def page(self, tenant_id: str, page: Page) -> Listed[Webhook]:
        """Return them, newest first."""

    def count(self, tenant_id: str) -> int:
        """Return how many a company has."""

    def change(self, webhook: Webhook, *, check_version: bool = False) -> Webhook:
        """Store url, types, secrets and whether it is on; return it with `version` + 1.

        One that is switched off is taken from whoever serves it. Raises Stale.
        """

    def remove(self, tenant_id: str, webhook_id: str, now: datetime) -> bool:
        """Remove it; what it was sent is forgotten in its time. False if unknown."""

    def waiting(self, webhook_id: str) -> int:
        """Return how many events are to be sent to it again."""

    def is_ready(self) -> bool:
        """Say whether `claim` would find any endpoint."""

    def claim(self, lease: Lease, limit: int, *, failing: bool) -> Sequence[Webhook]:
        """Take up to `limit` that something is to be sent to: well ones, or failing ones."""

    def renew(self, ids: Iterable[str], lease: Lease) -> None:
        """Prolong the leases that this owner still holds."""

    def held(self, webhook_id: str, fence: int) -> Webhook:
        """Return it as it is now; raises Stale if the lease was lost."""

    def settle(self, webhook: Webhook) -> None:
        """Store cursor and health of one that is held, and note what is due next."""

    def release(self, webhook_id: str, fence: int) -> None:
        """End the lease, if it is still held."""

    def next_due(self) -> datetime | None:
        """Return when something that waits for its time is due, or None."""

    def due(self, webhook_id: str, limit: int) -> Sequence[Resend]:
        """Return what is to be sent again now, oldest first."""

    def resend(self, resend: Resend) -> None:
        """Let an event be sent again; it takes the place of what is planned for it."""

    def done(self, webhook_id: str, event_id: str) -> None:
        """Forget that an event is to be sent again."""

    def resend_since(
        self,
        webhook: Webhook,
        types: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        failed_only: bool,
        limit: int,
    ) -> int:
        """Let the events of a time be sent again, now; return how many.

        failed_only: those whose newest attempt failed. limit: at most so many, oldest first.
        """

    def add_attempt(self, attempt: HookAttempt) -> None:
        """Add it."""

    def attempt(self, webhook_id: str, attempt_id: str) -> HookAttempt | None:
        """Return it, or None."""

    def attempts(
        self, webhook_id: str, page: Page, *, ok: bool | None = None
    ) -> Listed[HookAttempt]:
        """Return attempts, newest first."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an endpoint was sent."""

    url: str
    headers: dict[str, str]
    body: str


class HookDesk(Protocol):
    """What the API lets companies do with their endpoints.

    Methods raise Refused: unknown, a URL that can't be used, switched off.
    """

    async def add(
        self, tenant_id: str, url: str, types: Sequence[str], kind: str
    ) -> tuple[Webhook, str]:
        """Add an endpoint that gets what happens from now on; return it with its secret."""

    async def change(
        self,
        tenant_id: str,
        webhook_id: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        enabled: bool | None = None,
        version: int | None = None,
    ) -> Webhook:
        """Change it. Switched on again, it gets what happened in the meantime."""

    async def rotate(self, tenant_id: str, webhook_id: str) -> tuple[Webhook, str]:
        """Give it a new secret beside the old one, which signs for a day more; return both."""

    async def remove(self, tenant_id: str, webhook_id: str) -> None:
        """Remove it, and what waits for it."""

    async def test(self, tenant_id: str, webhook_id: str) -> HookAttempt:
        """Send it an event made for the purpose, and return what came of it."""

    async def redeliver(self, tenant_id: str, webhook_id: str, attempt_id: str) -> Resend:
        """Let the event of an attempt be sent again, now."""

    async def redeliver_since(
        self,
        tenant_id: str,
        webhook_id: str,
        since: datetime,
        until: datetime | None,
        *,
        failed_only: bool,
    ) -> int:
        """Let the events of a time be sent again; return how many."""

    async def postmark_body(self, event: Event) -> bytes:
        """Return the JSON that Postmark's format tells of an event with. Raises Fault."""

    def public_key(self, webhook: Webhook) -> str:
        """Return the key that checks its `v1a` signatures."""

    def request(self, attempt: HookAttempt, event: Event | None) -> Request:
        """Return what an attempt sent. event: its event, None for a test."""
