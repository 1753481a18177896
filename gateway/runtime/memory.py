"""What the process does with memory: the C library's allocator and Python's collector."""

import ctypes
import gc

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE_OCTETS = 128 * 1024
_ARENAS = 2


def give_back_large_blocks() -> None:
    """Have large blocks returned to the system as soon as they are free, on glibc.

    By itself it raises its idea of "large" with each such block that is freed, up to 32 MiB,
    and gives each thread a heap of its own; a few big mails later, the process keeps hundreds
    of megabytes that it does not use.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return  # another C library
    mallopt(_M_MMAP_THRESHOLD, _LARGE_OCTETS)
    mallopt(_M_ARENA_MAX, _ARENAS)


def leave_alone_what_stays() -> None:
    """Take what there is out of the garbage collector's sight: modules, settings, routes.

    They stay until the end, and a full collection that looks at them all stops the event loop
    for a tenth of a second.
    """
    gc.freeze()
