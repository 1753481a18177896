"""A store that notes an Idempotency-Key in the very transaction that has the effect.

Whether a request was carried out is thereby never in doubt: not after a crash between the
effect and the answer, and not when two processes get the same request at the same time.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from gateway.ports.directory import Answered
from gateway.ports.store import Store, Work

T = TypeVar("T")
UNFINISHED = 0


@dataclass(slots=True)
class Claim:
    """A key that the present request uses. made: an effect was committed together with it."""

    tenant_id: str
    key: str
    request_hash: str
    until: datetime
    made: bool = False


class UsedMeanwhile(Exception):  # noqa: N818 (it names what happened)
    """Somebody else used the key first; nothing of this request was stored."""


_claim: ContextVar[Claim | None] = ContextVar("claim", default=None)


@contextmanager
def claiming(claim: Claim) -> Iterator[None]:
    """Let the first write of the block carry the claim."""
    token = _claim.set(claim)
    try:
        yield
    finally:
        _claim.reset(token)


class RepeatStore:
    """The store, for journeys that the API starts."""

    def __init__(self, store: Store) -> None:
        """Work on `store`."""
        self._store = store

    async def write(self, job: Callable[[Work], T]) -> T:
        """Run the job; the first one of a claiming request notes the claim with it.

        Raises UsedMeanwhile: then the job was undone. Otherwise like `Store.write`.
        """
        claim = _claim.get()
        if claim is None or claim.made:
            return await self._store.write(job)
        present = claim

        def both(work: Work) -> T:
            result = job(work)
            about = json.dumps({"kind": type(result).__name__, "id": getattr(result, "id", None)})
            noted = Answered(present.request_hash, UNFINISHED, about, {})
            if not work.repeats.put(present.tenant_id, present.key, noted, present.until):
                raise UsedMeanwhile
            return result

        result = await self._store.write(both)
        claim.made = True
        return result

    async def read(self, job: Callable[[Work], T]) -> T:
        """Run the job like `Store.read`."""
        return await self._store.read(job)

    async def wait(self, topic: str, seen: int, timeout: float) -> int:  # noqa: ASYNC109 (as the port names it)
        """Wait like `Store.wait`."""
        return await self._store.wait(topic, seen, timeout)
