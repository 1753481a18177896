"""Processes of a running gateway, as the kernel lists them."""

import time
from pathlib import Path

TITLE = b"postroom: reader"


def readers(gateway):
    """Return the ids of the gateway's reader processes."""
    return [pid for pid in _below(gateway.pid) if TITLE in _command_line(pid)]


def until(look, what, *, seconds=30):
    """Return what `look` gives once it is true; it is asked often, for the kernel tells nobody."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not seen in {seconds} s: {what}"
        time.sleep(0.05)
    return found


def is_alive(pid):
    """Say whether a process runs; one that only waits to be collected does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _below(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            found += [child, *_below(child)]
    return found


def _command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""
