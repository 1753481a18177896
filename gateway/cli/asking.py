"""How a command reaches the gateway: over the control socket, else by opening the store itself."""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="The configuration file; else $POSTROOM_CONFIG and so on."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines with stable fields.")]


def ask(config: Path | None, command: str, given: Mapping[str, Any]) -> Any:
    """Do a command in the running gateway, or here if none runs.

    Raises CommandError, ConfigError (bad settings among them), Fault.
    """
    from gateway.app.offline import ask_or_do
    from gateway.settings import load

    settings = load(config).settings
    return asyncio.run(ask_or_do(settings, command, given))


def show_rows(
    rows: Sequence[Mapping[str, Any]], *, as_json: bool, columns: Sequence[str], empty: str
) -> None:
    """Print a list: JSON lines, or a table of the named columns."""
    if as_json:
        for row in rows:
            print(_json(row))
        return
    if not rows:
        print(empty)
        return
    table = [list(columns), *([_cell(row.get(name)) for name in columns] for row in rows)]
    table[0] = [name.replace("_", " ").upper() for name in columns]
    widths = [max(len(line[at]) for line in table) for at in range(len(columns))]
    for line in table:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def show_one(row: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: JSON, or a line a field."""
    if as_json:
        print(_json(row))
        return
    width = max((len(name) for name in row), default=0)
    for name, value in row.items():
        if isinstance(value, Mapping):
            for inner, said in value.items():
                print(f"{name}.{inner}".ljust(width) + f"  {_cell(said)}")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            print(f"{name}:")
            for entry in value:
                print("  " + "  ".join(f"{key}={_cell(said)}" for key, said in entry.items()))
        else:
            print(name.ljust(width) + f"  {_cell(value)}")


def read_mail(file: str) -> bytes:
    """Return the bytes of a file, "-" for standard input. Raises CommandError."""
    from gateway.runtime.control import CommandError

    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}", "usage") from error


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that can't be undone; `--yes` answers. Raises CommandError."""
    from gateway.runtime.control import CommandError

    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{question} Say --yes to do it.", "usage")
    if not typer.confirm(question):
        raise CommandError("nothing was changed")


def _json(row: Mapping[str, Any]) -> str:
    """Return JSON; what would act on a terminal is escaped, as JSON permits."""
    text = json.dumps(row, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def _cell(value: object) -> str:
    return "".join(char if char.isprintable() else _sign(char) for char in _said(value))


def _sign(char: str) -> str:
    """Return what stands for a character that would act on a terminal, or turn text around."""
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"


def _said(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return ",".join(str(one) for one in value)
    return str(value)
