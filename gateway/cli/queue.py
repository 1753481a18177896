"""`queue` and `suppress`."""

from collections import Counter
from typing import Annotated

import typer

from gateway.cli.asking import AsJson, ConfigFile, ask, show_one, show_rows

Ids = Annotated[list[str], typer.Argument(help="Deliveries (dlv_…).")]
Tenant = Annotated[str, typer.Option(help="The company's id or slug.")]
_QUEUE = ("id", "size", "age", "recipient", "state", "tries", "next_attempt_at", "reason")
_SUMMARY = ("next_hop", "state", "count", "oldest_seconds")
_REASONS = ("next_hop", "reason", "plain", "count", "oldest_seconds")
_SUPPRESSION = ("address", "kind", "reason", "created_at")

_queue = typer.Typer()
_suppress = typer.Typer()


def register(program: typer.Typer) -> None:
    """Add the commands."""
    words = "The outbound queue, as users of mailq and postsuper know it."
    program.add_typer(_queue, name="queue", help=words, no_args_is_help=True)
    words = "Addresses that get no more mail, per company."
    program.add_typer(_suppress, name="suppress", help=words, no_args_is_help=True)


@_queue.command("list")
def queue_list(
    everything: Annotated[bool, typer.Option("--all", help="What is final, too.")] = False,
    tenant: Annotated[str | None, typer.Option(help="Of one company.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 1000,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List what waits, newest first."""
    given = {"all": everything, "tenant": tenant, "limit": limit}
    rows = ask(config, "queue.list", given)
    show_rows(rows, as_json=as_json, columns=_QUEUE, empty="The queue is empty.")
    if rows and not as_json:
        states = Counter(row["state"] for row in rows)
        told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        octets = sum(row["size"] for row in rows)
        print(f"-- {octets // 1024} Kbytes in {len(rows)} deliveries: {told}.")


@_queue.command("show")
def queue_show(delivery: str, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Show a delivery with the words of every attempt."""
    show_one(ask(config, "queue.show", {"id": delivery}), as_json=as_json)


@_queue.command("retry")
def queue_retry(ids: Ids, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Try deliveries now."""
    _act("queue.retry", ids, as_json=as_json, config=config)


@_queue.command("hold")
def queue_hold(ids: Ids, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Keep deliveries until they are released."""
    _act("queue.hold", ids, as_json=as_json, config=config)


@_queue.command("release")
def queue_release(ids: Ids, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Let held deliveries go on."""
    _act("queue.release", ids, as_json=as_json, config=config)


@_queue.command("cancel")
def queue_cancel(ids: Ids, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Give deliveries up."""
    _act("queue.cancel", ids, as_json=as_json, config=config)


@_queue.command("summary")
def queue_summary(
    by: Annotated[str, typer.Option(help="state or reason.")] = "state",
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Count what waits by next hop and state, or by next hop and reason."""
    if by not in {"state", "reason"}:
        raise typer.BadParameter(f"{by} is neither state nor reason", param_hint="--by")
    rows = ask(config, "queue.summary", {"by": by})
    columns = _SUMMARY if by == "state" else _REASONS
    show_rows(rows, as_json=as_json, columns=columns, empty="The queue is empty.")


def _act(command: str, ids: list[str], *, as_json: bool, config: ConfigFile) -> None:
    rows = ask(config, command, {"ids": ids})
    show_rows(rows, as_json=as_json, columns=_QUEUE, empty="")


@_suppress.command("list")
def suppress_list(tenant: Tenant, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List a company's suppressed addresses."""
    rows = ask(config, "suppress.list", {"tenant": tenant})
    show_rows(rows, as_json=as_json, columns=_SUPPRESSION, empty="No address is suppressed.")


@_suppress.command("add")
def suppress_add(
    address: str, tenant: Tenant, as_json: AsJson = False, config: ConfigFile = None
) -> None:
    """Suppress an address."""
    show_one(ask(config, "suppress.add", {"address": address, "tenant": tenant}), as_json=as_json)


@_suppress.command("remove")
def suppress_remove(
    address: str, tenant: Tenant, as_json: AsJson = False, config: ConfigFile = None
) -> None:
    """Lift a suppression."""
    given = {"address": address, "tenant": tenant}
    show_one(ask(config, "suppress.remove", given), as_json=as_json)
