"""The health of an installation: verify, backup, status."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.app.commands.words import time_of
from gateway.app.keepsakes import keepsakes
from gateway.app.office import Office
from gateway.ports.store import Work
from gateway.store.backup import write_backup
from gateway.store.verify import findings


async def verify(office: Office, given: Mapping[str, Any]) -> Any:
    """Prove the store; return what is wrong with it, in words."""
    _ = given
    return {"findings": await findings(office.store, office.blobs)}


async def backup(office: Office, given: Mapping[str, Any]) -> Any:
    """Write a consistent copy of everything to a file while the gateway runs."""
    target = Path(str(given["file"]))
    kept = keepsakes(office.settings)
    return await write_backup(office.store, office.blobs, target, files=kept)


async def status(office: Office, given: Mapping[str, Any]) -> Any:
    """Return the queues: how deep, how old, the last error of each next hop."""
    _ = given
    now = office.context.clock.now()

    def look(work: Work) -> dict[str, Any]:
        oldest = work.spool.oldest()
        return {
            "store": "ok",
            "spool": {
                "waiting": work.spool.waiting(),
                "oldest_seconds": 0 if oldest is None else int((now - oldest).total_seconds()),
            },
            "queue": [
                {
                    "state": state,
                    "next_hop": route,
                    "count": count,
                    "oldest_seconds": int((now - since).total_seconds()),
                }
                for state, route, count, since in work.deliveries.depth()
            ],
            "next_attempt_at": time_of(work.deliveries.next_due()),
        }

    told = await office.context.store.read(look)
    return {"gateway": "running" if given.get("running") else "stopped", **told}
