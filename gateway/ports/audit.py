"""The audit log, as the store keeps it: added to, and forgotten after its time."""

from typing import Protocol

from gateway.ports.lists import Listed, Page
from gateway.rules.audit import AuditEntry


class Audit(Protocol):
    """Who changed what."""

    def add(self, entry: AuditEntry) -> None:
        """Add an entry."""

    def page(self, tenant_id: str | None, page: Page) -> Listed[AuditEntry]:
        """Return a company's entries, newest first; None: everybody's. Raises BadCursor."""
