"""Look-ups shared by the mails that are verified at a time.

Mail comes in bursts from one domain: a question that is under way is not asked twice, and one
that got no answer is left alone for a while, so that a DNS that is away is not asked by every
mail anew. What DNS does answer is the resolver's to keep.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gateway.ports.relay import DnsFault, Mx
from gateway.ports.verifier import Lookups

MOST_KEPT = 10_000
FAULT_SECONDS = 15.0


class SharedLookups:
    """Implements `ports.verifier.Lookups` on others."""

    def __init__(self, lookups: Lookups, *, fault_seconds: float = FAULT_SECONDS) -> None:
        """Ask by `lookups`; fault_seconds: how long a question without an answer is left alone."""
        self._lookups = lookups
        self._fault_seconds = fault_seconds
        self._asked: dict[tuple[str, str], asyncio.Task[Sequence[Any]]] = {}
        self._faults: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()

    async def txt(self, name: str) -> Sequence[str]:
        """Return the TXT records; raises as the port says."""
        return await self._answer("txt", name, self._lookups.txt)

    async def mx(self, domain: str) -> Sequence[Mx]:
        """Return the MX records; raises as the port says."""
        return await self._answer("mx", domain, self._lookups.mx)

    async def ipv4(self, host: str) -> Sequence[str]:
        """Return the addresses of the A records; raises as the port says."""
        return await self._answer("ipv4", host, self._lookups.ipv4)

    async def ipv6(self, host: str) -> Sequence[str]:
        """Return the addresses of the AAAA records; raises as the port says."""
        return await self._answer("ipv6", host, self._lookups.ipv6)

    async def ptr(self, address: str) -> Sequence[str]:
        """Return the names of an address; raises as the port says."""
        return await self._answer("ptr", address, self._lookups.ptr)

    async def _answer(
        self, kind: str, name: str, ask: Callable[[str], Awaitable[Sequence[Any]]]
    ) -> Sequence[Any]:
        key = kind, name.lower()
        fault = self._faults.get(key)
        if fault is not None and asyncio.get_running_loop().time() < fault[0]:
            raise DnsFault(fault[1])
        task = self._asked.get(key)
        if task is None:
            task = asyncio.ensure_future(ask(name))
            self._asked[key] = task
            task.add_done_callback(lambda done: self._done(key, done))
        # Who gives up waiting leaves the question to the others.
        return await asyncio.shield(task)

    def _done(self, key: tuple[str, str], task: asyncio.Task[Sequence[Any]]) -> None:
        del self._asked[key]
        if task.cancelled():
            return
        error = task.exception()
        self._faults.pop(key, None)
        if isinstance(error, DnsFault):
            until = task.get_loop().time() + self._fault_seconds
            self._faults[key] = (until, str(error))
            if len(self._faults) > MOST_KEPT:
                self._faults.popitem(last=False)
