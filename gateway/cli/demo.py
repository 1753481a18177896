"""`demo`: the main job on embedded defaults, offline."""

import asyncio
import logging
from typing import Annotated

import typer


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Run the journey, check it, leave.")] = False,
    port: Annotated[int, typer.Option(help="Port of the pages; 0 takes a free one.")] = 0,
    language: Annotated[
        str, typer.Option(help="What all customers read, such as sk; else each state has its own.")
    ] = "",
) -> None:
    """Show the main job: an invoice out, answers in, every step seen to work."""
    import uvloop

    from gateway.app.demo.stage import show
    from gateway.runtime.log import configure

    configure(as_json=False, level=logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(
            show(port, once=once, say=lambda text: print(text, flush=True), language=language)
        )
    if not seen:
        raise typer.Exit(1)
