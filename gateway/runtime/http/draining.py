"""Whether the gateway is about to stop, for those who hold requests open."""

import asyncio


class Draining:
    """A word that is said once: take nothing new, end what waits."""

    def __init__(self) -> None:
        """Nothing is said yet."""
        self._begun = asyncio.Event()

    def __bool__(self) -> bool:
        """Say whether it has begun."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Tell everybody."""
        self._begun.set()

    async def wait(self) -> None:
        """Return once it has begun."""
        await self._begun.wait()
