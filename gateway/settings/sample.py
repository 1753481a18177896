"""The sample configuration, made from the declarations.

`python -m gateway.settings.sample > config/postroom.toml` renews the one of the repository.
"""

import sys
import textwrap
from collections.abc import Mapping

from gateway.settings.declaration import Key, Table, dotted, entries, variable
from gateway.settings.mistakes import toml
from gateway.settings.tree import Settings

_WIDTH = 100
_HEAD = f"""\
# Postroom's configuration. Every setting stands here with its default.
#
# Found as: --config, else $POSTROOM_CONFIG, else ./config/postroom.toml, else
# /etc/postroom/postroom.toml, else the defaults alone; the first of them wins.
# Any setting can be overridden by the environment: {variable(("server", "data_dir"))}=/srv/postroom
# Durations "90s" "5m" "3d", sizes "64KiB" "25MiB", rates "100/min" "10/10m". A secret may be
# {{ file = "…" }} or {{ env = "…" }}.
#
# `postroom check` tells all mistakes, `postroom config explain KEY` more about a setting,
# `postroom config show --non-default` what holds. A reload (SIGHUP) applies what is marked
# (live); the rest takes a restart.
"""


def sample(values: Mapping[str, object] | None = None) -> str:
    """Return the whole configuration as commented TOML.

    values: what stands there in place of defaults, by dotted name, as TOML has it.
    """
    values = values or {}
    parts = [_HEAD]
    for name, entry in entries(Settings).items():
        assert isinstance(entry, Table)
        parts.append(_array(entry, (name,)) if entry.many else _table(entry, name, values))
    return "\n".join(parts)


def _table(table: Table, name: str, values: Mapping[str, object]) -> str:
    lines = [*_comment(table.says), f"[{name}]"]
    arrays = []
    for key in entries(table.record).values():
        if isinstance(key, Table):
            arrays.append(_array(key, (name, key.name)))
            continue
        raw = values.get(dotted((name, key.name)), key.default)
        lines += [*_comment(_said(key, shows_example=True)), f"{key.name} = {toml(raw)}"]
    return "\n".join([*lines, "", *arrays])


def _array(table: Table, path: tuple[str, ...]) -> str:
    """Return an array of tables commented out; without its "# " it is a valid one."""
    lines = [*_comment(table.says), f"# [[{'.'.join(path)}]]"]
    for entry in entries(table.record).values():
        said = _said(entry) if isinstance(entry, Key) else _available(entry, entry.says)
        lines += _comment(said, "# # ")
        mark = "# " if entry.available else "# # "
        lines.append(f"{mark}{entry.name} = {toml(example(entry))}")
    return "\n".join([*lines, ""])


def example(entry: Key | Table) -> object:
    """Return a value to show for a setting or a table, as TOML has it."""
    if isinstance(entry, Key):
        return entry.default if entry.example is None else entry.example
    row = {inner.name: example(inner) for inner in entries(entry.record).values()}
    return [row] if entry.many else row


def _said(key: Key, *, shows_example: bool = False) -> str:
    words = [key.says]
    if key.required:
        words.append("Required.")
    elif key.otherwise:
        words.append(f"Unless set: {key.otherwise}.")
    if shows_example and key.example is not None:
        words.append(f"Example: {toml(key.example)}.")
    if key.live and key.available:
        words.append("(live)")
    return _available(key, " ".join(words))


def _available(entry: Key | Table, text: str) -> str:
    return text if entry.available else f"{text} Not available in this version."


def _comment(text: str, prefix: str = "# ") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=prefix,
        subsequent_indent=prefix,
        break_long_words=False,
        break_on_hyphens=False,
    )


if __name__ == "__main__":
    sys.stdout.write(sample())
