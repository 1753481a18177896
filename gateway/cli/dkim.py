"""`dkim new|list|rotate|retire`."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.asking import AsJson, ConfigFile, show_rows

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.rules.dns_verdicts import Record
    from gateway.runtime.dkim_keys import DkimKey, DkimKeys
    from gateway.settings import Settings

_COLUMNS = ("selector", "algorithm", "state", "made_at", "record")
_dkim = typer.Typer()


def register(program: typer.Typer) -> None:
    """Add the commands."""
    program.add_typer(
        _dkim, name="dkim", help="Keys that sign outgoing mail.", no_args_is_help=True
    )


def _keys(config: Path | None) -> "tuple[DkimKeys, Settings]":
    from gateway.runtime.dkim_keys import DkimKeys
    from gateway.settings import load

    settings = load(config).settings
    algorithms = [algorithm.value for algorithm in settings.dkim.algorithms]
    return DkimKeys(Path(settings.dkim.directory), algorithms), settings


def _show(keys: "Sequence[DkimKey]", settings: "Settings", *, as_json: bool) -> None:
    domain = settings.domains.sender
    rows = [
        {
            "selector": key.selector,
            "algorithm": key.algorithm,
            "state": key.state.value,
            "made_at": key.made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "record": f"{key.selector}._domainkey.{domain}",
        }
        for key in keys
    ]
    empty = "No keys yet; the gateway makes them at its first start."
    show_rows(rows, as_json=as_json, columns=_COLUMNS, empty=empty)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what the keys don't allow into a failed command: the configuration is good."""
    from gateway.mail.errors import ConfigError
    from gateway.runtime.control import CommandError

    try:
        yield
    except ConfigError as error:
        raise CommandError(str(error)) from error


@_dkim.command("list")
def dkim_list(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List the keys."""
    keys, settings = _keys(config)
    _show(keys.all(), settings, as_json=as_json)


@_dkim.command("new")
def dkim_new(
    algorithm: Annotated[str, typer.Argument(help="rsa-sha256 or ed25519-sha256.")],
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Make a key: it signs if there is none yet, else it stands by for `rotate`."""
    from gateway.runtime.control import CommandError
    from gateway.runtime.world import SystemClock
    from gateway.settings import DkimAlgorithm

    if algorithm not in set(DkimAlgorithm):
        raise CommandError(f"{algorithm} is none of {', '.join(DkimAlgorithm)}", "usage")
    keys, settings = _keys(config)
    _show((keys.new(algorithm, SystemClock().now()),), settings, as_json=as_json)
    if not as_json:
        print("Publish its record: postroom dns")


@_dkim.command("rotate")
def dkim_rotate(
    as_json: AsJson = False,
    config: ConfigFile = None,
    force: Annotated[
        bool, typer.Option("--force", help="Don't ask DNS whether their records are there.")
    ] = False,
) -> None:
    """Let the standby keys sign; the old ones stay published for the mail under way.

    Only keys whose records DNS answers with may sign: others would fail everywhere.
    """
    from gateway.runtime.world import SystemClock

    keys, settings = _keys(config)
    now = SystemClock().now()
    with _refusing():
        if not force:
            _refuse_unpublished(keys, settings, now)
        risen = keys.rotate(now)
    _show(risen, settings, as_json=as_json)


def _refuse_unpublished(keys: "DkimKeys", settings: "Settings", now: "datetime") -> None:
    """Raise CommandError if DNS doesn't answer with the keys that would sign."""
    from gateway.app.dns_check import compare
    from gateway.app.plain import resolver_of
    from gateway.rules.dns_verdicts import Published, Record
    from gateway.runtime.control import CommandError
    from gateway.runtime.dkim_keys import KeyState

    wanted = [
        Record(key.name, "TXT", key.value, "standby DKIM key")
        for key in keys.records(settings.domains.sender, now)
        if key.state is KeyState.STANDBY
    ]
    wanted += _wanted_of_companies(keys, settings, now)
    host = settings.server.hostname
    told = asyncio.run(compare(wanted, resolver_of(settings), host=host, now=now))
    wrong = [f"{one.record.name}: {one.remedy}" for one in told if one.state is not Published.OK]
    if wrong:
        raise CommandError("nothing was changed\n  " + "\n  ".join(wrong))


def _wanted_of_companies(keys: "DkimKeys", settings: "Settings", now: "datetime") -> "list[Record]":
    """Return what has to stand behind companies' own domains, if any company has one.

    Raises CommandError while the mail that the key before signed may be under way.
    """
    from gateway.app.offline import ask_or_do, has_store
    from gateway.rules.dns_verdicts import Record
    from gateway.rules.sender_domains import keys_name
    from gateway.runtime.control import CommandError

    if not has_store(settings) or not asyncio.run(ask_or_do(settings, "email.domains", {})):
        return []
    coming = keys.coming_company_key(now)
    if coming is None:
        raise CommandError(
            "nothing was changed\n  names of companies' own domains still lead to the key that "
            "signed before: wait until 14 days after the last rotation, or --force"
        )
    purpose = "standby DKIM key behind companies' own domains"
    name = keys_name(coming.slot, settings.domains.sender)
    return [Record(name, "TXT", coming.value, purpose)]


@_dkim.command("retire")
def dkim_retire(selector: str, as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Let a key sign no more."""
    from gateway.runtime.world import SystemClock

    keys, settings = _keys(config)
    with _refusing():
        retired = keys.retire(selector, SystemClock().now())
    _show((retired,), settings, as_json=as_json)
