"""Reads a trace of system calls: was each 250 sent only after its bytes were synced?"""

import re
from dataclasses import dataclass

_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)$", re.DOTALL)
_RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$", re.DOTALL)
_FILE = re.compile(r"^\d+<(?P<path>[^>]*)>")
_WRITES = {"write", "writev", "pwrite64", "pwritev"}
_SYNCS = {"fsync", "fdatasync"}
_SENDS = {"write", "writev", "sendto", "sendmsg"}


@dataclass
class Answer:
    """A positive answer: which message it was for, and whether its bytes were synced by then."""

    mark: str
    written: bool
    synced: bool


def answers(trace, data_dir, marks):
    """Return the answers in the order of `marks`, one mail after the other on one connection.

    marks: words that stand in the mails' bytes, each in one mail alone.
    """
    dirty: dict[str, set[str]] = {}
    written: set[str] = set()
    found, waiting = [], list(marks)
    unfinished: dict[str, str] = {}
    for line in trace.splitlines():
        name, rest = _call_of(line, unfinished)
        if name is None:
            continue
        file = _FILE.match(rest)
        path = file["path"] if file else ""
        if name in _WRITES and path.startswith(str(data_dir)) and not path.endswith("-shm"):
            for mark in marks:
                if mark in rest:
                    dirty.setdefault(path, set()).add(mark)
                    written.add(mark)
        elif name in _SYNCS and path in dirty:
            dirty.pop(path)
        if name in _SENDS and "TCP" in path and '"250 2.0.0 Queued' in rest and waiting:
            mark = waiting.pop(0)
            unsynced = any(mark in held for held in dirty.values())
            found.append(Answer(mark, mark in written, mark in written and not unsynced))
    return found


def _call_of(line, unfinished):
    """Return name and arguments of a call at its end, or (None, "") while it is under way.

    A sync counts when it returns, a write when it begins.
    """
    resumed = _RESUMED.match(line)
    if resumed:
        begun = unfinished.pop(resumed["pid"], "")
        return (resumed["name"], begun) if resumed["name"] in _SYNCS else (None, "")
    call = _CALL.match(line)
    if not call:
        return None, ""
    if call["rest"].endswith("<unfinished ...>") and call["name"] in _SYNCS:
        unfinished[call["pid"]] = call["rest"]
        return None, ""
    return call["name"], call["rest"]
