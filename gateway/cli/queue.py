"""`queue` and `suppress`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from gateway.cli.asking import AsJson, ConfigFile, ask, confirm, show_one, show_rows

Ids = Annotated[
    list[str] | None, typer.Argument(help="Deliveries (dlv_…), or ALL that can take the step.")
]
Hop = Annotated[str | None, typer.Option("--next-hop", help="All to it, as `summary` calls it.")]
Tenant = Annotated[str, typer.Option(help="The company's id or slug.")]
_MOVED = ("id", "size", "age", "recipient", "state", "tries", "next_attempt_at", "reason")
_QUEUE = ("id", "tenant", *_MOVED[1:])
_SUMMARY = ("next_hop", "state", "count", "oldest")
_REASONS = ("next_hop", "reason", "plain", "count", "oldest")
_ALL = "ALL"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
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
    _show(rows, _QUEUE, as_json=as_json, empty="The queue is empty.")
    if rows and not as_json:
        states = Counter(row["state"] for row in rows)
        told = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        octets = sum(row["size"] for row in rows)
        counted = "1 delivery" if len(rows) == 1 else f"{len(rows)} deliveries"
        print(f"-- {octets // 1024} Kbytes in {counted}: {told}.")


@_queue.command("show")
def queue_show(delivery: str, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Show a delivery with the words of every attempt."""
    show_one(ask(config, "queue.show", {"id": delivery}), as_json=as_json)


@_queue.command("retry")
def queue_retry(
    ids: Ids = None, next_hop: Hop = None, as_json: AsJson = False, config: ConfigFile = None
) -> None:
    """Try deliveries now."""
    _act("queue.retry", _chosen(ids, next_hop), as_json=as_json, config=config)


@_queue.command("hold")
def queue_hold(
    ids: Ids = None, next_hop: Hop = None, as_json: AsJson = False, config: ConfigFile = None
) -> None:
    """Keep deliveries until they are released."""
    _act("queue.hold", _chosen(ids, next_hop), as_json=as_json, config=config)


@_queue.command("release")
def queue_release(
    ids: Ids = None, next_hop: Hop = None, as_json: AsJson = False, config: ConfigFile = None
) -> None:
    """Let held deliveries go on."""
    _act("queue.release", _chosen(ids, next_hop), as_json=as_json, config=config)


@_queue.command("cancel")
def queue_cancel(
    ids: Ids = None,
    next_hop: Hop = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask about many at once.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Give deliveries up."""
    chosen = _chosen(ids, next_hop)
    if next_hop or ids == [_ALL]:
        confirm(f"Give up all mail {f'to {next_hop}' if next_hop else 'that waits'}?", yes=yes)
    _act("queue.cancel", chosen, as_json=as_json, config=config)


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
    _show(rows, columns, as_json=as_json, empty="The queue is empty.")


def _chosen(ids: list[str] | None, next_hop: str | None) -> Mapping[str, Any]:
    """Return which deliveries are meant. Raises BadParameter."""
    if bool(ids) == bool(next_hop):
        raise typer.BadParameter("name deliveries (dlv_…), or ALL, or one --next-hop")
    if ids and _ALL in ids and len(ids) > 1:
        raise typer.BadParameter(f"{_ALL} stands alone")
    return {"ids": ids or [], "next_hop": next_hop}


def _act(command: str, chosen: Mapping[str, Any], *, as_json: bool, config: ConfigFile) -> None:
    rows = ask(config, command, chosen)
    _show(rows, _MOVED, as_json=as_json, empty="Nothing there can take that step.")


def _show(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str
) -> None:
    """Print rows; to people ages as they speak of them."""
    if not as_json:
        rows = [
            {**row, "age": _aged(row.get("age")), "oldest": _aged(row.get("oldest_seconds"))}
            for row in rows
        ]
    show_rows(rows, as_json=as_json, columns=columns, empty=empty)


def _aged(seconds: int | None) -> str | None:
    """Return seconds as "45s", "12m", "3h05m", "2d04h"."""
    if seconds is None:
        return None
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h{seconds % _HOUR // _MINUTE:02d}m"
    return f"{seconds // _DAY}d{seconds % _DAY // _HOUR:02d}h"


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
