"""Forgetting, as one collection of a transaction."""

from collections.abc import Sequence
from datetime import datetime

from gateway.ports.privacy import Traces
from gateway.rules.erasure import Erased
from gateway.store.erasure import Erasing
from gateway.store.leftovers import drop_raw, merge_words
from gateway.store.traces import traces_of
from gateway.store.transaction import Transaction


class Privacy:
    """Implements `ports.privacy.Privacy`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def traces(self, tenant_id: str, address: str) -> Traces:
        """Return where a person was met."""
        return traces_of(self._transaction, tenant_id, address)

    def erase(self, traces: Traces) -> tuple[Erased, Sequence[str]]:
        """Erase them; return how much, and the hashes of blobs to remove."""
        return Erasing(self._transaction, traces).run()

    def merge_words(self, *, first: bool) -> bool:
        """Take what was erased out of the index of words, a piece; return whether there is more."""
        return merge_words(self._transaction, first=first)

    def drop_raw(self, before: datetime, limit: int) -> tuple[int, Sequence[tuple[str, str]]]:
        """Drop the raw bytes of up to `limit` mails that came before a moment."""
        return drop_raw(self._transaction, before, limit)
