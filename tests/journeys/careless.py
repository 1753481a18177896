"""`serve` on a database that doesn't sync each commit: what the durability checks must notice."""

import asyncio
import sys
from pathlib import Path

import uvloop

from gateway.app.serve import Roles, serve_until_told
from gateway.settings import load
from gateway.store.engine import EngineOptions

if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        careless = EngineOptions(synchronous="NORMAL")
        runner.run(serve_until_told(load(Path(sys.argv[-1])), Roles(), options=careless))
