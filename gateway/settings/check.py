"""Mistakes that only the machine can tell: files, keys, ports. Nothing is changed, no name asked.

What the text alone can be blamed for is told by `load` as well.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

from gateway.mail.errors import ConfigError
from gateway.settings.load import Loaded
from gateway.settings.mistakes import Mistake, label, toml
from gateway.settings.positions import Address
from gateway.settings.secrecy import exposed_files
from gateway.settings.values import HostPort

_LISTENERS = ("mx", "submission", "submissions", "http", "metrics")


def check(
    loaded: Loaded, *, now: datetime | None = None, ports: bool = True
) -> tuple[Mistake, ...]:
    """Return what is wrong with a configuration and the files, keys and ports that it names.

    now: to tell a certificate that has expired; None leaves that out.
    ports: whether to try the listeners' addresses. Those that a running gateway of the same
        data directory holds are in order.
    """
    found = [
        *_certificate(loaded, now),
        *_directories(loaded),
        *_secret(loaded),
        *_dkim_keys(loaded),
        *_replaceable(loaded),
        *_database(loaded),
        *(_listeners(loaded) if ports else ()),
    ]
    told = [fault.mistake for fault in found if not loaded.doubts(fault.address)]
    return (*loaded.mistakes, *told)


@dataclass(frozen=True, slots=True)
class _Fault:
    """A mistake, and the setting that it is about."""

    address: Address
    mistake: Mistake


def _wrong(loaded: Loaded, table: str, key: str, text: str) -> _Fault:
    mistake = Mistake(loaded.place(table, key), f"{label((table, key))} {text}")
    return _Fault((table, key), mistake)


def _certificate(loaded: Loaded, now: datetime | None) -> Iterator[_Fault]:
    tls = loaded.settings.tls
    if tls.certificate is None or tls.key is None:
        return
    # Only an installation with TLS pays for the import.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    certificate = key = None
    try:
        certificate = x509.load_pem_x509_certificates(tls.certificate.read_bytes())[0]
    except (OSError, ValueError) as error:
        yield _wrong(loaded, "tls", "certificate", _unreadable(tls.certificate, error))
    try:
        key = load_pem_private_key(tls.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        yield _wrong(loaded, "tls", "key", _unreadable(tls.key, error))
    if certificate is None:
        return
    if key is not None and key.public_key() != certificate.public_key():
        yield _wrong(
            loaded,
            "tls",
            "key",
            f"= {toml(str(tls.key))} is not the key of {toml(str(tls.certificate))}: "
            "write the path of the one that the certificate was made for",
        )
    if now is not None and certificate.not_valid_after_utc < now:
        expired = certificate.not_valid_after_utc.date().isoformat()
        yield _wrong(
            loaded,
            "tls",
            "certificate",
            f"= {toml(str(tls.certificate))} expired on {expired}: renew it and reload",
        )


def _unreadable(file: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"= {toml(str(file))} can't be read: {error.strerror or error}"
    return f"= {toml(str(file))} is not such a PEM file, or it has a passphrase"


def _directories(loaded: Loaded) -> Iterator[_Fault]:
    settings = loaded.settings
    for table, key, directory in (
        ("server", "data_dir", settings.server.data_dir),
        ("dkim", "directory", settings.dkim.directory),
    ):
        if (why := _unwritable(directory)) is not None:
            yield _wrong(loaded, table, key, f"= {toml(str(directory))} {why}")


def _unwritable(directory: Path) -> str | None:
    """Return why a directory can't be written to, or made; None if it can."""
    there = directory
    while not there.exists() and there != there.parent:
        there = there.parent
    what = "" if there == directory else f"can't be made: {toml(str(there))} "
    if not there.is_dir():
        return f"{what}is not a directory"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{what}is not writable by this user"
    return None


def _secret(loaded: Loaded) -> Iterator[_Fault]:
    file = loaded.settings.server.secret.file
    if file is None:
        return
    if not file.exists():
        if (why := _unwritable(file.parent)) is not None:
            yield _wrong(loaded, "server", "secret", f"is kept in {toml(str(file.parent))}: {why}")
        return
    from gateway.runtime.keys import read_keyring  # noqa: PLC0415 (slow to import)

    try:
        read_keyring(file.read_text(encoding="ascii"), where=str(file))
    except OSError as error:
        why = error.strerror or str(error)
        yield _wrong(loaded, "server", "secret", f"is kept in {toml(str(file))}: {why}")
    except UnicodeDecodeError:
        text = f"is kept in {toml(str(file))}, which is not text: restore it from a backup"
        yield _wrong(loaded, "server", "secret", text)
    except ConfigError as error:
        yield _wrong(loaded, "server", "secret", f"is kept in {error}")


def _dkim_keys(loaded: Loaded) -> Iterator[_Fault]:
    dkim = loaded.settings.dkim
    if not dkim.directory.is_dir():
        return
    from gateway.runtime.dkim_keys import DkimKeys  # noqa: PLC0415 (slow to import)

    try:
        DkimKeys(dkim.directory, dkim.algorithms).all()
    except ConfigError as error:
        yield _wrong(loaded, "dkim", "directory", f"has a bad key: {error}")


def _replaceable(loaded: Loaded) -> Iterator[_Fault]:
    for one in exposed_files(loaded.settings):
        if one.replaceable:
            what = "can be replaced by every user of this machine"
            text = f"the file of a secret, {toml(str(one.file))}, {what}: {one.remedy}"
            place = loaded.place("server", "secret")
            yield _Fault(("server", "secret"), Mistake(place, text))


def _database(loaded: Loaded) -> Iterator[_Fault]:
    if loaded.settings.server.database_url and find_spec("psycopg") is None:
        text = "needs a package that is not installed: pip install 'postroom[postgres]'"
        yield _wrong(loaded, "server", "database_url", text)


def _listeners(loaded: Loaded) -> Iterator[_Fault]:
    runs = None
    for key in _LISTENERS:
        for index, place in enumerate(getattr(loaded.settings.listen, key)):
            error = _try_to_listen(place)
            if error is None:
                continue
            if error.errno == errno.EADDRINUSE:
                runs = _gateway_runs(loaded.settings.server.data_dir) if runs is None else runs
                if runs:
                    continue
            text = f'[listen] {key}: "{place}" can\'t be listened on: {_said(error)}'
            yield _Fault(("listen", key), Mistake(loaded.place("listen", key, index), text))


def _said(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program does: stop it, or write another port"
        case errno.EADDRNOTAVAIL:
            return "it is no address of this machine"
        case errno.EACCES:
            return "ports below 1024 are for root, or for a unit with CAP_NET_BIND_SERVICE"
        case _:
            return error.strerror or str(error)


def _try_to_listen(place: HostPort) -> OSError | None:
    try:
        family = socket.AF_INET6 if ip_address(place.host).version == 6 else socket.AF_INET
    except ValueError:
        return None  # a name; nothing is looked up
    try:
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((place.host, place.port))
            listener.listen(1)
    except OSError as error:
        return error
    return None


def _gateway_runs(data_dir: Path) -> bool:
    """Say whether something answers at a socket in the data directory."""
    with suppress(OSError):
        for file in data_dir.iterdir():
            if stat.S_ISSOCK(file.lstat().st_mode):
                with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(1)
                    client.connect(str(file))
                    return True
    return False
