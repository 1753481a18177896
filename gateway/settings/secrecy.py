"""Files of secrets that others of the machine can read or replace."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from gateway.settings.tree import Settings
from gateway.settings.values import Secret


@dataclass(frozen=True, slots=True)
class Exposed:
    """A file. replaceable: every user of the machine may write it, else only read it."""

    file: Path
    replaceable: bool

    @property
    def remedy(self) -> str:
        """What the admin should do, as a command."""
        return f"chmod o-rw {self.file}"


def exposed_files(settings: Settings) -> tuple[Exposed, ...]:
    """Return the files of secrets that everybody on this machine can read or write."""
    keys = settings.dkim.directory
    files = {*_secrets(settings), *(keys.glob("*.pem") if keys.is_dir() else ())}
    if settings.tls.key is not None:
        files.add(settings.tls.key)
    found = []
    for file in sorted(files):
        try:
            mode = file.stat().st_mode
        except OSError:
            continue  # told where the file is read
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            found.append(Exposed(file, bool(mode & stat.S_IWOTH)))
    return tuple(found)


def _secrets(value: object) -> Iterator[Path]:
    if isinstance(value, Secret):
        if value.file is not None:
            yield value.file
    elif isinstance(value, tuple):
        for one in value:
            yield from _secrets(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _secrets(getattr(value, field.name))
