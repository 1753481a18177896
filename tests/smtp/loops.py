"""Tests that run in an event loop of their own, of the kind that the gateway runs in."""

import asyncio
import functools

import uvloop


def in_loop(test):
    """Run an asynchronous test to its end; what hangs fails after 20 seconds."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        async def bounded():
            async with asyncio.timeout(20):
                await test(*args, **kwargs)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(bounded())

    return run
