"""`postroom doctor`: all health checks, each failure with its remedy."""

import asyncio
import json
from dataclasses import asdict
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.asking import AsJson, ConfigFile

if TYPE_CHECKING:
    from gateway.app.doctor.examination import Wishes
    from gateway.settings.load import Loaded


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("doctor")(doctor)


def doctor(
    address: Annotated[
        list[str] | None, typer.Option(help="Public address of this machine; may be repeated.")
    ] = None,
    reached: Annotated[
        str, typer.Option("--reach", help="A domain whose MX is to be reached by port 25.")
    ] = "gmail.com",
    block_list: Annotated[
        list[str] | None,
        typer.Option(help="A block list to look our addresses up in, such as zen.spamhaus.org."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Check the installation and what is around it; say what to do about each failure.

    Configuration, disk, clock, certificate, the running gateway, its name by its address,
    the way out by port 25, DNS records; block lists only where named.
    """
    from gateway.app.doctor.examination import Wishes
    from gateway.settings import examine

    try:
        addresses = [str(ip_address(one)) for one in address or ()]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--address") from None
    wishes = Wishes(addresses, reached, block_list or ())
    failed = asyncio.run(_examine(examine(config), wishes, as_json=as_json))
    if failed:
        raise typer.Exit(1)


async def _examine(loaded: "Loaded", wishes: "Wishes", *, as_json: bool) -> int:
    """Print each finding as it is made; return how many failed."""
    from gateway.app.doctor.examination import examine
    from gateway.app.doctor.findings import Health

    seen = failed = 0
    async for finding in examine(loaded, wishes):
        seen += 1
        failed += finding.state is Health.FAILED
        if as_json:
            print(json.dumps(asdict(finding), ensure_ascii=False), flush=True)
            continue
        print(f"{finding.state.value.upper():8} {finding.check:13} {finding.detail}", flush=True)
        if finding.remedy:
            print(f"{'':22} → {finding.remedy}")
    if not as_json:
        print(
            f"-- {seen} checks, {failed} failed." if failed else f"-- {seen} checks, none failed."
        )
    return failed
