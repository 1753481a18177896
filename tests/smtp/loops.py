"""Tests that run in an event loop of their own."""

import asyncio
import functools


def in_loop(test):
    """Run an asynchronous test to its end; what hangs fails after 20 seconds."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        async def bounded():
            async with asyncio.timeout(20):
                await test(*args, **kwargs)

        asyncio.run(bounded())

    return run
