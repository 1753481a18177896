"""The systemd unit, as `init` writes it and as it lies in config/systemd.

`python -m gateway.settings.unit > config/systemd/postroom.service` renews the latter.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

_UNIT = """\
# Postroom under systemd: supervised, reloaded by SIGHUP, locked into its own directories.

[Unit]
Description=Postroom, mail gateway of invoicing products
Wants=network-online.target
After=network-online.target postgresql.service
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
User={user}
WorkingDirectory={home}
ExecStart={program} serve --config {config}
# A configuration with a mistake is refused here, before the gateway hears of it.
ExecReload={program} check --config {config}
ExecReload=/bin/kill -HUP $MAINPID
# Longer than [server] drain.
TimeoutStopSec=60
Restart=always
RestartSec=1
# 78: the configuration is bad, and stays so until somebody changes it.
RestartPreventExitStatus=78
LimitNOFILE=65536
UMask=0077
# A core file would hold secrets.
LimitCORE=0

# What it may write to, and nothing else.
{writes}
ProtectSystem=strict
ProtectHome={homes}
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
PrivateMounts=yes

# Ports below 1024 without root.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes

ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
KeyringMode=private
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# Readers limit their own memory and time.
SystemCallFilter=setrlimit prlimit64
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


_HOMES = ("/home", "/root", "/run/user")


@dataclass(frozen=True, slots=True)
class Installation:
    """Where an installation lives.

    home: the directory that it is started in. state: name below /var/lib that systemd makes for
    it, or "" where `data` is made by others.
    """

    config: Path = Path("/etc/postroom/postroom.toml")
    home: Path = Path("/var/lib/postroom")
    data: Path = Path("/var/lib/postroom")
    program: str = "/usr/local/bin/postroom"
    user: str = "postroom"
    state: str = "postroom"


def unit(place: Installation) -> str:
    """Return the unit of an installation."""
    writes = (
        f"StateDirectory={place.state}\nStateDirectoryMode=0700"
        if place.state
        else f"ReadWritePaths={_quoted(place.data)}"
    )
    lies_at_home = any(
        Path(one).is_relative_to(home)
        for one in (place.config, place.home, place.data, place.program)
        for home in _HOMES
    )
    return _UNIT.format(
        homes="read-only" if lies_at_home else "yes",
        user=place.user,
        home=_escaped(str(place.home)),
        program=_quoted(Path(place.program)),
        config=_quoted(place.config),
        writes=writes,
    )


def _quoted(path: Path) -> str:
    text = _escaped(str(path))
    if text.isascii() and not set(text) & set(" \"'\\;"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    # "%" begins a specifier of systemd's.
    return text.replace("%", "%%")


if __name__ == "__main__":
    sys.stdout.write(unit(Installation()))
