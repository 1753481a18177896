"""`import`, `replay`."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.asking import AsJson, ConfigFile, show_one
from gateway.cli.progress import Bar

if TYPE_CHECKING:
    from gateway.settings import Settings


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


def replay(
    since: Annotated[
        str | None,
        typer.Option("--since", help="A date, 2026-03-01, or a time back from now, 30d."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Read kept mail again by today's reader, tell what differs, and mend it."""
    from gateway.settings import load

    settings = load(config).settings
    given = {"since": _since(since), "dry_run": dry_run}
    with Bar(sys.stderr) as bar:
        told = asyncio.run(_replay_all(settings, given, bar))
    if as_json:
        for one in told.differences:
            print(json.dumps(one, ensure_ascii=False))
        return
    for one in told.differences:
        _print(one)
    changed = sum(bool(one["changes"]) for one in told.differences)
    mended = "would be" if dry_run else "were"
    print(f"{told.looked_at} messages were read again; {changed} {mended} changed.")


@dataclass(slots=True)
class _Told:
    looked_at: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)


async def _replay_all(settings: "Settings", given: Mapping[str, Any], bar: Bar) -> _Told:
    from gateway.app.offline import commander

    told, first, cursor = _Told(), 0, None
    async with commander(settings) as do:
        while True:
            page = await do("replay.page", {**given, "cursor": cursor})
            told.looked_at += page["looked_at"]
            told.differences += page["differences"]
            first = first or page["position"]
            bar.show("Reading", first - page["position"], first)
            cursor = page["cursor"]
            if cursor is None:
                return told


def _since(text: str | None) -> str | None:
    """Return a moment as RFC 3339. Raises CommandError."""
    from datetime import UTC, datetime

    from gateway.runtime.control import CommandError
    from gateway.runtime.world import SystemClock
    from gateway.settings.values import duration

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return (SystemClock().now() - duration(text)).isoformat()
        except ValueError as error:
            raise CommandError(f"--since {text}: write 2026-03-01 or 30d", "usage") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _print(difference: Mapping[str, Any]) -> None:
    print(f"{difference['id']}  {difference['received_at']}  {difference['subject']}")
    if difference["trouble"]:
        print(f"    can't be read today: {difference['trouble']}")
    for name, change in difference["changes"].items():
        print(f"    {name}: {_short(change['was'])} → {_short(change['is'])}")
    if difference["threading"]:
        was, today = difference["threading"]["was"], difference["threading"]["is"]
        place = today["conversation_id"] or "a new conversation"
        print(f"    threading: {was}; today it would go to {place} by {today['rule']}; not moved")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"
