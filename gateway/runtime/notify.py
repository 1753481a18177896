"""What systemd is told, and what it hands over (sd_notify(3), sd_listen_fds(3))."""

import os
import socket
from collections.abc import Mapping

_FIRST_FD = 3


def notify(state: str, environment: Mapping[str, str]) -> None:
    """Tell systemd, if it listens: "READY=1", "RELOADING=1", "STOPPING=1"."""
    address = environment.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.connect(address)
            out.sendall(state.encode())
    except OSError:
        return  # it is a courtesy; the gateway runs without it


def inherited(environment: Mapping[str, str], pid: int) -> dict[str, list[socket.socket]]:
    """Return the sockets that systemd opened for us, by the name its unit gives them."""
    if environment.get("LISTEN_PID") != str(pid):
        return {}
    count = int(environment.get("LISTEN_FDS", "0"))
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    found: dict[str, list[socket.socket]] = {}
    for index in range(count):
        handle = _FIRST_FD + index
        os.set_inheritable(handle, False)
        name = names[index] if index < len(names) else ""
        found.setdefault(name, []).append(socket.socket(fileno=handle))
    return found
