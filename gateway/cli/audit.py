"""`audit`."""

from typing import Annotated

import typer

from gateway.cli.asking import AsJson, ConfigFile, ask, show_rows

_COLUMNS = ("at", "tenant_id", "who", "who_id", "network", "action", "subject", "fields")


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("audit")(audit)


def audit(
    tenant: Annotated[str | None, typer.Option(help="Of one company: its id or slug.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 1000,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List who changed which settings, keys, logins and people, newest first."""
    rows = ask(config, "audit.list", {"tenant": tenant, "limit": limit})
    show_rows(rows, as_json=as_json, columns=_COLUMNS, empty="Nothing was changed yet.")
