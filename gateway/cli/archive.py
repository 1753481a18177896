"""`import`, `replay`."""

import asyncio
import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.asking import AsJson, ConfigFile, show_one
from gateway.cli.progress import Bar


class Form(StrEnum):
    """What an archive is."""

    MBOX = "mbox"
    MAILDIR = "maildir"


def register(program: typer.Typer) -> None:
    """Add the commands."""
    program.command("import")(bring)
    program.command("replay")(replay)


def bring(
    form: Annotated[Form, typer.Argument(help="What it is.", show_default=False)],
    path: Annotated[Path, typer.Argument(help="Where it lies.", show_default=False)],
    tenant: Annotated[str, typer.Option("--tenant", help="The company, by id or slug.")],
    own: Annotated[
        list[str] | None,
        typer.Option(
            "--own",
            help="An address that is the company's, or @domain; what it wrote, the company wrote.",
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Bring in an archive of mail as conversations; sends nothing, skips what is here."""
    from gateway.app.importing import import_archive
    from gateway.mail.errors import MailError
    from gateway.runtime.archives import Maildir, Mbox
    from gateway.runtime.control import CommandError
    from gateway.settings import load

    settings = load(config).settings
    archive = Mbox(path) if form is Form.MBOX else Maildir(path)
    with Bar(sys.stderr) as bar:
        try:
            summary = asyncio.run(
                import_archive(settings, archive, tenant=tenant, own=own or (), progress=bar.show)
            )
        except MailError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}") from error
    show_one(asdict(summary), as_json=as_json)
