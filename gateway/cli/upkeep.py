"""`verify`, `migrate`, `backup`, `restore`, `status`, `rotate-keys`."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import AsJson, ConfigFile, ask, confirm, show_one, show_rows

if TYPE_CHECKING:
    from gateway.settings import Settings

_QUEUE = ("next_hop", "state", "count", "oldest_seconds")
_TLS = ("ends", "organization", "domain", "success", "failure", "failures")
_ERRORS = ("next_hop", "at", "stage", "reply")


def register(program: typer.Typer) -> None:
    """Add the commands."""
    program.command("verify")(verify)
    program.command("migrate")(migrate)
    program.command("backup")(backup)
    program.command("export")(export)
    program.command("tls-reports")(tls_reports)
    program.command("restore")(restore)
    program.command("status")(status)
    program.command("rotate-keys")(rotate_keys)


def verify(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Prove the store: no broken reference, no orphan blob, hashes match."""
    findings: list[str] = ask(config, "verify", {})["findings"]
    if as_json:
        print(json.dumps({"ok": not findings, "findings": findings}, ensure_ascii=False))
    else:
        for finding in findings:
            print(finding)
        print(f"{len(findings)} found." if findings else "The store is sound.")
    if findings:
        raise typer.Exit(1)


def migrate(config: ConfigFile = None) -> None:
    """Bring the store's tables up to date; a start of the gateway does so, too."""
    from gateway.store.opening import open_store

    settings = _settings(config)

    async def bring_up() -> None:
        async with open_store(settings.server.database_url.text or settings.server.data_dir):
            pass

    asyncio.run(bring_up())
    print("The store is up to date.")


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the copy.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Write a consistent copy of everything, secret and keys included, while it runs."""
    given = {"file": str(file.absolute())}
    show_one(ask(config, "backup", given), as_json=as_json)


def export(
    tenant: Annotated[str, typer.Argument(help="The company's id or slug.")],
    file: Annotated[Path, typer.Argument(help="A new file, .zip.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Write all that is kept of a company to a zip: JSON lines, mails, documents."""
    given = {"tenant": tenant, "file": str(file.absolute())}
    show_one(ask(config, "export", given), as_json=as_json)


def tls_reports(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List what others reported about TLS with us in the last 30 days (RFC 8460)."""
    rows = ask(config, "tls.reports", {})
    show_rows(rows, as_json=as_json, columns=_TLS, empty="Nobody has reported anything.")


def restore(
    file: Annotated[Path, typer.Argument(help="A copy that `backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Bring a copy back; refuses a store in use."""
    from gateway.app.restore import restore_all

    settings = _settings(config)
    confirm(f"Replace all data in {settings.server.data_dir} by {file}?", yes=yes)
    show_one(asyncio.run(restore_all(settings, file)), as_json=as_json)


def status(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Show whether the gateway runs, how deep its queues are, and how old."""
    told: dict[str, Any] = ask(config, "status", {})
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    queue, errors = told.pop("queue"), told.pop("last_errors")
    show_one(told, as_json=False)
    show_rows(queue, as_json=False, columns=_QUEUE, empty="The outbound queue is empty.")
    if errors:
        show_rows(errors, as_json=False, columns=_ERRORS, empty="")


def _settings(config: Path | None) -> "Settings":
    from gateway.settings import load

    return load(config).settings


def rotate_keys(
    retire: Annotated[
        str | None, typer.Option(help="Drop secrets that were replaced so long ago, as 400d.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Make a new secret for tokens and passwords; old ones still open what they made.

    Links and reply addresses made with a retired secret stop to work: keep it at least as
    long as anybody may answer an old mail.
    """
    show_one(ask(config, "secrets.rotate", {"retire": retire}), as_json=as_json)
