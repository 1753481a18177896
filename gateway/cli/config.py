"""`postroom check`, `config show`, `config explain` and `init`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.settings.unit import Installation

ConfigOption = Annotated[Path | None, typer.Option(help="Configuration file.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(check)
    app.command()(init)
    group = typer.Typer(no_args_is_help=True, help="The configuration: what holds, what it means.")
    group.command()(show)
    group.command()(explain)
    app.add_typer(group, name="config")


def check(*, config: ConfigOption = None) -> None:
    """Validate the configuration and the files, keys and ports that it names.

    All mistakes are told at once; exit status 78 if there is any.
    """
    from gateway.runtime.world import SystemClock
    from gateway.settings import BadSettings, examine
    from gateway.settings.check import check as examine_machine

    loaded = examine(config)
    if mistakes := examine_machine(loaded, now=SystemClock().now()):
        raise BadSettings(mistakes)
    print(f"{loaded.source}: no mistakes")


def show(
    *,
    config: ConfigOption = None,
    non_default: Annotated[
        bool, typer.Option("--non-default", help="Only what differs from the defaults.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines.")] = False,
) -> None:
    """Print the settings that hold, each with the place where it is set; no secrets."""
    from gateway.settings import load
    from gateway.settings.explain import holdings
    from gateway.settings.explain import show as show_settings

    loaded = load(config)
    if as_json:
        import json

        for held in holdings(loaded):
            if not (non_default and held.is_default):
                row = {"key": ".".join(held.path), "value": held.value, "source": held.source}
                print(json.dumps({**row, "default": held.is_default}, ensure_ascii=False))
        return
    if text := show_settings(loaded, non_default=non_default):
        print(text)


def explain(key: Annotated[str, typer.Argument(help="Such as relay.give_up_after.")]) -> None:
    """Print type, default, description and example of a setting, or what a table holds."""
    from gateway.settings.explain import explain as explain_setting
    from gateway.settings.names import find, similar

    paths = find(key)
    if not paths:
        near = similar(key)
        hint = f"; did you mean {near}?" if near else ""
        raise typer.BadParameter(f"{key} is not a setting{hint}")
    print("\n\n".join(map(explain_setting, paths)))


def init(
    directory: Annotated[Path, typer.Argument(help="Made if it isn't there.")],
    *,
    domain: Annotated[
        str, typer.Option(help="The domain whose mail., reply. and bounce. the gateway uses.")
    ] = "example.com",
) -> None:
    """Write a commented configuration, keys and a systemd unit; print the DNS records.

    Nothing that exists is overwritten. The records go to stdout, all else to stderr.
    """
    from gateway.app.dns_records import records, zone
    from gateway.cli.dns import keys_of
    from gateway.mail.errors import ConfigError
    from gateway.runtime.dkim_keys import DkimKeys
    from gateway.runtime.keys import OCTETS, make_secret
    from gateway.runtime.world import SystemChance, SystemClock
    from gateway.settings import load
    from gateway.settings.sample import sample
    from gateway.settings.unit import unit
    from gateway.settings.values import Unfit
    from gateway.settings.values import domain as domain_name

    try:
        domain = domain_name(f"bounce.{domain}").removeprefix("bounce.")
    except Unfit as unfit:
        raise typer.BadParameter(f"{domain} {unfit}", param_hint="--domain") from None
    place = _installation(directory.resolve())
    if place.config.exists():
        typer.echo(f"{place.config} exists; nothing was changed", err=True)
        raise typer.Exit(1)
    secret, dkim = place.data / "secret", place.data / "dkim"
    values = {
        "server.hostname": f"mail.{domain}",
        "server.data_dir": str(place.data),
        "server.secret": {"file": str(secret)},
        "domains.sender": f"mail.{domain}",
        "domains.reply": f"reply.{domain}",
        "domains.bounce": f"bounce.{domain}",
        "dkim.directory": str(dkim),
    }
    try:
        place.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (place.home / "tenants.d").mkdir(mode=0o750, exist_ok=True)
        make_secret(secret, SystemChance().octets(OCTETS))
        _write(place.home / "postroom.service", unit(place), mode=0o644)
        _write(place.config, sample(values), mode=0o644)
    except (OSError, ConfigError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    settings = load(place.config, environ={}).settings
    DkimKeys(dkim, settings.dkim.algorithms).make_missing(SystemClock().now())
    print(zone([*records(settings, keys_of(settings), [])]))
    typer.echo(_next_steps(place), err=True)


def _installation(home: Path) -> "Installation":
    import pwd
    from shutil import which

    from gateway.settings.unit import Installation

    beside = Path(sys.executable).with_name("postroom")
    program = str(beside) if beside.exists() else which("postroom")
    user = "postroom"
    if number := os.getuid():
        try:
            user = pwd.getpwuid(number).pw_name
        except KeyError:
            user = str(number)
    return Installation(
        config=home / "postroom.toml",
        home=home,
        data=home / "var",
        program=program or Installation().program,
        user=user,
        state="",
    )


def _write(file: Path, text: str, *, mode: int) -> None:
    """Write a file that does not exist yet. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _next_steps(place: "Installation") -> str:
    home, unit = place.home, place.home / "postroom.service"
    own = "" if os.getuid() else f"useradd --system {place.user}; chown -R {place.user}: {home}; "
    return f"""
Written to {home}: postroom.toml, postroom.service, tenants.d, var/secret, var/dkim.
Keep var/secret as you keep the data: without it no answer finds its conversation.

  1. Publish the records above.
  2. In {place.config} set [server] public_url, [listen] and [tls];
     postroom check --config {place.config}
  3. As root: {own}cp {unit} /etc/systemd/system/; systemctl enable --now postroom"""
