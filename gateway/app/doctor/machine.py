"""Checks of this machine: configuration, certificate, disk, clock, the running gateway."""

import ctypes
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from gateway.app.doctor.findings import Finding, Health
from gateway.settings.check import check
from gateway.settings.load import Loaded

_GIB = 1 << 30
_LEAST_SHARE = 0.05
_LOW_SHARE = 0.1
_RENEWAL = timedelta(days=21)
_TIMEX_OCTETS = 512
_TIME_ERROR = 5
_OLD_SPOOL = 60
_OLD_QUEUE = timedelta(hours=4).total_seconds()


def configuration(loaded: Loaded, now: datetime) -> Iterator[Finding]:
    """Yield what `check` finds wrong with the configuration and what it names."""
    mistakes = check(loaded, now=now)
    for mistake in mistakes:
        yield Finding("configuration", Health.FAILED, str(mistake), "correct it, then reload")
    if not mistakes:
        yield Finding("configuration", Health.OK, f"{loaded.source}: no mistakes")


def certificate(loaded: Loaded, now: datetime) -> Finding:
    """Look how long the certificate holds, and for which names."""
    file, host = loaded.settings.tls.certificate, loaded.settings.server.hostname
    if file is None:
        remedy = "set [tls] certificate and key"
        return Finding("tls", Health.WARNING, "no certificate: mail comes in in clear", remedy)
    try:
        leaf = x509.load_pem_x509_certificates(file.read_bytes())[0]
    except (OSError, ValueError) as error:
        return Finding("tls", Health.FAILED, f"{file}: {error}", "put a PEM certificate there")
    ends, names = leaf.not_valid_after_utc, _names(leaf)
    renew = f"renew {file}, then reload"
    if ends < now:
        return Finding("tls", Health.FAILED, f"expired on {ends.date()}", renew)
    if not any(_covers(name, host) for name in names):
        said = f"it is for {', '.join(names) or 'no name'}, not for {host}"
        return Finding("tls", Health.FAILED, said, f"have it made for {host}")
    if ends - now < _RENEWAL:
        return Finding("tls", Health.WARNING, f"expires on {ends.date()}", renew)
    return Finding("tls", Health.OK, f"for {host}, until {ends.date()}")


def disk(directory: Path) -> Finding:
    """Look how much the file system of the data still holds."""
    try:
        seen = os.statvfs(directory)
    except OSError as error:
        remedy = "make the directory, or start the gateway once"
        return Finding("disk", Health.FAILED, f"{directory}: {error.strerror}", remedy)
    free = seen.f_bavail * seen.f_frsize
    share = seen.f_bavail / max(seen.f_blocks, 1)
    nodes = seen.f_favail / seen.f_files if seen.f_files else 1.0
    told = f"{free / _GIB:.1f} GiB free ({share:.0%}), {nodes:.0%} of the inodes: {directory}"
    remedy = "make room: without it mail is refused by 452 until there is some"
    if free < _GIB or min(share, nodes) < _LEAST_SHARE:
        return Finding("disk", Health.FAILED, told, remedy)
    if min(share, nodes) < _LOW_SHARE:
        return Finding("disk", Health.WARNING, told, remedy)
    return Finding("disk", Health.OK, told)


def clock() -> Finding:
    """Ask the kernel whether something keeps its clock right (adjtimex, Linux)."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return Finding("clock", Health.SKIPPED, "this system does not tell")
    state = adjtimex(ctypes.create_string_buffer(_TIMEX_OCTETS))
    if state < 0:
        return Finding("clock", Health.SKIPPED, os.strerror(ctypes.get_errno()))
    if state == _TIME_ERROR:
        remedy = "run chrony or systemd-timesyncd; signatures and links depend on the time"
        return Finding("clock", Health.WARNING, "nothing keeps it right", remedy)
    return Finding("clock", Health.OK, "kept right")


def gateway(told: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge what `status` tells."""
    if told["gateway"] != "running":
        remedy = "systemctl start postroom"
        yield Finding("gateway", Health.WARNING, "it does not run", remedy)
    else:
        roles = [name for name, state in told["roles"].items() if state == "ok"]
        yield Finding("gateway", Health.OK, f"runs: {', '.join(roles)}")
    waiting, oldest = told["spool"]["waiting"], told["spool"]["oldest_seconds"]
    if oldest > _OLD_SPOOL:
        said = f"{waiting} mails wait to be read, the oldest for {oldest} s"
        remedy = "see the log for what the readers say"
        yield Finding("spool", Health.FAILED, said, remedy)
    else:
        yield Finding("spool", Health.OK, f"{waiting} mails wait to be read")
    old = [
        row
        for row in told["queue"]
        if row["state"] != "held" and row["oldest_seconds"] > _OLD_QUEUE
    ]
    depth = sum(row["count"] for row in told["queue"])
    if old:
        hops = ", ".join(sorted({row["next_hop"] for row in old})[:5])
        said = f"{depth} waiting, some for hours: {hops}"
        remedy = "postroom queue summary; postroom queue show ID"
        yield Finding("queue", Health.WARNING, said, remedy)
    else:
        yield Finding("queue", Health.OK, f"{depth} waiting")


def _names(leaf: x509.Certificate) -> list[str]:
    try:
        held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return held.value.get_values_for_type(x509.DNSName)


def _covers(name: str, host: str) -> bool:
    """Return whether a name of a certificate stands for a host (RFC 9525, 6.3)."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and name[2:] == host.partition(".")[2])
