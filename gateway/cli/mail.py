"""`send`, `receive`, `explain`."""

import asyncio
import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.asking import AsJson, ConfigFile, ask, read_mail, show_one

MailFile = Annotated[str, typer.Argument(help="A mail, .eml; - for standard input.")]
Rcpt = Annotated[list[str] | None, typer.Option("--rcpt", help="An envelope recipient.")]


def register(program: typer.Typer) -> None:
    """Add the commands."""
    program.command("send")(send)
    program.command("receive")(receive)
    program.command("explain")(explain)


def send(
    file: MailFile, rcpt: Rcpt = None, as_json: AsJson = False, config: ConfigFile = None
) -> None:
    """Submit a mail of a company, as its service would by SMTP."""
    given = {"raw": _encoded(read_mail(file)), "recipients": rcpt or []}
    show_one(ask(config, "mail.send", given), as_json=as_json)


def receive(
    file: MailFile,
    rcpt: Rcpt = None,
    sender: Annotated[str, typer.Option("--from", help="The reverse-path.")] = "",
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Feed a mail as if it had come in by SMTP."""
    given = {"raw": _encoded(read_mail(file)), "recipients": rcpt or [], "sender": sender}
    show_one(ask(config, "mail.receive", given), as_json=as_json)


def explain(
    file: MailFile,
    rcpt: Rcpt = None,
    sender: Annotated[
        str | None, typer.Option("--from", help='The reverse-path; "" for the null one of reports.')
    ] = None,
    peer: Annotated[
        str, typer.Option("--peer", help="The IP address that brought it; SPF asks for it.")
    ] = "",
    helo: Annotated[str, typer.Option("--helo", help="How that one called itself.")] = "",
    dns: Annotated[bool, typer.Option(help="Ask DNS who sent it.")] = True,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Say how the gateway reads a mail and where it would put it; stores nothing."""
    from gateway.app.explaining import Arrival
    from gateway.app.explaining import explain as explained
    from gateway.mail.errors import MailError
    from gateway.runtime.control import CommandError
    from gateway.settings import load

    raw = read_mail(file)
    arrival = Arrival(rcpt or (), sender, peer, helo)
    try:
        told = asyncio.run(explained(load(config).settings, raw, arrival, by_dns=dns))
    except MailError as error:
        raise CommandError(f"{file}: the mail can't be read: {error}") from error
    told["threading"] = _placed(config, raw, rcpt or [])
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    _print(told)


def _placed(config: Path | None, raw: bytes, recipients: list[str]) -> Mapping[str, Any]:
    """Ask the store, if there is one, where a mail belongs; make none."""
    from gateway.app.offline import has_store
    from gateway.mail.errors import ConfigError, Fault
    from gateway.runtime.control import CommandError
    from gateway.settings import load

    try:
        if not has_store(load(config).settings):
            return {"rule": None, "evidence": "no store to ask: nothing has been kept yet"}
        placed: Mapping[str, Any] = ask(
            config, "mail.place", {"raw": _encoded(raw), "recipients": recipients}
        )
    except (CommandError, ConfigError, Fault) as error:
        return {"rule": None, "evidence": f"no store to ask: {error}"}
    return placed


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _print(told: Mapping[str, Any]) -> None:
    for name, value in told.items():
        if name in {"text", "quoted_text", "signature"}:
            print(f"{name}:" if value else f"{name}: –")
            for line in value.splitlines():
                print(f"    {line}")
        elif isinstance(value, list):
            print(f"{name}:" if value else f"{name}: –")
            for one in value:
                print(f"    {json.dumps(one, ensure_ascii=False)}")
        elif isinstance(value, Mapping):
            print(f"{name}: {json.dumps(value, ensure_ascii=False)}")
        else:
            print(f"{name}: {'–' if value is None else value}")
