"""The command line: one module per group of commands; heavy imports inside the command."""

import sys
from collections.abc import Sequence

import typer

from gateway.mail.errors import ConfigError, Fault
from gateway.runtime.control import CommandError

DONE = 0
FAILED = 1
USAGE = 2
BAD_CONFIGURATION = 78


def build() -> typer.Typer:
    """Return the program with all its commands."""
    from gateway.cli import (
        archive,
        audit,
        companies,
        config,
        demo,
        dkim,
        dns,
        doctor,
        email,
        letters,
        mail,
        queue,
        sendmail,
        serve,
        upkeep,
    )

    program = typer.Typer(
        name="postroom",
        help="Postroom, a mail gateway for invoicing products.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for module in (
        demo,
        serve,
        config,
        dns,
        doctor,
        dkim,
        companies,
        audit,
        email,
        queue,
        mail,
        sendmail,
        letters,
        archive,
        upkeep,
    ):
        module.register(program)
    return program


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; errors are sentences, never tracebacks."""
    command = typer.main.get_command(build())
    try:
        code = command.main(args=list(arguments), prog_name="postroom", standalone_mode=False)
    except typer.Exit as leaving:
        return leaving.exit_code
    except typer.TyperException as error:
        return _say(f"postroom: {error.format_message()}", error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return FAILED
    except CommandError as error:
        return _say(f"postroom: {error}", USAGE if error.kind == "usage" else FAILED)
    except ConfigError as error:
        return _say(str(error), BAD_CONFIGURATION)
    except Fault as error:
        return _say(f"postroom: {error}", FAILED)
    return code if isinstance(code, int) else DONE


def _say(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
