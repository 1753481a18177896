"""`serve`: the gateway in the foreground."""

import asyncio
import os
from typing import Annotated

import typer

from gateway.cli.asking import ConfigFile

ROLES = ("all", "smtp", "ingest", "relay", "web", "hooks")


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("serve")(serve)


def serve(
    config: ConfigFile = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help=f"Any of {', '.join(ROLES)}; all.")
    ] = None,
) -> None:
    """Run the gateway; one JSON line on standard output says when every listener accepts."""
    import uvloop

    from gateway.app.serve import Roles, serve_until_told
    from gateway.runtime.control import CommandError
    from gateway.runtime.log import configure
    from gateway.runtime.memory import give_back_large_blocks
    from gateway.runtime.threads import take_turns_often
    from gateway.settings import load

    wanted = role or ["all"]
    for name in wanted:
        if name not in ROLES:
            raise CommandError(f"{name} is no role; there are {', '.join(ROLES)}", "usage")
    loaded = load(config)
    configure(as_json=not os.isatty(2))
    give_back_large_blocks()
    take_turns_often()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_until_told(loaded, Roles.named(wanted)))
