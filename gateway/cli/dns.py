"""`postroom dns`: the records to publish, and whether DNS answers with them."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.asking import show_rows

if TYPE_CHECKING:
    from gateway.rules.dns_verdicts import Record
    from gateway.runtime.dkim_keys import KeyDns
    from gateway.settings import Settings

_COLUMNS = ("state", "type", "name", "remedy")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(name="dns")(dns)


def dns(
    domain: Annotated[
        str | None, typer.Argument(help="Only records of this domain and below it.")
    ] = None,
    *,
    config: Annotated[
        Path | None, typer.Option(help="Configuration file.", show_default=False)
    ] = None,
    address: Annotated[
        list[str] | None, typer.Option(help="Public address of this machine; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Compare with what DNS answers.")] = False,
) -> None:
    """Print the DNS records to publish, as zone text or JSON."""
    from gateway.app.dns_records import mail_domains, records, zone
    from gateway.settings import load

    settings = load(config).settings
    addresses = _addresses(settings, address or [])
    found = [*records(settings, keys_of(settings), addresses), *_behind_companies(settings)]
    if domain is not None:
        wanted = domain.lower().rstrip(".")
        found = [each for each in found if f".{each.name}".endswith(f".{wanted}")]
        if not found:
            ours = ", ".join(mail_domains(settings.domains))
            typer.echo(f"{domain} has no records of this gateway; its domains: {ours}", err=True)
            raise typer.Exit(1)
    if check:
        _check(settings, found, as_json=as_json)
    elif as_json:
        for record in found:
            print(json.dumps(asdict(record), ensure_ascii=False))
    else:
        print(zone(found))


def keys_of(settings: "Settings") -> tuple["KeyDns", ...]:
    """Return the records of the DKIM keys; says so where there are none yet."""
    from gateway.runtime.dkim_keys import DkimKeys
    from gateway.runtime.world import SystemClock

    keys = DkimKeys(settings.dkim.directory, settings.dkim.algorithms)
    found = keys.records(settings.domains.sender, SystemClock().now())
    if not found:
        typer.echo(
            f"No DKIM keys in {settings.dkim.directory} yet: they are made at the first start.",
            err=True,
        )
    return found


def _behind_companies(settings: "Settings") -> "Sequence[Record]":
    """Return the records behind companies' own domains."""
    from gateway.app.dns_records import company_records
    from gateway.runtime.dkim_keys import DkimKeys
    from gateway.runtime.world import SystemClock

    keys = DkimKeys(settings.dkim.directory, settings.dkim.algorithms)
    return company_records(settings, keys, SystemClock().now())


def _addresses(settings: "Settings", given: Sequence[str]) -> list[str]:
    """Return the addresses given, else the public ones that mx listens on."""
    from gateway.app.dns_records import public_addresses

    try:
        return [str(ip_address(address)) for address in given] or public_addresses(settings)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--address") from None


def _check(settings: "Settings", found: "Sequence[Record]", *, as_json: bool) -> None:
    """Compare with DNS; exit 1 unless all is as it should be."""
    from gateway.app.dns_check import compare
    from gateway.app.plain import resolver_of
    from gateway.rules.dns_verdicts import Published
    from gateway.runtime.world import SystemClock

    host, now = settings.server.hostname, SystemClock().now()
    told = asyncio.run(compare(found, resolver_of(settings), host=host, now=now))
    rows = [
        {**asdict(one.record), "state": one.state.value, "found": one.found, "remedy": one.remedy}
        for one in told
    ]
    show_rows(rows, as_json=as_json, columns=_COLUMNS, empty="")
    wrong = [one for one in told if one.state is not Published.OK]
    if not as_json:
        print(f"-- {len(told)} records, {len(wrong)} to mend." if wrong else "-- All is published.")
    if wrong:
        raise typer.Exit(1)
