"""The health of an installation: verify, backup, status."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.app.commands.words import time_of
from gateway.app.exporting import Export
from gateway.app.keepsakes import keepsakes
from gateway.app.office import Office
from gateway.flow.tls_reports import summaries
from gateway.ports.lists import Page
from gateway.ports.store import Work
from gateway.runtime.control import CommandError
from gateway.store.backup import write_backup
from gateway.store.verify import findings

ROLES = ("smtp", "ingest", "relay", "web")
_LOOKED_AT = 500


async def verify(office: Office, given: Mapping[str, Any]) -> Any:
    """Prove the store; return what is wrong with it, in words."""
    _ = given
    return {"findings": await findings(office.store, office.blobs)}


async def backup(office: Office, given: Mapping[str, Any]) -> Any:
    """Write a consistent copy of everything to a file while the gateway runs."""
    target = Path(str(given["file"]))
    kept = keepsakes(office.settings)
    return await write_backup(office.store, office.blobs, target, files=kept)


async def export(office: Office, given: Mapping[str, Any]) -> Any:
    """Write all that is kept of a company to a new file; return how much of what."""
    tenant = await office.companies.find(str(given["tenant"]))
    target, export = Path(str(given["file"])), Export(office.context, tenant)
    try:
        await export.write(target)
    except FileExistsError as error:
        raise CommandError(f"{target} exists; name a new file") from error
    except OSError as error:
        raise CommandError(f"{target}: {error.strerror}") from error
    return {"file": str(target), "tenant": tenant.slug, **export.counts}


async def tls_reports(office: Office, given: Mapping[str, Any]) -> Any:
    """Return the sums of what others reported about TLS with us, the oldest first."""
    _ = given
    return await office.context.store.read(summaries)


async def status(office: Office, given: Mapping[str, Any]) -> Any:
    """Return each role's health, the queues, how old they are, the last error of each next hop.

    given: "roles", those of the running gateway; absent where none runs.
    """
    now = office.context.clock.now()
    roles = given.get("roles")

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
            "last_errors": _last_errors(work),
            "next_attempt_at": time_of(work.deliveries.next_due()),
        }

    told = await office.context.store.read(look)
    running = roles is not None
    return {
        "gateway": "running" if running else "stopped",
        "roles": {name: "ok" if name in (roles or ()) else "stopped" for name in ROLES},
        "readers": len(office.parser.pids) if running else 0,
        **told,
    }


def _last_errors(work: Work) -> list[dict[str, Any]]:
    """Return what each next hop said last to mail that still waits for it."""
    listed = work.deliveries.page(None, Page(_LOOKED_AT), states=("deferred", "unconfirmed"))
    last: dict[str, dict[str, Any]] = {}
    for delivery in listed.items:
        if not delivery.attempts:
            continue
        attempt = delivery.attempts[-1]
        said = {
            "next_hop": delivery.route,
            "at": time_of(attempt.at),
            "stage": attempt.stage,
            "reply": attempt.reply,
        }
        if delivery.route not in last or last[delivery.route]["at"] < said["at"]:
            last[delivery.route] = said
    return list(last.values())
