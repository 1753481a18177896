"""People who are to be forgotten, and bytes whose time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.rules.erasure import Erased


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a person was met in a company's data.

    address: in lower case. words: the address and the names, in lower case, that no text may hold.
    refs: of participants. whole: conversations whose customer they alone are. shared: those
    that took in another customer's by a merge. parts: shared ones, and all others that they
    wrote in or were written to. documents: invoices that name them. events: positions of rows.
    """

    tenant_id: str
    address: str
    words: tuple[str, ...] = ()
    refs: tuple[int, ...] = ()
    whole: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    events: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.refs or self.whole or self.parts or self.events)


class Privacy(Protocol):
    """What is forgotten leaves tombstones, so that late mail does not bring it back."""

    def traces(self, tenant_id: str, address: str) -> Traces:
        """Return where a person was met."""

    def erase(self, traces: Traces) -> tuple[Erased, Sequence[str]]:
        """Erase them in one transaction; return how much, and the hashes of blobs to remove.

        Bytes that somebody else's mail has too stay for them.
        """

    def merge_words(self, *, first: bool) -> bool:
        """Take what was erased out of the index of words, a piece; return whether there is more.

        first: whether this is the first piece.
        """

    def drop_raw(self, before: datetime, limit: int) -> tuple[int, Sequence[tuple[str, str]]]:
        """Drop the raw bytes of up to `limit` mails that came before a moment, oldest first.

        Returns how many were looked at (fewer than `limit`: it is done), and (company, hash)
        of blobs to remove. Mail from imported archives keeps its bytes.
        """
