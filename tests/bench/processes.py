"""What processes cost: their CPU time, their memory, from /proc."""

import os
import re
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1024


def family(*roots):
    """Return the ids of these processes and all below them."""
    found, todo = [], list(roots)
    while todo:
        pid = todo.pop()
        try:
            tasks = [*Path(f"/proc/{pid}/task").iterdir()]
            children = [(task / "children").read_text() for task in tasks]
        except OSError:
            continue
        found.append(pid)
        todo += [int(child) for text in children for child in text.split()]
    return found


def cpu_seconds(*roots):
    """Return what these processes, those below them, and their ended children used."""
    total = 0
    for pid in family(*roots):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / _TICKS


def memory_mib(*roots, kind="Pss"):
    """Return the memory of these processes and those below them: "Pss" or "Rss"."""
    total = 0
    for pid in family(*roots):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(rf"^{kind}:\s+(\d+)", text, re.MULTILINE)
        total += int(found[1]) if found else 0
    return total / _MIB


def resident_mib(*roots, alone=False):
    """Return the resident memory of these processes, and of those below them unless `alone`."""
    total = 0
    for pid in roots if alone else family(*roots):
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * os.sysconf("SC_PAGE_SIZE") / 2**20
