"""How the process shares itself among its threads."""

import sys

_SECONDS = 0.0005


def take_turns_often() -> None:
    """Let a thread that waits for the interpreter have it after half a millisecond.

    The store's writer gives it up and wants it back with every statement. At Python's five
    milliseconds a transaction of thirty statements lasts 0.15 s while the event loop is busy.
    """
    sys.setswitchinterval(_SECONDS)
