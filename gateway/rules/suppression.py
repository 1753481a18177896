"""When an address gets no more mail (contract §4)."""

from datetime import timedelta

FULL_WITHIN = timedelta(days=7)
FULL_TIMES = 3
_AT_ONCE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1"})
_AT_ONCE_KEYS = frozenset({"no_such_address", "no_such_domain", "bad_syntax", "mailbox_off"})


def suppresses(*, enhanced: str | None, key: str, permanent: bool) -> bool:
    """Say whether one final refusal suppresses the address.

    Never for 5.7 and 4.7, whatever the words say: those are about us or our mail.
    """
    if not permanent or (enhanced or "").startswith(("5.7.", "4.")):
        return False
    return enhanced in _AT_ONCE or key in _AT_ONCE_KEYS


def suppresses_full(*, key: str, times: int) -> bool:
    """Say whether a full mailbox does: `times` bounces for it within `FULL_WITHIN`."""
    return key == "mailbox_full" and times >= FULL_TIMES
