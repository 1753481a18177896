"""How long something takes, for tests that guard against worse than linear time."""

import time
from collections.abc import Callable


def milliseconds(work: Callable[[], object]) -> float:
    """Return the shortest of three runs, in milliseconds."""
    runs = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        runs.append(time.perf_counter() - started)
    return 1000 * min(runs)
